"""How much a coefficient changes an accuracy: points of a grid, and the line of its best."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .curve_names import wrapped
from .style import COLORS, INK, figure_of, styled

Changes = Mapping[float, tuple[list[float], float | None]]
"""By the coefficient: the change of every setting, and that of the grid's best, in percent."""

_LEAST = 2.5
"""Percent that the axis reaches either way, so that a change of nothing does not fill it."""

_BEST: Any = {"color": COLORS[1], "ls": "-", "lw": 1.4, "marker": "s", "ms": 5}
_SETTING: Any = {"color": COLORS[4], "ls": "", "marker": "o", "ms": 4, "alpha": 0.8, "mew": 0}


@styled
def relative_change_figure(panels: Mapping[str, Changes]) -> Figure:
    """A panel a problem: relative change of accuracy against α. The paper's Figure 5."""
    figure = figure_of(2.9)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, changes) in zip(axes, panels.items(), strict=True):
        places = range(len(changes))
        for place, (each, _) in zip(places, changes.values(), strict=True):
            spread = np.linspace(-0.12, 0.12, len(each)) if len(each) > 1 else np.zeros(len(each))
            axis.plot(place + spread, each, **_SETTING)
        best = [np.nan if of_best is None else of_best for _, of_best in changes.values()]
        axis.plot(places, best, **_BEST)
        axis.axhline(0, color=INK, lw=0.8)
        axis.set_xticks(list(places), [f"{alpha:g}" for alpha in changes])
        axis.set_xlim(-0.5, len(changes) - 0.5)
        axis.set_xlabel("α")
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, -_LEAST), max(high, _LEAST))
        axis.yaxis.set_major_locator(MaxNLocator(5))
        axis.set_title(wrapped(title, 16))
        axis.grid(axis="y")
    axes[0].set_ylabel("relative change of accuracy (%)")
    key = [Line2D([], [], **_BEST), Line2D([], [], **_SETTING)]
    what = ["best of the grid", "a setting of the grid"]
    figure.legend(key, what, loc="outside lower center", ncols=2)
    return figure
