"""The table a training ends with."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ..training import RunResult
from .numbers import percent


def results_table(rows: Sequence[tuple[str, str, Sequence[RunResult]]]) -> Table:
    """A line for each (task, rule, results over seeds): solved or not, iterations, accuracy, time.

    Iterations and accuracy are of the runs in their order; time is of all of them together.
    """
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("task", "left"),
        ("rule", "left"),
        ("solved", "right"),
        ("how the runs ended", "left"),
        ("iterations", "right"),
        ("best accuracy", "right"),
        ("time", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=name in ("task", "rule"))  # pyright: ignore[reportArgumentType]
    for task, rule, results in rows:
        solved = sum(result.status == "solved" for result in results)
        statuses = dict.fromkeys(result.status for result in results)
        table.add_row(
            task,
            rule,
            f"{solved} of {len(results)}",
            ", ".join(status.replace("_", " ") for status in statuses),
            _short(f"{result.iterations:,}" for result in results),
            _short(_score(result) for result in results),
            f"{sum(result.seconds for result in results):.1f} s",
        )
    return table


def _score(result: RunResult) -> str:
    if not np.isfinite(result.best_error):
        return "none"
    if result.counts_errors:
        return f"{percent(result.accuracy)}%"
    return f"mse {result.best_error:.3g}"


def _short(cells) -> str:
    """All of a few, the first and last of many in order."""
    cells = list(cells)
    return "  ".join(cells) if len(cells) <= 5 else f"{cells[0]} … {cells[-1]}"
