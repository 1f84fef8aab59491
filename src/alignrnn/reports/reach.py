"""How far something reaches: a row a setting, a column a length, a dot a run."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .curve_names import LINE, wrapped
from .numbers import percent
from .style import COLORS, INK, SMALL, WIDTH, figure_of, short_count, short_length, styled


class Reached(NamedTuple):
    """What one run came to."""

    length: int
    score: float
    """Best validation accuracy in percent, or where there is none the validation error."""
    iterations: int
    solved: bool


ACCURACY = "best validation accuracy (%)"
_ROW, _AROUND = 0.42, 0.75
"""Inches: the height of a row, and of what stands above and below the rows."""
_ROOMY = 6
"""So many columns have room for numbers that are not rounded."""
_DOTS = 5
"""Runs of a length that have a dot each; of more, their number is told."""


@styled
def reach_figure(curves: Mapping[str, Sequence[Reached]], score: str) -> Figure:
    """A row a setting, named beside it, and a column a length. A dot a run, full where it was
    solved, with the iterations of the slowest below; a bar reaches to the longest length that
    every run solved. Where one was not, the worst best `score` stands below instead."""
    lengths = sorted({run.length for runs in curves.values() for run in runs})
    names = [wrapped(name) for name in curves]
    heights = [max(_ROW, LINE * (name.count("\n") + 1)) for name in names]
    rows = np.cumsum(heights) - np.array(heights) / 2
    figure = figure_of(sum(heights) + _AROUND)
    axis = figure.subplots()
    for row, runs in zip(rows, curves.values(), strict=True):
        _draw(axis, row, runs, lengths, score)
    axis.set_ylim(sum(heights), 0)
    axis.set_yticks(rows, names, parse_math=False)
    axis.set_xlim(-0.6, len(lengths) - 0.4)
    axis.set_xticks(range(len(lengths)), [short_length(length) for length in lengths])
    axis.set_xlabel("length T (steps)")
    axis.grid(axis="x")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    return figure


def _draw(
    axis: Axes, row: float, runs: Sequence[Reached], lengths: Sequence[int], score: str
) -> None:
    by_length = {length: [run for run in runs if run.length == length] for length in lengths}
    reached = -1.0
    for column, length in enumerate(lengths):
        there = by_length[length]
        if there and not all(run.solved for run in there):
            break
        reached = column if there else reached
    if reached >= 0:
        bar = {"color": COLORS[4], "alpha": 0.35, "lw": 11, "solid_capstyle": "butt", "zorder": 1}
        axis.plot([-0.6, reached + 0.3], [row - _RAISED] * 2, **bar)
    for column, length in enumerate(lengths):
        there = sorted(by_length[length], key=lambda run: not run.solved)
        if there:
            _draw_runs(axis, column, row, there, len(lengths))
            text = _below(there, score, short=len(lengths) > _ROOMY)
            below = {"ha": "center", "va": "center", "fontsize": SMALL, "color": INK}
            axis.text(column, row + _LOWERED, text, **below)


_RAISED, _LOWERED = 0.07, 0.12
"""Inches: of the dots, and of what stands below them, from the middle of their row."""


def _draw_runs(axis: Axes, column: int, row: float, runs: Sequence[Reached], columns: int) -> None:
    if len(runs) > _DOTS:
        text = f"{sum(run.solved for run in runs)}/{len(runs)}"
        style = {"ha": "center", "va": "center", "fontsize": SMALL, "weight": "bold"}
        axis.text(column, row - _RAISED, text, **style)
        return
    apart = min(0.13, 0.11 * columns / (WIDTH - 1.6))
    for place, run in enumerate(runs):
        face = COLORS[0] if run.solved else "white"
        at = column + apart * (place - (len(runs) - 1) / 2)
        axis.plot(at, row - _RAISED, "o", ms=5.5, mec=COLORS[0], mfc=face, zorder=3)


def _below(runs: Sequence[Reached], score: str, *, short: bool) -> str:
    """Iterations of the slowest run, or the score of the worst."""
    if all(run.solved for run in runs):
        slowest = max(run.iterations for run in runs)
        return short_count(slowest) if short else f"{slowest:,}"
    known = [run.score for run in runs if math.isfinite(run.score)]
    if not known:
        return "none"
    if score != ACCURACY:
        return f"{max(known):.1g}" if short else f"{max(known):.2g}"
    return f"{math.floor(min(known))}%" if short else f"{percent(min(known) / 100)}%"
