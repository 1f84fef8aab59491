"""The table a training ends with."""

from collections.abc import Sequence

import numpy as np

from ..results import Record
from .columns import aligned, beside
from .numbers import percent

MOST = 20
"""Seeds that are shown, the best of more."""


def results_lines(title: str, results: Sequence[Record]) -> list[str]:
    """How many of the runs were solved and how long all took; then a line a seed."""
    solved = sum(result.status == "solved" for result in results)
    seconds = sum(result.seconds for result in results)
    shown = results
    if len(results) > MOST:
        best = sorted(results, key=lambda each: (each.best_error, each.iterations))[:MOST]
        shown = sorted(best, key=lambda each: each.seed)
    score = "accuracy" if results[0].counts_errors else "error"
    lines = beside(
        [
            aligned(["seed", *(str(each.seed) for each in shown)]),
            aligned(["status", *(each.status for each in shown)]),
            aligned(["iterations", *(f"{each.iterations:,}" for each in shown)], right=True),
            aligned([f"best {score}", *map(_score, shown)], right=True),
            aligned(["seconds", *(f"{each.seconds:.1f}" for each in shown)], right=True),
        ]
    )
    if len(shown) < len(results):
        lines.append(f"the best {len(shown)} of {len(results)}")
    return [f"{title}: {solved} of {len(results)} solved, {seconds:.1f} s", *lines]


def _score(result: Record) -> str:
    if not np.isfinite(result.best_error):
        return "none"
    if result.counts_errors:
        return f"{percent(result.accuracy)}%"
    return f"error {result.best_error:.3g}"  # mean squared, or of bits nats
