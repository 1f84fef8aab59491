"""Names beside a panel, each as high as the end of its curve as far as no two overlap."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes

from .style import FAINT, INK, SMALL, Look

LINE = 0.165
"""Inches that a line of a name takes."""


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


def telling(names: Sequence[str]) -> list[str]:
    """Of names in parts, `a, b, c`, what tells them apart: not what all have, and no more of the
    last parts than it takes."""
    if len(names) < 2:
        return list(names)
    parts = [name.split(", ") for name in names]
    shared = set.intersection(*map(set, parts))
    own = [[part for part in each if part not in shared] for each in parts]
    counts = range(1, max(map(len, own)) + 1)
    shorter = ([", ".join(each[:count]) for each in own] for count in counts)
    return next((each for each in shorter if len({*each}) == len(each) and all(each)), list(names))


def wrapped(name: str, width: int = 20) -> str:
    """On lines of so many characters, each ending where a part of the name does; a part that is
    longer is broken between its words."""
    lines: list[str] = []
    for part in name.split(", "):
        words = textwrap.wrap(part, width, break_long_words=False, break_on_hyphens=False)
        for piece in words or [part]:
            joined = f"{lines[-1]} {piece}" if lines and lines[-1].endswith(",") else ""
            if joined and len(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
        lines[-1] += ","
    return "\n".join(lines).removesuffix(",")


def name_curves(axis: Axes, ends: Sequence[End], height: float) -> None:
    """Write the names to the right of a panel that is at least `height` inches high, each behind a
    piece of its curve; a thin line leads there from a curve that ends near by. The panel's limits
    must be final."""
    to_fractions = axis.transData + axis.transAxes.inverted()
    at = {end: to_fractions.transform((end.x, end.y)) for end in ends}
    ordered = sorted(ends, key=lambda end: at[end][1])
    places = _spread(
        [at[end][1] for end in ordered], [end.lines * LINE / height for end in ordered]
    )
    for end, place in zip(ordered, places, strict=True):
        color, line, dot = end.look
        style = {"color": color, "ls": line, "lw": 1.4, "marker": dot, "ms": 5, "markevery": [1]}
        where = {"transform": axis.transAxes, "clip_on": False}
        axis.plot([1.05, 1.09, 1.13], [place] * 3, **style, **where)
        axis.text(
            1.16, place, end.name, color=INK, fontsize=SMALL, va="center", parse_math=False, **where
        )
        if at[end][0] > _NEAR:
            leader = {"arrowstyle": "-", "color": FAINT, "lw": 0.6, "shrinkA": 0, "shrinkB": 4}
            axis.annotate(
                "",
                (end.x, end.y),
                (1.045, place),
                textcoords="axes fraction",
                annotation_clip=False,
                arrowprops=leader,
            )


_NEAR = 0.85
"""Of the width of a panel: a line from further left would cross the other curves."""


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Places from 0 to 1 near the wanted ones, in their order, for things of these sizes."""
    if not wanted:
        return []
    apart = [(below + above) / 2 for below, above in pairwise(sizes)]
    places = list(wanted)
    places[0] = max(places[0], sizes[0] / 2)
    for index, gap in enumerate(apart):
        places[index + 1] = max(places[index + 1], places[index] + gap)
    places[-1] = min(places[-1], 1 - sizes[-1] / 2)
    for index, gap in reversed(list(enumerate(apart))):
        places[index] = min(places[index], places[index + 1] - gap)
    return places
