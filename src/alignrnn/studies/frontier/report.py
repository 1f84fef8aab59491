"""All searches in a directory, side by side: tables and a picture a task."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count
from typing import Any

from ...reports import (
    ACCURACY,
    Cell,
    Document,
    Picture,
    Reached,
    Section,
    Table,
    percent,
    plain,
    reach_figure,
    trained_with,
    write_report,
)
from ...results import Record, Store
from ...sweeps import climb
from .labels import Labels, read_labels
from .settings import Options, names_of, options_of, rule_name, setting_id, shown, symbol, unusual


@dataclass(frozen=True)
class Curve:
    """The runs of one setting on one task, over lengths and seeds."""

    name: str
    options: Options
    records: Sequence[Record]

    @property
    def seeds(self) -> set[int]:
        """Of all its runs."""
        return {each.configuration["seed"] for each in self.records}

    @property
    def by_length(self) -> dict[int, list[Record]]:
        """The runs of each length, from the shortest on."""
        by_length: dict[int, list[Record]] = {}
        for each in sorted(self.records, key=_length):
            by_length.setdefault(_length(each), []).append(each)
        return by_length

    @property
    def longest(self) -> int | None:
        """A length counts only once the run of every seed is there."""

        def is_solved(length: int) -> bool:
            solved = {each.configuration["seed"] for each in by_length[length] if each.solved}
            return solved == self.seeds

        by_length = self.by_length
        return climb(by_length, is_solved).longest


def write_frontier(store: Store) -> None:
    """Write report.html, report.md and the figures of all records there."""
    write_report(frontier_document(store, read_labels(store.path)), store.path)


def frontier_document(records: Iterable[Record], labels: Labels) -> Document:
    """A section a task: the longest length of each setting, every length tried, and the picture."""
    records = list(records)
    by_task: dict[str, list[Record]] = {}
    for record in records:
        by_task.setdefault(record.configuration["task"]["name"], []).append(record)
    return Document(
        title="How far a rule reaches",
        lead=(
            "A length counts as solved if every seed solved it, each with 0 wrong validation "
            "samples (or the error below the limit) within the iterations allowed. The longest "
            "is the last before the first that was not. An option that is not named is at its "
            "default.",
        ),
        sections=tuple(
            _section(task, curves_of(by_task[task], labels.get(task, {})))
            for task in sorted(by_task)
        ),
        facts={"Trained with": plain(trained_with(records))},
    )


def curves_of(records: Sequence[Record], labels: Mapping[str, str]) -> list[Curve]:
    """The settings of a task: those with a label first, in the order these were given; a name
    stands for one setting only."""
    by_setting: dict[str, list[Record]] = {}
    options: dict[str, Options] = {}
    for record in sorted(records, key=lambda each: (each.configuration["seed"], _length(each))):
        own = options_of(record.configuration)
        options[setting_id(own)] = own
        by_setting.setdefault(setting_id(own), []).append(record)
    names = dict(zip(options, names_of(list(options.values())), strict=True))
    ordered = [setting for setting in labels if setting in by_setting]
    ordered += sorted(set(by_setting) - set(ordered), key=lambda setting: names[setting])
    taken: set[str] = set()
    curves = []
    for setting in ordered:
        name = _unused(labels.get(setting, names[setting]), taken)
        taken.add(name)
        curves.append(Curve(name, options[setting], by_setting[setting]))
    return curves


def _unused(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({number})" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _section(task: str, curves: Sequence[Curve]) -> Section:
    score = ACCURACY if curves[0].records[0].counts_errors else "best validation error"
    longest = Table(
        caption="Longest length solved by every seed",
        header=("Setting", "T", "seeds", "iterations allowed"),
        rows=tuple(
            (plain(each.name), _or_none(each.longest), str(len(each.seeds)), _allowed(each))
            for each in curves
        ),
    )
    picture = Picture(
        name=f"frontier-{task}",
        figure=reach_figure(
            {each.name: [_reached(record) for record in each.records] for each in curves}, score
        ),
        caption=(
            f"How far each setting reaches on {task}. **Look at how far a bar goes**: to the "
            "longest length that every seed solved. A dot is a seed, hollow where it did not solve "
            "that length. Below stand the iterations of the slowest seed, or, where a seed failed, "
            f"the {_WORST[score == ACCURACY]}."
        ),
        alternative="; ".join(
            f"{each.name}: "
            + (
                "no length solved by every seed"
                if each.longest is None
                else f"solved by every seed up to T = {each.longest}"
            )
            for each in curves
        ),
    )
    others = "best accuracy (%) of the others" if score == ACCURACY else "best error of the others"
    tried = Table(
        caption="Every length tried",
        header=("Setting", "T", "solved by", "iterations", others),
        rows=tuple(
            (plain(each.name), str(length), *_attempt(records, len(each.seeds)))
            for each in curves
            for length, records in each.by_length.items()
        ),
    )
    return Section(task, task, (longest, picture, *_settings(curves), tried))


_WORST = {True: "best accuracy of the worst", False: "best error of the worst"}


def _settings(curves: Sequence[Curve]) -> tuple[str | Table, ...]:
    """The options that are not default: those that all settings share in a sentence, and a column
    for each other."""
    own = [(unusual(each.options), each.options) for each in curves]
    first = curves[0].options
    shared = [
        option
        for option, value in first.items()
        if all(option in unlike and options[option] == value for unlike, options in own)
    ]
    every = dict.fromkeys(option for _, options in own for option in options)
    columns = [
        option
        for option in every
        if option not in shared and any(option in unlike for unlike, _ in own)
    ]
    if len({options["optimizer"] for _, options in own}) > 1:
        columns.insert(0, "optimizer")
    named = ", ".join(f"{symbol(option, first)} {shown(first[option])}" for option in shared)
    blocks: list[str | Table] = []
    if named:
        blocks.append(f"All settings have {plain(named)}.")
    if columns:
        table = Table(
            caption="What the settings differ in; an option that is not named is at its default",
            header=("Setting", "rule", "options"),
            words=("rule", "options"),
            rows=tuple(
                (
                    plain(each.name),
                    plain(rule_name(each.options)),
                    plain("; ".join(_told(columns, options, unlike)) or "defaults"),
                )
                for each, (unlike, options) in zip(curves, own, strict=True)
            ),
        )
        blocks.append(table)
    return tuple(blocks)


def _told(columns: Sequence[str], options: Options, unlike: Set[str]) -> list[str]:
    """Those of the columns that are not at their default, each with its value."""
    told = [option for option in columns if option in unlike or option == "optimizer"]
    return [_with_value(symbol(option, options), options[option]) for option in told]


def _with_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {shown(value)}".strip()


def _or_none(length: int | None) -> str:
    return "none" if length is None else str(length)


def _allowed(curve: Curve) -> str:
    return f"{max(each.configuration['protocol']['max_iterations'] for each in curve.records):,}"


def _length(record: Record) -> int:
    return record.configuration["task"]["length"]


def _attempt(records: Sequence[Record], seeds: int) -> tuple[Cell | str, ...]:
    solved = [each for each in records if each.solved]
    others = [each for each in records if not each.solved]
    count = f"{len(solved)} of {seeds} seeds"
    return (
        Cell(count, mark="good" if len(solved) == seeds else ""),
        " / ".join(f"{each.iterations:,}" for each in solved),
        " / ".join(
            percent(each.accuracy) if each.counts_errors else f"{each.best_error:.2g}"
            for each in others
        ),
    )


def _reached(record: Record) -> Reached:
    # Not the accuracy, which a run without a check has none of: it is the worst of its length.
    score = 100 * (1 - record.best_error) if record.counts_errors else record.best_error
    return Reached(_length(record), score, record.iterations, record.solved)
