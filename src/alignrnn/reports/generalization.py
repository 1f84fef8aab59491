"""Pictures of trained networks at any length: their errors, and where their states go."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from .curve_names import FAINT, INK, LINE, End, name_curves, wrapped
from .figures import COLORS, looks

_WIDTH = 8.4
_PANEL = 3.3
"""Inches."""
_LEAST_PERCENT = 0.01
"""What stands between 0 and the logarithmic part of an axis of errors: one in 10,000."""
_FEW = 8
"""So many different answers have a colour each; more are on a scale."""


def lengths_figure(
    curves: Mapping[str, Mapping[int, float]], trained_on: tuple[int, int] | None, *, percent: bool
) -> Figure:
    """Errors against length, a curve a network, named beside it; the lengths that were trained on
    are grey. In percent of wrong answers, 0 included; or else the mean loss."""
    height = max(_PANEL, LINE * sum(wrapped(name).count("\n") + 1 for name in curves))
    figure = Figure(figsize=(_WIDTH, height + 0.7), layout="constrained")
    axis = figure.subplots()
    lengths = sorted({length for errors in curves.values() for length in errors})
    ends = []
    for (name, errors), look in zip(curves.items(), looks(len(curves)), strict=True):
        there = sorted(errors)
        values = [errors[length] for length in there]
        style = {"color": look.color, "ls": look.line, "marker": look.dot, "ms": 4, "lw": 1.4}
        axis.plot(there, values, **style, clip_on=False)
        ends.append(End(there[-1], values[-1], wrapped(name), look))
    axis.set_xscale("log")
    axis.set_xticks(lengths, [f"{length:,}" for length in lengths], rotation=45)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("length T")
    if percent:
        axis.set_yscale("symlog", linthresh=_LEAST_PERCENT)
        ticks = [0, 0.01, 0.1, 1, 10, 100]
        axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylim(0, 100)
        axis.set_ylabel("wrong answers (%)")
    else:
        axis.set_ylabel("mean loss")
        axis.set_ylim(bottom=0)
    if trained_on is not None:
        first, last = trained_on
        shade = {"color": "0.9", "lw": 0, "zorder": 0}
        if first == last:
            axis.axvline(first, color="0.8", lw=3, zorder=0)
        else:
            axis.axvspan(first, last, **shade)
        middle = float(np.sqrt(first * last)), 0.98
        how = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "top"}
        axis.text(*middle, "trained", color=INK, fontsize=8, **how)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    name_curves(axis, ends, height)
    return figure


class States(NamedTuple):
    """What the picture of states shows."""

    length: int
    times: np.ndarray
    """`(K,)`, from 1 on."""
    projected: np.ndarray
    """Two principal components at these times, `(K, B, 2)`."""
    variance: tuple[float, float]
    answers: np.ndarray
    """Of each sequence, `(B,)`."""
    points: np.ndarray
    """Fixed points in the components, `(P, 2)`."""
    eigenvalues: Sequence[np.ndarray]
    """Of the Jacobian at each of them."""
    recurrent: Sequence[np.ndarray]
    """Of each layer's W_hh."""


def states_figure(states: States, title: str) -> Figure:
    """Three panels. The states of sequences over the second half of their time, in two principal
    components, coloured by the answer, with the fixed points of the step under the mean input. The
    first component against time. The eigenvalues of W_hh, and of the Jacobian at the fixed points,
    beside the unit circle: inside it, what is near a fixed point stays."""
    figure = Figure(figsize=(3 * _PANEL + 0.6, _PANEL + 0.5), layout="constrained")
    plane, over_time, eigen = figure.subplots(1, 3)
    figure.suptitle(title, fontsize=10)
    colors, key = _answer_colors(states.answers)
    late = states.times > states.length / 2
    for sequence, color in enumerate(colors):
        at = states.projected[late, sequence]
        plane.plot(at[:, 0], at[:, 1], ".", color=color, ms=2, alpha=0.5)
        plane.plot(*at[-1], "o", color=color, ms=5, mec="white", mew=0.5)
        if sequence < _TRACED:
            over_time.plot(states.times, states.projected[:, sequence, 0], color=color, lw=0.7)
    if len(states.points):
        plane.plot(*states.points.T, "x", color="black", ms=7, mew=1.4)
    plane.set_xlabel(f"first component ({states.variance[0]:.0%} of the variance)")
    plane.set_ylabel(f"second ({states.variance[1]:.0%})")
    crosses = ", × a fixed point" if len(states.points) else ", no fixed point"
    plane.set_title(f"states, t > T/2, {key}{crosses}", fontsize=8, loc="left")
    over_time.set_xscale("log")
    over_time.set_xlabel("time step t")
    over_time.set_ylabel("first component")
    over_time.set_title(f"the same over time, T = {states.length:,}", fontsize=8, loc="left")
    _draw_eigenvalues(eigen, states)
    for axis in (plane, over_time, eigen):
        axis.grid(alpha=0.2)
        axis.spines[["top", "right"]].set_visible(False)
    return figure


_TRACED = 12
"""Sequences that are drawn over time."""


def _answer_colors(answers: np.ndarray) -> tuple[list, str]:
    """A colour a sequence, and what it means."""
    kinds = np.unique(answers)
    if np.issubdtype(answers.dtype, np.integer) and len(kinds) <= _FEW:
        several = [*COLORS, "#000000", "#f0e442"]
        of_kind = dict(zip(kinds.tolist(), several, strict=False))
        return [of_kind[each] for each in answers.tolist()], "a colour an answer"
    low, high = float(answers.min()), float(answers.max())
    scale = colormaps["viridis"]
    shades = (answers - low) / max(high - low, 1e-12)
    return [scale(float(each)) for each in shades], f"answers {low:.2g} (dark) to {high:.2g}"


def _draw_eigenvalues(axis: Axes, states: States) -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(angle), np.sin(angle), color=FAINT, lw=0.8)
    for number, values in enumerate(states.recurrent):
        label = "W_hh" if number == 0 else None
        parts = np.real(values), np.imag(values)
        axis.plot(*parts, "o", mfc="none", mec=COLORS[0], ms=3.5, label=label)
    for number, values in enumerate(states.eigenvalues):
        label = "Jacobian at fixed points" if number == 0 else None
        axis.plot(np.real(values), np.imag(values), ".", color=COLORS[1], ms=4, label=label)
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xlabel("real part")
    axis.set_ylabel("imaginary part")
    axis.set_title("eigenvalues and the unit circle", fontsize=8, loc="left")
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="lower left", fontsize=7, frameon=False, handletextpad=0.2)
