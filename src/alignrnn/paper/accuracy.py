"""Cells of accuracies: the best of a grid beside what the paper printed."""

import math
from collections.abc import Sequence
from itertools import product

from ..reports import Cell, percent
from ..results import Record
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


def best_of(configurations: Candidates, lookup: Lookup) -> Record | None:
    """The record of the lowest error; of several, the one of the fewest iterations."""
    records = [record for each in configurations if (record := lookup(each)) is not None]
    return min(records, key=lambda record: (record.best_error, record.iterations), default=None)


def accuracy_cell(
    configurations: Candidates, lookup: Lookup, printed: Printed, *, has_print: bool
) -> Cell:
    """The best accuracy of a grid, what the paper printed, the difference, and what stands
    behind the number."""
    best = best_of(configurations, lookup)
    paper = "" if not has_print else f"paper {'✓' if printed is None else f'{printed:.2f}'}"
    if best is None:
        return Cell("not run yet", note=paper, mark="muted")
    measured = math.isfinite(best.best_error)
    if has_print and measured and not (best.solved and printed is None):
        paper += f", {100 * best.accuracy - (100.0 if printed is None else printed):+.2f}"
    notes = [paper] if paper else []
    notes.append(behind(configurations, lookup, best))
    text = "solved" if best.solved else percent(best.accuracy) if measured else "diverged"
    return Cell(text, note=" · ".join(notes), mark="good" if best.solved else "")


def behind(configurations: Candidates, lookup: Lookup, best: Record) -> str:
    """How many runs and seeds a number comes from; iterations and setting of the best of them."""
    records = [record for each in configurations if (record := lookup(each)) is not None]
    there, given_up = len(records), sum(record.status == "outpaced" for record in records)
    settings, seeds = len(configurations), len({each.seed for each in configurations})
    runs = f"{settings} run{'s' if settings > 1 else ''}"
    if there < settings and not best.solved:
        runs = f"{there} of {runs} so far"
    if given_up:
        runs += f" ({given_up} given up)"
    rule = best.configuration["rule"]
    parts = [
        runs,
        f"{seeds} seed{'s' if seeds > 1 else ''}",
        f"{best.iterations:,} iterations",
        f"lr {best.configuration['optimizer']['learning_rate']:g}",
        f"β {rule['target_step']:g}",
    ]
    if rule.get("regularization"):
        parts.append(f"α {rule['regularization']:g}")
    return ", ".join(parts)
