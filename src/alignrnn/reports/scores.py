"""Scores of several ways to do something, a panel a data set, a dot a run."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .curve_names import LINE, wrapped
from .style import figure_of, looks, styled


class ScoresPanel(NamedTuple):
    """One data set."""

    title: str
    unit: str
    scores: Mapping[str, Mapping[str, Sequence[float]]]
    """Of every way, by cell, of each run."""
    published: Sequence[float]
    """Others' numbers."""


_COLUMNS, _ROW, _AROUND = 2, 0.25, 0.85
"""Inches: the height of a way's row, and of what stands above and below the rows."""


@styled
def scores_figure(panels: Sequence[ScoresPanel]) -> Figure:
    """A row a way, a dot a run; the cells beside each other in the row, in colours and dots of
    their own."""
    lines = -(-len(panels) // _COLUMNS)
    names = [wrapped(way, 16) for way in panels[0].scores]
    height = sum(_ROW + LINE * name.count("\n") for name in names)
    figure = figure_of(lines * (height + _AROUND) + 0.3)
    axes = figure.subplots(lines, min(_COLUMNS, len(panels)), squeeze=False, sharey=True)
    cells = list(dict.fromkeys(cell for p in panels for way in p.scores.values() for cell in way))
    look_of = dict(zip(cells, looks(len(cells)), strict=True))
    flat = axes.ravel().tolist()
    for axis, panel in zip(flat, panels, strict=False):
        _draw(axis, panel, cells, look_of)
        axis.set_yticks(range(len(names)), names)
    for axis in flat[len(panels) :]:
        axis.set_visible(False)
    # Drawn once, in the first panel, where the rows are named.
    flat[0].invert_yaxis()
    handles = [
        flat[0].plot([], [], ls="", marker=look.dot, color=look.color, label=cell)[0]
        for cell, look in look_of.items()
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(cells))
    return figure


def _draw(axis: Axes, panel: ScoresPanel, cells: Sequence[str], look_of: Mapping) -> None:
    for row, (_, by_cell) in enumerate(panel.scores.items()):
        axis.axhline(row, color="0.9", lw=0.6, zorder=0)
        for place, cell in enumerate(cells):
            scores = [score for score in by_cell.get(cell, ()) if math.isfinite(score)]
            look = look_of[cell]
            shift = 0.3 * (place - (len(cells) - 1) / 2)
            axis.plot(
                scores,
                [row + shift] * len(scores),
                ls="",
                marker=look.dot,
                ms=5,
                color=look.color,
                alpha=0.8,
            )
    for value in panel.published:
        axis.axvline(value, color="0.45", lw=0.9, ls="--", zorder=0)
    axis.set_title(panel.title)
    axis.set_xlabel(panel.unit)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.grid(axis="x")
