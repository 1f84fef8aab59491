"""The report: a table a data set, one picture of all, and local targets beside BPTT."""

import statistics
from collections.abc import Sequence

from ...reports import (
    Cell,
    Document,
    Picture,
    Section,
    Table,
    duration,
    plain,
    scores_figure,
    trained_with,
)
from ...reports import ScoresPanel as Panel
from ...results import Record
from .budgets import Budget
from .data_sets import DataSet
from .outcome import Outcome
from .ways import BPTT, CELLS, PRE_ACTIVATIONS, READOUT, STATES, WAYS

_SAME = (
    "**Which of them differ from BPTT.** With the unit step and K = 1, local targets on "
    "pre-activations have BPTT's gradient, though nothing but targets passes from step to step. A "
    "GRU's state is its pre-activation. So there the two differ only by what rounding and the "
    "choice of a setting do to one rule; local targets on an Elman cell's states are another."
)


def document(
    data_sets: Sequence[DataSet],
    outcomes: Sequence[Outcome],
    budget: Budget,
    records: Sequence[Record],
    command: str,
) -> Document:
    """From what there is; what is not there yet is said to be."""
    by_set = {data.id: [each for each in outcomes if each.data is data] for data in data_sets}
    rates = ", ".join(f"{rate:g}" for rate in budget.learning_rates)
    steps = ", ".join(f"{step:g}" for step in budget.target_steps)
    return Document(
        title="Real sequences",
        lead=(
            "Ways to learn, with two cells and the same training. A number is the mean over the "
            "seeds, with the lowest and the highest in brackets; it is measured on the test "
            "part, which no training and no choice looks at. The readout alone is the control: its "
            "recurrent weights stay as they were drawn. TPTT takes Elman cells alone.",
            _SAME,
            _summary(outcomes),
            *_picture(data_sets, by_set),
        ),
        sections=tuple(_section(data, by_set[data.id]) for data in data_sets),
        facts={
            "Budget": f"{budget.name}: {budget.about}",
            "Settings tried": f"learning rates {rates}; of TPTT α_i {steps} besides. Each once, "
            f"with seed {budget.selection_seed}; the lowest validation loss decides",
            "Shared": "Adam, its learning rate halved every third of the iterations; clip 1; unit "
            "step. The network at its lowest validation loss is measured",
            "Seeds": ", ".join(map(str, budget.seeds)),
            "Command": plain(command) if "`" in command else f"`{command}`",
            "Runs": f"{len(records):,} records, {sum(r.iterations for r in records):,} iterations",
            "Time": f"{duration(sum(r.seconds for r in records))} of training on one core each",
            "Trained with": plain(trained_with(records)),
        },
        banner=budget.banner,
    )


def _summary(outcomes: Sequence[Outcome]) -> Table:
    """All ways side by side, local targets marked against BPTT."""
    rows = []
    for bptt in (each for each in outcomes if each.way is BPTT):
        there = {
            each.way.title: each
            for each in outcomes
            if (each.data, each.cell) == (bptt.data, bptt.cell)
        }
        rows.append(
            (
                f"{bptt.data.title}, {CELLS[bptt.cell]}",
                *(
                    _marked(there[way.title], bptt) if way.title in there else Cell("")
                    for way in WAYS
                ),
            )
        )
    local = sum(way.is_local for way in WAYS)
    groups = ("", 1), ("Local targets", local), ("", len(WAYS) - local)
    return Table(
        caption="On the test part: accuracy in percent, of chorales nats a frame. ✓: the best run "
        "of local targets is no worse than BPTT's worst",
        header=("Data, cell", *(_SHORT.get(way.title, way.title) for way in WAYS)),
        groups=tuple(group for group in groups if group[1]),
        rows=tuple(rows),
    )


_SHORT = {
    STATES.title: "states",
    PRE_ACTIVATIONS.title: "pre-activations",
    READOUT.title: "readout alone",
}
"""Titles where there is little room."""


def _marked(outcome: Outcome, bptt: Outcome) -> Cell:
    own = outcome.each("test")
    if not own:
        return Cell("not run yet", mark="muted")
    if not outcome.way.is_local or not bptt.each("test"):
        return Cell(_mean(outcome))
    return Cell(_mean(outcome), mark="good" if outcome.reaches(bptt) else "bad")


def _section(data: DataSet, outcomes: Sequence[Outcome]) -> Section:
    parts = ("train", "validation", "test") if data.is_music else ("validation", "test")
    unit = "nats a frame" if data.is_music else "accuracy in percent"
    there = {(each.way.title, each.cell): each for each in outcomes}
    numbers = [
        Table(
            caption=f"{CELLS[cell]}, {data.hidden_size} units: {unit}",
            header=("Way to learn", *parts, *(("frame accuracy",) if data.is_music else ())),
            rows=tuple(_row(there[way.title, cell], parts) for way in WAYS if cell in way.cells),
        )
        for cell in CELLS
    ]
    settings = Table(
        caption="What stands behind these numbers",
        header=("Way to learn", "cell", "learning rate", "α_i", "best at", "seconds a run"),
        words=("cell",),
        rows=tuple(_behind(each) for each in outcomes),
    )
    blocks = [data.about, *_published(data), *numbers, settings]
    return Section(data.id, data.title, tuple(blocks))


def _published(data: DataSet) -> list[str]:
    if not data.published:
        return []
    unit = " nats a frame" if data.is_music else "%"
    named = "; ".join(f"{value:g}{unit} ({who})" for who, value in data.published.items())
    return [f"Published on the same test part: {named}."]


def _row(outcome: Outcome, parts: Sequence[str]) -> tuple[str | Cell, ...]:
    cells: list[str | Cell] = [outcome.way.title]
    cells += [Cell(_mean(outcome, part), note=_range(outcome, part)) for part in parts]
    if outcome.data.is_music:
        frames = [each["test"].get("frame_accuracy", 0.0) for each in outcome.scores if each]
        cells.append(f"{100 * statistics.mean(frames):.1f}%" if frames else "")
    return tuple(cells)


def _behind(outcome: Outcome) -> tuple[str, ...]:
    names = outcome.way.title, CELLS[outcome.cell]
    if outcome.chosen is None:
        return (*names, "", "", "", "")
    step = outcome.chosen.rule.get("target_step") if outcome.way.has_target_step else None
    records = outcome.records
    seconds = f"{statistics.median(r.seconds for r in records):.0f}" if records else ""
    return (
        *names,
        f"{outcome.chosen.optimizer['learning_rate']:g}",
        "" if step is None else f"{step:g}",
        " / ".join(f"{record.best_iteration:,}" for record in records),
        seconds,
    )


def _mean(outcome: Outcome, part: str = "test") -> str:
    each = outcome.each(part)
    return f"{statistics.mean(each):.2f}" if each else "not run yet"


def _range(outcome: Outcome, part: str) -> str:
    each = outcome.each(part)
    return f"({min(each):.2f} to {max(each):.2f})" if len(each) > 1 else ""


def _picture(data_sets: Sequence[DataSet], by_set: dict[str, list[Outcome]]) -> list[Picture]:
    shown = [data for data in data_sets if any(each.each("test") for each in by_set[data.id])]
    if not shown:
        return []
    panels = [
        Panel(
            data.title,
            "nats a frame (less is better)" if data.is_music else "accuracy (%)",
            {
                _SHORT.get(way.title, way.title): {
                    CELLS[each.cell]: each.each("test")
                    for each in by_set[data.id]
                    if each.way is way
                }
                for way in WAYS
            },
            tuple(data.published.values()),
        )
        for data in shown
    ]
    return [
        Picture(
            name="real-data",
            figure=scores_figure(panels),
            caption="**Look at how far the dots of a row lie from BPTT's**, and at how far apart a "
            "row's own are. A dot is a run, on the test part. The first two rows are local "
            "targets. Dashed lines: published numbers, named below.",
            alternative="; ".join(
                f"{data.title}: "
                + ", ".join(
                    f"{each.way.title} with {CELLS[each.cell]} {_mean(each)}"
                    for each in by_set[data.id]
                    if each.each("test")
                )
                for data in shown
            ),
        )
    ]
