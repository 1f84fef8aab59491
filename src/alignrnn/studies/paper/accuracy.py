"""Tables of accuracies: the best of a grid beside what the paper printed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ...reports import Cell, Table, percent
from ...results import Record
from .budgets import Budget
from .manifest import Candidates, Lookup, Setting
from .published import Printed


def lra_settings(
    budget: Budget,
    inner_steps: int,
    *,
    gradient_bound: float = 1.0,
    displacement_bound: float = 1.0,
    local_loss: str = "mse",
    regularizations: Sequence[float] = (0.0,),
) -> list[Setting]:
    """The grid of learning rates, β and α for RNN-LRA-diff."""
    return [
        Setting(
            rule={
                "name": "lra-diff",
                "target_step": target_step,
                "inner_steps": inner_steps,
                "local_loss": local_loss,
                "gradient_bound": gradient_bound,
                "displacement_bound": displacement_bound,
                "regularization": alpha,
            },
            optimizer={"name": "sgd", "learning_rate": rate},
        )
        for alpha, rate, target_step in product(
            regularizations, budget.learning_rates, budget.target_steps
        )
    ]


def k_of(budget: Budget, inner_steps: int | None = None) -> str:
    """What a name says of K: of a row, where rows differ in it; of the table, where they do not."""
    if inner_steps is None:
        return f", K = {budget.inner_steps[0]}" if len(budget.inner_steps) == 1 else ""
    return f", K = {inner_steps}" if len(budget.inner_steps) > 1 else ""


def best_of(configurations: Candidates, lookup: Lookup) -> Record | None:
    """The record of the lowest error; of several, the one of the fewest iterations."""
    records = [record for each in configurations if (record := lookup(each)) is not None]
    return min(records, key=lambda record: (record.best_error, record.iterations), default=None)


@dataclass(frozen=True)
class Number:
    """A number of a table: the runs it is the best of, and what the paper printed, if it did."""

    runs: Candidates
    printed: Printed | None = None


@dataclass(frozen=True)
class Row:
    """A row of a table: its name, and a number for each part of the table."""

    name: str
    numbers: tuple[Number, ...]


def accuracy_tables(
    caption: str,
    name: str,
    rows: Sequence[Row],
    lookup: Lookup,
    *,
    parts: tuple[str, ...] = ("",),
    parts_are: str = "",
) -> tuple[Table, Table]:
    """The numbers, each beside the paper's and the difference to it; and what stands behind them.

    `name` is the heading over the rows' names, `parts` are those over a row's numbers, and
    `parts_are` says what the parts differ in.
    """
    is_printed = any(number.printed is not None for row in rows for number in row.numbers)
    groups: tuple[tuple[str, int], ...] = ()
    if is_printed:
        header = (name, *(_COMPARED * len(parts)))
        if len(parts) > 1:
            groups = (("", 1), *((part, len(_COMPARED)) for part in parts))
    else:
        header = (name, *parts)
    compared = Table(
        caption=caption,
        header=header,
        groups=groups,
        rows=tuple(
            (
                row.name,
                *(cell for each in row.numbers for cell in _cells(each, lookup, is_printed)),
            )
            for row in rows
        ),
    )
    return compared, behind_table(name, rows, lookup, parts=parts, parts_are=parts_are)


def behind_table(
    name: str, rows: Sequence[Row], lookup: Lookup, *, parts: tuple[str, ...], parts_are: str
) -> Table:
    """What stands behind every number of the rows."""
    part_name = (parts_are,) if len(parts) > 1 else ()
    return Table(
        caption="What stands behind these numbers; iterations and setting are the best run's",
        header=(name, *part_name, "runs", "given up", "seeds", "iterations", "setting"),
        words=(*part_name, "setting"),
        rows=tuple(
            (row.name, *((part,) if part_name else ()), *_behind(number.runs, lookup))
            for row in rows
            for part, number in zip(parts, row.numbers, strict=True)
        ),
    )


_COMPARED = ("here", "paper", "difference")


def _cells(number: Number, lookup: Lookup, is_printed: bool) -> tuple[Cell, ...]:
    """The number, and beside it the paper's and the difference where the table has any."""
    best = best_of(number.runs, lookup)
    here = measured(best)
    if not is_printed:
        return (here,)
    printed = number.printed
    if printed is None:
        return (here, Cell(""), Cell(""))
    difference = ""
    if best is not None and math.isfinite(best.best_error):
        both_solved = best.solved and printed == "solved"
        of_paper = 100.0 if printed == "solved" else printed
        difference = "" if both_solved else f"{100 * best.accuracy - of_paper:+.2f}"
    return (here, Cell(as_printed(printed)), Cell(difference))


def as_printed(printed: Printed) -> str:
    """A number of the paper as it stands there."""
    return "✓ solved" if printed == "solved" else f"{printed:.2f}"


def measured(best: Record | None) -> Cell:
    """A number: of the best run, if there is one."""
    if best is None:
        return Cell("not run yet", mark="muted")
    if best.solved:
        return Cell("solved", mark="good")
    return Cell(percent(best.accuracy) if math.isfinite(best.best_error) else "diverged")


def _behind(runs: Candidates, lookup: Lookup) -> tuple[str, ...]:
    """Runs, those given up, seeds; iterations and setting of the best."""
    records = [record for each in runs if (record := lookup(each)) is not None]
    seeds = str(len({each.seed for each in runs}))
    best = best_of(runs, lookup)
    if best is None:
        return (f"0 of {len(runs)}", "", seeds, "", "")
    there = str(len(runs))
    if len(records) < len(runs) and not best.solved:
        there = f"{len(records)} of {there} so far"
    given_up = sum(record.status == "outpaced" for record in records)
    setting = setting_text(best.configuration)
    return (there, str(given_up), seeds, f"{best.iterations:,}", setting)


def setting_text(configuration: Mapping[str, Any]) -> str:
    """A setting in the paper's symbols."""
    rule, optimizer = configuration["rule"], configuration["optimizer"]
    parts = [f"lr {optimizer['learning_rate']:g}"]
    symbols = {"lra-diff": "β", "published-lra-diff": "β", "tptt": "α_i"}
    if rule["name"] in symbols:
        parts.append(f"{symbols[rule['name']]} {rule['target_step']:g}")
    if rule.get("regularization"):
        parts.append(f"α {rule['regularization']:g}")
    if rule["name"] == "bptt":
        parts.append(f"clipped at {rule['clip']:g}" if rule["clip"] else "not clipped")
    return ", ".join(parts)
