"""Pictures of trained networks at any length: their errors, and where their states go."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from .curve_names import LINE, End, name_curves, wrapped
from .style import COLORS, FAINT, LINES, SMALL, figure_of, length_axis, looks, styled

_PANEL = 2.6
"""Inches that the height of a panel is at least."""
_LEAST_PERCENT = 0.01
"""What stands between 0 and the logarithmic part of an axis of errors: one in 10,000."""
_FEW = 8
"""So many different answers have a colour each; more are on a scale."""


@styled
def lengths_figure(
    curves: Mapping[str, Mapping[int, float]], trained_on: tuple[int, int] | None, *, percent: bool
) -> Figure:
    """Errors against length, a curve a network, named beside it; the lengths that were trained on
    are grey. In percent of wrong answers, 0 included; or else the mean loss."""
    height = max(_PANEL, LINE * sum(wrapped(name).count("\n") + 1 for name in curves))
    figure = figure_of(height + 0.6)
    axis = figure.subplots()
    lengths = sorted({length for errors in curves.values() for length in errors})
    ends = []
    for (name, errors), look in zip(curves.items(), looks(len(curves)), strict=True):
        there = sorted(errors)
        values = [errors[length] for length in there]
        style = {"color": look.color, "ls": look.line, "marker": look.dot, "ms": 5, "lw": 1.4}
        axis.plot(there, values, **style, clip_on=False)
        ends.append(End(there[-1], values[-1], wrapped(name), look))
    length_axis(axis, lengths)
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
        if first == last:
            axis.axvline(first, color="0.8", lw=3, zorder=0)
        else:
            axis.axvspan(first, last, color="0.9", lw=0, zorder=0)
        middle = float(np.sqrt(first * last)), 1.01
        how = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        axis.text(*middle, "trained", fontsize=SMALL, **how)
    axis.grid()
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


@styled
def states_figure(states: States, title: str) -> Figure:
    """Three panels. The states of sequences over the second half of their time, in two principal
    components, coloured by the answer, which stands where they end, with the fixed points of the
    step under the mean input. The eigenvalues of W_hh, and of the Jacobian at the fixed points,
    beside the unit circle: inside it, what is near a fixed point stays. The first component
    against time."""
    figure = figure_of(_SQUARE + _OVER_TIME + 1.3)
    panels = figure.subplot_mosaic(
        [["plane", "eigen"], ["time", "time"]],
        gridspec_kw={"height_ratios": [_SQUARE, _OVER_TIME]},
    )
    plane, eigen, over_time = panels["plane"], panels["eigen"], panels["time"]
    figure.suptitle(title, x=0.02, ha="left", fontsize=9, weight="bold", parse_math=False)
    shown, key = _shown_answers(states.answers)
    late = states.times > states.length / 2
    for sequence, (color, dot) in enumerate(shown):
        at = states.projected[late, sequence]
        plane.plot(at[:, 0], at[:, 1], ".", color=color, ms=2, alpha=0.5)
        plane.plot(*at[-1], dot, color=color, ms=5, mec="white", mew=0.5)
        if sequence < _TRACED:
            over_time.plot(states.times, states.projected[:, sequence, 0], color=color, lw=0.7)
    if len(states.points):
        plane.plot(*states.points.T, "x", color="black", ms=7, mew=1.4)
    plane.set_xlabel(f"first component ({states.variance[0]:.0%})")
    plane.set_ylabel(f"second component ({states.variance[1]:.0%})")
    crosses = "× a fixed point" if len(states.points) else "no fixed point"
    plane.set_title(f"states, t > T/2, {crosses}\n{key}")
    over_time.set_xscale("log")
    over_time.set_xlabel("time step t")
    over_time.set_ylabel("first component")
    over_time.set_title(f"the first component over time, T = {states.length:,}")
    _draw_eigenvalues(eigen, states)
    for axis in (plane, over_time, eigen):
        axis.grid()
    return figure


_SQUARE, _OVER_TIME = 2.1, 1.6
"""Inches: the heights of the two rows of panels."""
_TRACED = 12
"""Sequences that are drawn over time."""


def _shown_answers(answers: np.ndarray) -> tuple[list[tuple], str]:
    """A colour and a dot a sequence, and what they mean."""
    kinds = np.unique(answers)
    if np.issubdtype(answers.dtype, np.integer) and len(kinds) <= _FEW:
        colors = [*COLORS, "#000000", "#f0e442"]
        dots = [*(dot for _, dot in LINES), "p"]
        of_kind = dict(zip(kinds.tolist(), zip(colors, dots, strict=True), strict=False))
        return [of_kind[each] for each in answers.tolist()], "a colour and dot an answer"
    low, high = float(answers.min()), float(answers.max())
    scale = colormaps["viridis"]
    shades = (answers - low) / max(high - low, 1e-12)
    said = f"answers {low:.2g} (dark) to {high:.2g}"
    return [(scale(float(each)), "o") for each in shades], said


def _draw_eigenvalues(axis: Axes, states: States) -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(angle), np.sin(angle), color=FAINT, lw=0.8)
    for values in states.recurrent:
        axis.plot(np.real(values), np.imag(values), "o", mfc="none", mec=COLORS[0], ms=3.5)
    for values in states.eigenvalues:
        axis.plot(np.real(values), np.imag(values), ".", color=COLORS[1], ms=4)
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xlabel("real part")
    axis.set_ylabel("imaginary part")
    jacobian = "• of the Jacobian at ×" if states.eigenvalues else ""
    axis.set_title(f"○ eigenvalues of W_hh\n{jacobian}")
