"""How far something reaches: accuracy and iterations against length."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from .figures import colors_of


class Reached(NamedTuple):
    """What one run came to."""

    length: int
    score: float
    """Best validation accuracy in percent, or where there is none the validation error."""
    iterations: int
    solved: bool


def reach_figure(curves: Mapping[str, Sequence[Reached]], score: str) -> Figure:
    """Two panels against length: the best `score`, and the iterations until solved. A colour a
    curve, and with more than there are colours other lines and dots; its line through the worst
    run of each length; a dot a run, hollow where not solved."""
    labels = {label: textwrap.fill(label, _LABEL_WIDTH) for label in curves}
    lines = sum(label.count("\n") + 1 for label in labels.values())
    figure = Figure(figsize=(9.6, 3.7 + 0.2 * lines), layout="constrained")
    left, right = figure.subplots(1, 2)
    lengths = sorted({run.length for runs in curves.values() for run in runs})
    colors = colors_of(len(curves))
    for index, (color, (label, runs)) in enumerate(zip(colors, curves.items(), strict=True)):
        line, dot = _STYLES[index // len(set(colors)) % len(_STYLES)]
        by_length = {
            length: there
            for length in lengths
            if (there := [r for r in runs if r.length == length])
        }
        falls = score == ACCURACY
        worst = [(min if falls else max)(r.score for r in there) for there in by_length.values()]
        left.plot(list(by_length), worst, line, color=color, lw=1.4)
        slowest = {
            length: max(run.iterations for run in there)
            for length, there in by_length.items()
            if all(run.solved for run in there)
        }
        right.plot(list(slowest), list(slowest.values()), line, color=color, lw=1.4)
        left.plot([], [], dot + line, color=color, lw=1.4, ms=4.5, label=labels[label])
        for run in runs:
            face = color if run.solved else "none"
            left.plot(run.length, run.score, dot, mec=color, mfc=face, ms=4.5)
            right.plot(run.length, run.iterations, dot, mec=color, mfc=face, ms=4.5)
    left.set_ylabel(score)
    right.set_ylabel("iterations")
    right.set_yscale("log")
    for axis in (left, right):
        _finish(axis, lengths)
    if score == ACCURACY:
        left.set_ylim(top=101)
    figure.legend(loc="outside upper left", frameon=False, fontsize="small")
    return figure


ACCURACY = "best validation accuracy (%)"
_STYLES = (("-", "o"), ("--", "s"), (":", "^"))
"""Lines and dots of the curves that share a colour."""
_LABEL_WIDTH = 120
"""Characters of the legend that fit the figure."""


def _finish(axis: Axes, lengths: Sequence[int]) -> None:
    axis.set_xscale("log")
    axis.set_xticks(lengths, [str(length) for length in lengths], rotation=45)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("length T")
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
