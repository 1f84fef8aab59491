"""All searches in a directory, side by side: tables and a picture a task."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..configuration import configuration
from ..reports import (
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
    write_report,
)
from ..results import Record, Store, flat, software
from ..training import Optimizer

Curve = Sequence[Record]
"""The runs of one setting on one task, over lengths and seeds."""


def write_frontier(store: Store) -> None:
    """Write report.html, report.md and the figures of all records there."""
    write_report(frontier_document(store), store.path)


def frontier_document(records: Iterable[Record]) -> Document:
    """A section a task: the longest length of each setting, every length tried, and the picture."""
    by_task: dict[str, list[Record]] = {}
    for record in records:
        by_task.setdefault(record.configuration["task"]["name"], []).append(record)
    versions = software()
    return Document(
        title="How far a rule reaches",
        lead=(
            "A length counts as solved if every seed solved it, each with 0 wrong validation "
            "samples (or the error below the limit) within the iterations allowed. The longest "
            "is the last before the first that was not.",
        ),
        sections=tuple(_section(task, by_task[task]) for task in sorted(by_task)),
        facts={
            "Software": ", ".join(f"{name} {versions[name]}" for name in ("alignrnn", "jax")),
            "Platform": plain(versions["platform"]),
        },
    )


def _section(task: str, records: Sequence[Record]) -> Section:
    curves, shared = _curves(records)
    score = ACCURACY if records[0].counts_errors else "best validation error"
    figure = reach_figure(
        {label: [_reached(each) for each in curve] for label, curve in curves.items()}, score
    )
    longest = Table(
        caption="Longest length solved by every seed" + (f"; all: {shared}" if shared else ""),
        header=("Setting", "T", "seeds", "most iterations of a run"),
        rows=tuple(
            (
                label,
                Cell(_longest(curve)),
                str(len(_seeds(curve))),
                f"{max(each.configuration['protocol']['max_iterations'] for each in curve):,}",
            )
            for label, curve in curves.items()
        ),
    )
    tried = Table(
        caption="Every length tried",
        header=("Setting", "T", "solved by", "iterations", "best accuracy (%) of the others"),
        rows=tuple(
            (label, str(length), *_attempt(at_length, len(_seeds(curve))))
            for label, curve in curves.items()
            for length, at_length in by_length(curve).items()
        ),
    )
    picture = Picture(
        name=f"frontier-{task}",
        figure=figure,
        caption=f"{task}: a dot a run, hollow where it was not solved; lines through the worst.",
        alternative="; ".join(
            f"{label}: solved by every seed up to T = {_longest(curve)}"
            for label, curve in curves.items()
        ),
    )
    return Section(task, task, (longest, picture, tried))


def by_length(curve: Curve) -> dict[int, list[Record]]:
    """The runs of each length, from the shortest on."""
    lengths = sorted({each.configuration["task"]["length"] for each in curve})
    return {
        length: [each for each in curve if each.configuration["task"]["length"] == length]
        for length in lengths
    }


def _longest(curve: Curve) -> str:
    """A length counts only once the run of every seed is there."""
    solved, seeds = "none", _seeds(curve)
    for length, records in by_length(curve).items():
        if _seeds([each for each in records if each.solved]) != seeds:
            break
        solved = str(length)
    return solved


def _seeds(curve: Curve) -> set[int]:
    return {each.configuration["seed"] for each in curve}


def _attempt(records: Sequence[Record], seeds: int) -> tuple[Cell | str, ...]:
    solved = [each for each in records if each.solved]
    others = [each for each in records if not each.solved]
    count = f"{len(solved)} of {seeds} seeds"
    return (
        Cell(count, mark="good" if len(solved) == seeds else ""),
        " / ".join(f"{each.iterations:,}" for each in solved),
        " / ".join(
            percent(each.accuracy) if each.counts_errors else f"error {each.best_error:.2g}"
            for each in others
        ),
    )


def _reached(record: Record) -> Reached:
    # Not the accuracy, which a run without a check has none of: it is the worst of its length.
    score = 100 * (1 - record.best_error) if record.counts_errors else record.best_error
    return Reached(record.configuration["task"]["length"], score, record.iterations, record.solved)


def _curves(records: Sequence[Record]) -> tuple[dict[str, Curve], str]:
    """By setting, under a name that tells it from the others; and the options that all share."""
    by_setting: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: each.configuration["seed"]):
        setting = {k: v for k, v in record.configuration.items() if k not in ("task", "seed")}
        by_setting.setdefault(json.dumps(setting, sort_keys=True), []).append(record)
    curves = list(by_setting.values())
    parts = [_parts(each[0].configuration) for each in curves]
    first = parts[0][1] if len(parts) > 1 else []
    shared = [option for option in first if all(option in options for _, options in parts)]
    names = [
        _named(names, [option for option in options if option not in shared])
        for names, options in parts
    ]
    return dict(zip(names, curves, strict=True)), plain(", ".join(shared))


def setting_name(data: Mapping[str, Any]) -> str:
    """The rule, the optimiser where it is not SGD, and every option that is not their default, or
    the search's of no patience: settings that differ have different names."""
    return _named(*_parts(data))


def _named(names: Sequence[str], options: Sequence[str]) -> str:
    return plain(", ".join([*names, *options]))


def _parts(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The names of rule and optimiser, and the options that are not their default."""
    rule, optimizer = data["rule"]["name"], data["optimizer"]["name"]
    bare = {
        "task": {"name": data["task"]["name"], "length": data["task"]["length"]},
        "rule": {"name": rule},
        "optimizer": {"name": optimizer},
        "protocol": {"patience": 0},
    }
    usual = flat(configuration(bare).as_dict())
    own = flat({key: value for key, value in data.items() if key not in ("task", "seed")})
    options = [
        f"{option.partition('.')[2]} {_shown(value)}"
        for option, value in own.items()
        if value not in (usual.get(option), None)
    ]
    return [rule] if optimizer == Optimizer.name else [rule, optimizer], options


def _shown(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if is_number else str(value)
