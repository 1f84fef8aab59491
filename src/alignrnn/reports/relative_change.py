"""How much a coefficient changes an accuracy: points of a grid, and the line of its best."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

Changes = Mapping[float, tuple[list[float], float | None]]
"""By the coefficient: the change of every setting, and that of the grid's best, in percent."""

_LEAST = 2.5
"""Percent that the axis reaches either way, so that a change of nothing does not fill it."""


def relative_change_figure(panels: Mapping[str, Changes]) -> Figure:
    """A panel a problem: relative change of accuracy against α. The paper's Figure 5."""
    figure = Figure(figsize=(1.2 + 3.2 * len(panels), 3.6), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, changes) in zip(axes, panels.items(), strict=True):
        places = range(len(changes))
        for place, (each, _) in zip(places, changes.values(), strict=True):
            spread = np.linspace(-0.12, 0.12, len(each)) if len(each) > 1 else np.zeros(len(each))
            axis.plot(place + spread, each, "o", color="#56b4e9", ms=4, alpha=0.8, mew=0)
        best = [np.nan if of_best is None else of_best for _, of_best in changes.values()]
        axis.plot(places, best, "-o", color="#d55e00", lw=1.4, ms=5, label="best of the grid")
        axis.axhline(0, color="#666666", lw=0.8)
        axis.set_xticks(list(places), [f"{alpha:g}" for alpha in changes])
        axis.set_xlim(-0.5, len(changes) - 0.5)
        axis.set_xlabel("α")
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, -_LEAST), max(high, _LEAST))
        axis.set_title(title)
        axis.grid(alpha=0.25, axis="y")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("relative change of accuracy (%)")
    axes[0].legend(frameon=False, fontsize="small")
    return figure
