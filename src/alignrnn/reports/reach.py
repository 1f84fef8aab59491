"""How far something reaches: accuracy and iterations against length."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from .curve_names import LINE, End, name_curves, wrapped
from .figures import Look, limit_accuracy, looks


class Reached(NamedTuple):
    """What one run came to."""

    length: int
    score: float
    """Best validation accuracy in percent, or where there is none the validation error."""
    iterations: int
    solved: bool


def reach_figure(curves: Mapping[str, Sequence[Reached]], score: str) -> Figure:
    """Two panels against length: the best `score`, and the iterations until solved, with the
    curves' names beside it. A curve's line is through the worst run of each length; a dot is a
    run, hollow where not solved."""
    names = {name: wrapped(name) for name in curves}
    lines = sum(name.count("\n") + 1 for name in names.values())
    height = max(2.7, LINE * lines)
    figure = Figure(figsize=(9.6, height + _AROUND), layout="constrained")
    left, right = figure.subplots(1, 2)
    look_of = dict(zip(curves, looks(len(curves)), strict=True))
    for name, runs in curves.items():
        _draw(left, right, runs, look_of[name], worst=min if score == ACCURACY else max)
    left.set_ylabel(score)
    right.set_ylabel("iterations")
    right.set_yscale("log")
    lengths = sorted({run.length for runs in curves.values() for run in runs})
    for axis in (left, right):
        _finish(axis, lengths)
    if score == ACCURACY:
        limit_accuracy(left, (run.score for runs in curves.values() for run in runs))
    ends = [End(*_end(runs), names[name], look_of[name]) for name, runs in curves.items()]
    right.set_ylim(right.get_ylim())
    name_curves(right, ends, height)
    return figure


ACCURACY = "best validation accuracy (%)"
_AROUND = 1.2
"""Inches that what is above and below a panel takes at most."""


def _draw(left: Axes, right: Axes, runs: Sequence[Reached], look: Look, worst) -> None:
    lengths = sorted({run.length for run in runs})
    by_length = {length: [run for run in runs if run.length == length] for length in lengths}
    scores = [worst(run.score for run in there) for there in by_length.values()]
    style = {"color": look.color, "ls": look.line, "lw": 1.4, "clip_on": False}
    if all(map(math.isfinite, scores)):
        left.plot(lengths, scores, **style)
    solved = [there for there in by_length.values() if all(run.solved for run in there)]
    slowest = [max(run.iterations for run in there) for there in solved]
    right.plot([there[0].length for there in solved], slowest, **style)
    for run in runs:
        face = look.color if run.solved else "white"
        dot = {"marker": look.dot, "mec": look.color, "mfc": face, "ms": 4.5, "clip_on": False}
        dot["zorder"] = 3 if run.solved else 4
        if math.isfinite(run.score):
            left.plot(run.length, run.score, **dot)
        right.plot(run.length, run.iterations, **dot)


def _end(runs: Sequence[Reached]) -> tuple[float, float]:
    """The slowest run of the longest length."""
    longest = max(run.length for run in runs)
    return longest, max(run.iterations for run in runs if run.length == longest)


def _finish(axis: Axes, lengths: Sequence[int]) -> None:
    axis.set_xscale("log")
    axis.set_xticks(lengths, [str(length) for length in lengths], rotation=45)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("length T")
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
