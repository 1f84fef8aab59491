"""Pictures of runs: learning curves, and what happens at each time step."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from ..results import Record

Panels = Mapping[str, Mapping[str, Sequence[Record]]]
"""Records by panel (a task), then by label (a rule), one a seed."""

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's, told apart by everyone."""

_LINES = (
    ("-", "o"),
    ("--", "s"),
    (":", "^"),
    ("-.", "D"),
    ((0, (8, 3)), "v"),
    ((0, (5, 1, 1, 1, 1, 1)), "P"),
    ((0, (1, 4)), "X"),
)
"""Lines and dots of the curves that share a colour."""

_LEGEND_ROWS = 14
"""Entries of a legend, one below the other, that are lower than a panel."""


class Look(NamedTuple):
    """What tells a curve from others."""

    color: str
    line: str | tuple
    dot: str


def looks(count: int) -> list[Look]:
    """So many looks, each its own as long as there are any: first another colour, then another
    line and dot."""
    kinds = [Look(color, line, dot) for line, dot in _LINES for color in COLORS]
    return [kinds[index % len(kinds)] for index in range(count)]


def learning_curves(panels: Panels) -> Figure:
    """Validation accuracy (or error) against iterations: a panel a task, a line a seed, named in
    the legend, a dot at its end, full where it was solved. One rule's seeds differ in colour, and
    several rules do, and their seeds in the line."""
    curves = {
        (label, result.seed): None
        for by_label in panels.values()
        for label, results in by_label.items()
        for result in results
    }
    look = dict(zip(curves, _looks_of(list(curves)), strict=True))
    columns = -(-len(curves) // _LEGEND_ROWS)
    several = len({label for label, _ in curves}) > 1
    width = 1.2 + 3.6 * len(panels) + (1.6 if several else 1.1) * columns
    figure = Figure(figsize=(width, 3.9), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, by_label) in zip(axes, panels.items(), strict=True):
        for label, results in by_label.items():
            for result in results:
                _draw_curve(axis, result, look[label, result.seed])
        first = next(iter(by_label.values()))[0]
        axis.set_title(title)
        axis.set_xlabel("iteration")
        if first.counts_errors:
            axis.set_ylabel("validation accuracy (%)")
            limit_accuracy(axis, (y for line in axis.lines for y in np.ravel(line.get_ydata())))
        else:
            axis.set_ylabel("validation error (mean squared)")
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(
        handles=[Line2D([], [], color=look[each].color, ls=look[each].line) for each in curves],
        labels=[f"{label}, seed {seed}" if several else f"seed {seed}" for label, seed in curves],
        title=None if several else next(iter(curves))[0],
        loc="outside right center",
        ncols=columns,
        frameon=False,
        fontsize="small",
    )
    return figure


def _looks_of(curves: Sequence[tuple[str, int]]) -> list[Look]:
    labels = list(dict.fromkeys(label for label, _ in curves))
    if len(labels) == 1:
        return looks(len(curves))
    seeds = list(dict.fromkeys(seed for _, seed in curves))
    return [
        Look(COLORS[labels.index(label) % len(COLORS)], *_LINES[seeds.index(seed) % len(_LINES)])
        for label, seed in curves
    ]


def _draw_curve(axis: Axes, result: Record, look: Look) -> None:
    iteration = np.asarray(result.history["iteration"])
    error = np.asarray(result.history["error"], float)
    values = 100 * (1 - error) if result.counts_errors else error
    # What is at 100% is at the edge, and still seen whole.
    axis.plot(iteration, values, color=look.color, ls=look.line, lw=1.2, clip_on=False)
    face = look.color if result.solved else "white"
    axis.plot(iteration[-1:], values[-1:], "o", mec=look.color, mfc=face, ms=4, clip_on=False)


def limit_accuracy(axis: Axes, values: Iterable[float]) -> None:
    """A vertical axis of accuracies in percent: up to 100, and never of less than five."""
    lowest = min((value for value in values if np.isfinite(value)), default=100.0)
    axis.set_ylim(max(0.0, min(95.0, 100 - 1.05 * (100 - lowest))), 100)


def per_step(panels: Panels, quantity: str = "local_loss") -> Figure:
    """A diagnostic over training, for each time step: a column a task, a row a rule, of the first
    seed. Colour is logarithmic over sixteen decades; white is below them, or exactly 0."""
    labels = list(dict.fromkeys(label for by_label in panels.values() for label in by_label))
    figure = Figure(
        figsize=(1.6 + 3.4 * len(panels), 0.6 + 2.2 * len(labels)), layout="constrained"
    )
    axes = figure.subplots(len(labels), len(panels), squeeze=False)
    for column, (title, by_label) in enumerate(panels.items()):
        for row, label in enumerate(labels):
            axis = axes[row][column]
            if label in by_label:
                image = _draw_steps(axis, by_label[label][0], quantity)
                if image is not None:
                    figure.colorbar(image, ax=axis)
            else:
                axis.set_visible(False)
            if row == 0:
                axis.set_title(title)
            if row == len(labels) - 1:
                axis.set_xlabel("iteration")
            if column == 0:
                axis.set_ylabel(f"{label}\ntime step")
    layer, _, name = quantity.rpartition(".")
    of_layer = f" of layer {layer}" if layer else ""
    figure.suptitle(f"{name.replace('_', ' ')}{of_layer} at each time step")
    return figure


def _draw_steps(axis: Axes, result: Record, quantity: str):
    values = np.asarray(result.diagnostics.get(quantity, ()), float)
    if not len(values):
        axis.text(0.5, 0.5, "ended before a check", ha="center", va="center")
        return None
    positive = values[np.isfinite(values) & (values > 0)]
    top = float(positive.max()) if positive.size else 1.0
    # A column reaches from the check before to its own.
    return axis.pcolormesh(
        np.concatenate([[0], result.history["iteration"]]),
        np.arange(values.shape[1] + 1) + 0.5,
        np.where(values > 0, values, np.nan).T,
        norm=LogNorm(top * 1e-16, top),
        cmap="viridis",
        shading="flat",
        rasterized=True,
    )


def can_be_drawn(text: str) -> bool:
    """Whether the font of the figures has every character."""
    font = get_font(findfont(FontProperties()))
    return all(font.get_char_index(ord(character)) for character in text)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure; the ending of the path says in which format."""
    figure.savefig(path, dpi=150)
