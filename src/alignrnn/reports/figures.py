"""Pictures of runs: learning curves, and what happens at each time step."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ..training import RunResult

Panels = Mapping[str, Mapping[str, Sequence[RunResult]]]
"""Results by panel (a task), then by label (a rule), one a seed."""

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's, told apart by everyone."""


def learning_curves(panels: Panels) -> Figure:
    """Validation accuracy (or error) against iterations; a panel a task, a colour a rule, a line a
    seed, a dot where a run was solved."""
    figure = Figure(figsize=(1.2 + 3.6 * len(panels), 3.9), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, by_label) in zip(axes, panels.items(), strict=True):
        for color, (label, results) in zip(colors_of(len(by_label)), by_label.items(), strict=True):
            for seed, result in enumerate(results):
                _draw_curve(axis, result, color, label if seed == 0 and axis is axes[0] else None)
        first = next(iter(by_label.values()))[0]
        axis.set_title(title)
        axis.set_xlabel("iteration")
        axis.set_ylabel(
            "validation accuracy (%)" if first.counts_errors else "validation error (mean squared)"
        )
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=6, frameon=False)
    return figure


def _draw_curve(axis: Axes, result: RunResult, color: str, label: str | None) -> None:
    history = result.history
    values = 100 * (1 - history.error) if result.counts_errors else history.error
    axis.plot(history.iteration, values, ".-", color=color, lw=1.2, ms=2, alpha=0.85, label=label)
    if result.status == "solved":
        axis.plot(history.iteration[-1:], values[-1:], "o", color=color, ms=4)


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
    figure.suptitle(quantity.replace("_", " ") + " at each time step")
    return figure


def _draw_steps(axis: Axes, result: RunResult, quantity: str):
    history = result.history
    values = history.diagnostics.get(quantity)
    if values is None or not len(values):
        axis.text(0.5, 0.5, "ended before a check", ha="center", va="center")
        return None
    positive = values[np.isfinite(values) & (values > 0)]
    top = float(positive.max()) if positive.size else 1.0
    # A column reaches from the check before to its own.
    return axis.pcolormesh(
        np.concatenate([[0], history.iteration]),
        np.arange(values.shape[1] + 1) + 0.5,
        np.where(values > 0, values, np.nan).T,
        norm=LogNorm(top * 1e-16, top),
        cmap="viridis",
        shading="flat",
        rasterized=True,
    )


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure; the ending of the path says in which format."""
    figure.savefig(path, dpi=150)


def colors_of(count: int) -> list[str]:
    """So many colours, each its own as long as there are any."""
    return [_COLORS[index % len(_COLORS)] for index in range(count)]
