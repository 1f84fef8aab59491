"""One look for all pictures: as wide as a column of text, so that a phone can show them, and told
apart without colour too."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter

WIDTH = 5.0
"""Inches of every picture. On a screen of 380 pixels, a letter of 8.75 points is 8 pixels high."""
SMALL = 8.75
"""Points of the smallest letters that have to be read."""
INK, FAINT = "#1c2025", "#9aa2ab"
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's, told apart by everyone."""
LINES = (
    ("-", "o"),
    ("--", "s"),
    (":", "^"),
    ("-.", "D"),
    ((0, (8, 3)), "v"),
    ((0, (5, 1, 1, 1, 1, 1)), "P"),
    ((0, (1, 4)), "X"),
)
"""Lines and dots, told apart in grey: one more than colours, so that many pairs are all new."""

_STYLE: Any = {
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.alpha": 0.25,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
}


class Look(NamedTuple):
    """What tells a curve from others."""

    color: str
    line: str | tuple
    dot: str


def looks(count: int) -> list[Look]:
    """So many looks, each its own as long as there are any. Neighbours differ in colour, in line
    and in dot."""
    return [Look(COLORS[index % len(COLORS)], *LINES[index % len(LINES)]) for index in range(count)]


_Arguments = ParamSpec("_Arguments")


def styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """A function that draws, in this look."""

    @functools.wraps(draw)
    def drawn(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Figure:
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def figure_of(height: float) -> Figure:
    """An empty picture, so many inches high."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def length_axis(axis: Axes, lengths: Sequence[int]) -> None:
    """Lengths, from the shortest on, on a logarithmic scale: a tick each, and as far as there is
    room its number."""
    axis.set_xscale("log")
    named = [lengths[-1]]
    for length in reversed(lengths):
        if named[-1] >= _APART * length:
            named.append(length)
    axis.set_xticks(named[::-1], [short_length(length) for length in named[::-1]])
    axis.xaxis.set_minor_locator(FixedLocator([each for each in lengths if each not in named]))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("length T (steps)")


_APART = 1.4
"""How many times as long the next length is whose number fits beside."""


def short_length(length: int) -> str:
    """500, 1k, 2.5k."""
    return f"{length / 1000:g}k" if length >= 1000 else str(length)


def short_count(number: int) -> str:
    """In at most four signs: 600, 1.2k, 13k."""
    if number < 1_000:
        return str(number)
    return f"{number / 1_000:.0f}k" if number >= 9_950 else f"{number / 1_000:.2g}k"
