"""How the gradients of rules lie to BPTT's: over the time steps, and over a training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from .curve_names import LINE, End, name_curves
from .figures import looks

_DECADES = 3
"""Of ratios shown either way of 1."""
_ROW, _AROUND = 0.24, 1.0
"""Inches: of a rule's row, and of what stands above and below the rows."""
_WIDTH = 9.6


class OverSteps(NamedTuple):
    """Of one rule, what each time step adds to its gradient beside BPTT's, `(T,)`."""

    cosine: Sequence[float]
    ratio: Sequence[float]


def steps_figure(panels: Mapping[str, Mapping[str, OverSteps]]) -> Figure:
    """A row a rule, a column a time step, a line of panels a check: the cosine with BPTT's gradient
    on the left, its norm on the right, BPTT's being 1. Grey: one of the gradients is 0."""
    rows = max(len(rules) for rules in panels.values())
    height = len(panels) * (rows * _ROW + _AROUND)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
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
                cmap="PuOr_r",
                rasterized=True,
            )
            axis.set_facecolor("0.75")
            figure.colorbar(image, ax=axis)
            axis.set_yticks(range(len(rules)), list(rules) if axis is left else [])
            axis.invert_yaxis()
            axis.set_title(f"{name}, {title}", loc="left", fontsize=10)
            axis.set_xlabel("time step t")
    return figure


class OverTraining(NamedTuple):
    """Of one rule, after so many iterations."""

    iterations: Sequence[int]
    cosine: Sequence[float]
    ratio: Sequence[float]


def training_figure(rules: Mapping[str, OverTraining]) -> Figure:
    """Norm, BPTT's being 1, and cosine with BPTT's gradient against iterations, a curve a rule,
    named beside the second panel. A rule whose gradient of the layers is 0 has no curve."""
    shown = {name: each for name, each in rules.items() if np.isfinite(each.cosine).any()}
    height = max(2.9, LINE * len(shown))
    figure = Figure(figsize=(_WIDTH, height + _AROUND), layout="constrained")
    norms, cosines = figure.subplots(1, 2)
    look_of = dict(zip(rules, looks(len(rules)), strict=True))
    ends = []
    for name, each in shown.items():
        look = look_of[name]
        style = {"color": look.color, "ls": look.line, "lw": 1.3}
        norms.plot(each.iterations, _positive(each.ratio), **style)
        cosines.plot(each.iterations, each.cosine, **style)
        last = np.flatnonzero(np.isfinite(each.cosine))[-1]
        ends.append(End(each.iterations[last], each.cosine[last], name, look))
    norms.set_ylabel("norm of the gradient, BPTT's being 1")
    norms.set_yscale("log")
    cosines.set_ylabel("cosine with BPTT's gradient")
    lowest = min([0.0, *(float(np.nanmin(each.cosine)) for each in shown.values())])
    cosines.set_ylim(lowest - 0.05, 1.02)
    for axis in (norms, cosines):
        axis.set_xlabel("iteration")
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    if ends:
        name_curves(cosines, ends, height)
    return figure


def _positive(ratios: Sequence[float]) -> np.ndarray:
    values = np.asarray(ratios, float)
    return np.where(values > 0, values, np.nan)
