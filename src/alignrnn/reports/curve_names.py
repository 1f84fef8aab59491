"""Names beside a panel, each as high as the end of its curve as far as no two overlap."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes

from .figures import Look

INK, FAINT, SIZE, LINE = "#1c2025", "#9aa2ab", 8.0, 0.155
"""Of the names: colour, that of what leads there, size in points, and inches that a line takes."""


class End(NamedTuple):
    """Where a curve ends, in the units of its axes, what it is called, and how it looks."""

    x: float
    y: float
    name: str
    look: Look

    @property
    def lines(self) -> int:
        """Of its name."""
        return self.name.count("\n") + 1


def wrapped(name: str) -> str:
    """On lines of a legible length, each ending where a part of the name does."""
    parts = name.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")
    return textwrap.fill(parts, _NAME_WIDTH, break_long_words=False, break_on_hyphens=False)


_NAME_WIDTH = 40
"""Characters of a name's line."""


def name_curves(axis: Axes, ends: Sequence[End], height: float) -> None:
    """Write the names to the right of a panel that is at least `height` inches high, each behind a
    piece of its curve; a thin line leads there from a curve that ends at the panel's last tick.
    The panel's limits must be final."""
    to_fractions = axis.transData + axis.transAxes.inverted()
    heights = {end: to_fractions.transform((end.x, end.y))[1] for end in ends}
    ordered = sorted(ends, key=lambda end: heights[end])
    places = _spread(
        [heights[end] for end in ordered], [end.lines * LINE / height for end in ordered]
    )
    for end, place in zip(ordered, places, strict=True):
        color, line, dot = end.look
        style = {"color": color, "ls": line, "lw": 1.4, "marker": dot, "ms": 4.5, "markevery": [1]}
        where = {"transform": axis.transAxes, "clip_on": False}
        axis.plot([1.06, 1.1, 1.14], [place] * 3, **style, **where)
        axis.text(
            1.16, place, end.name, color=INK, fontsize=SIZE, va="center", parse_math=False, **where
        )
        if end.x >= axis.get_xticks()[-1]:
            leader = {"arrowstyle": "-", "color": FAINT, "lw": 0.7, "shrinkA": 0, "shrinkB": 4}
            axis.annotate(
                "",
                (end.x, end.y),
                (1.055, place),
                textcoords="axes fraction",
                annotation_clip=False,
                arrowprops=leader,
            )


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Places from 0 to 1 near the wanted ones, in their order, for things of these sizes."""
    apart = [(below + above) / 2 for below, above in pairwise(sizes)]
    places = list(wanted)
    places[0] = max(places[0], sizes[0] / 2)
    for index, gap in enumerate(apart):
        places[index + 1] = max(places[index + 1], places[index] + gap)
    places[-1] = min(places[-1], 1 - sizes[-1] / 2)
    for index, gap in reversed(list(enumerate(apart))):
        places[index] = min(places[index], places[index + 1] - gap)
    return places
