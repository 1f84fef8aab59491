"""How the gradients of rules lie to BPTT's: over the time steps, and over a training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .curve_names import LINE, End, name_curves, wrapped
from .style import figure_of, looks, styled

_DECADES = 3
"""Of ratios shown either way of 1."""
_ROW, _AROUND = 0.24, 1.25
"""Inches: the height of a rule's row, and of what stands above and below the rows."""
_PANEL = 2.2


class OverSteps(NamedTuple):
    """Of one rule, what each time step adds to its gradient beside BPTT's, `(T,)`."""

    cosine: Sequence[float]
    ratio: Sequence[float]


@styled
def steps_figure(panels: Mapping[str, Mapping[str, OverSteps]]) -> Figure:
    """A row a rule, a column a time step, a line of panels a check: the cosine with BPTT's gradient
    on the left, its norm on the right, BPTT's being 1. White: one of the gradients is 0."""
    named = {name: wrapped(name) for rules in panels.values() for name in rules}
    rows = max(sum(1 + named[name].count("\n") for name in rules) for rules in panels.values())
    figure = figure_of(len(panels) * (rows * _ROW + _AROUND))
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (title, rules), (left, right) in zip(panels.items(), axes, strict=True):
        cosines = np.array([each.cosine for each in rules.values()], float)
        ratios = np.array([each.ratio for each in rules.values()], float)
        kept = np.clip(ratios, 10.0**-_DECADES, 10.0**_DECADES)
        for axis, values, norm, name in (
            (left, cosines, Normalize(-1, 1), "cosine"),
            (right, kept, LogNorm(10.0**-_DECADES, 10.0**_DECADES), "norm"),
        ):
            image = axis.pcolormesh(
                np.arange(values.shape[1] + 1) + 0.5,
                np.arange(len(rules) + 1) - 0.5,
                np.ma.masked_invalid(values),
                norm=norm,
                cmap="viridis",
                rasterized=True,
            )
            figure.colorbar(image, ax=axis, location="bottom", pad=0.02)
            names = [named[rule] for rule in rules] if axis is left else []
            axis.set_yticks(range(len(rules)), names)
            axis.invert_yaxis()
            axis.set_title(f"{name}, {title}")
            axis.set_xlabel("time step t")
            axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


class OverTraining(NamedTuple):
    """Of one rule, after so many iterations."""

    iterations: Sequence[int]
    cosine: Sequence[float]
    ratio: Sequence[float]


@styled
def training_figure(rules: Mapping[str, OverTraining]) -> Figure:
    """Cosine with BPTT's gradient and norm, BPTT's being 1, against iterations, a curve a rule,
    named beside both panels. A rule whose gradient of the layers is 0 has no curve."""
    shown = {name: each for name, each in rules.items() if np.isfinite(each.cosine).any()}
    named = {name: wrapped(name) for name in shown}
    height = max(_PANEL, LINE * sum(1 + name.count("\n") for name in named.values()))
    figure = figure_of(2 * height + 1.0)
    cosines, norms = figure.subplots(2, 1, sharex=True)
    look_of = dict(zip(rules, looks(len(rules)), strict=True))
    for name, each in shown.items():
        look = look_of[name]
        style = {"color": look.color, "ls": look.line, "lw": 1.3}
        cosines.plot(each.iterations, each.cosine, **style)
        norms.plot(each.iterations, _positive(each.ratio), **style)
    cosines.set_ylabel("cosine with BPTT's gradient")
    lowest = min([0.0, *(float(np.nanmin(each.cosine)) for each in shown.values())])
    cosines.set_ylim(lowest - 0.05, 1.02)
    norms.set_ylabel("norm, BPTT's being 1")
    norms.set_yscale("log")
    norms.set_ylim(norms.get_ylim())
    norms.set_xlabel("iteration")
    norms.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axis, values_of in ((cosines, lambda e: e.cosine), (norms, lambda e: _positive(e.ratio))):
        axis.grid()
        ends = []
        for name, each in shown.items():
            values = np.asarray(values_of(each), float)
            if np.isfinite(values).any():
                last = np.flatnonzero(np.isfinite(values))[-1]
                end = float(each.iterations[last]), float(values[last])
                ends.append(End(*end, named[name], look_of[name]))
        name_curves(axis, ends, height)
    return figure


def _positive(ratios: Sequence[float]) -> np.ndarray:
    values = np.asarray(ratios, float)
    return np.where(values > 0, values, np.nan)
