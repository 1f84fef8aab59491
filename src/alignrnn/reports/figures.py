"""Pictures of runs: learning curves, and what happens at each time step."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import MaxNLocator

from ..results import Record
from .curve_names import LINE, End, name_curves, wrapped
from .style import Look, figure_of, looks, styled

Panels = Mapping[str, Mapping[str, Sequence[Record]]]
"""Records by panel (a task), then by label (a rule), one a seed."""

_NAMED = 8
"""So many seeds have a name each; more are as many lines of one look."""
_PANEL, _AROUND = 2.3, 0.75
"""Inches: the height of a panel, and of what stands above and below it."""


@styled
def learning_curves(panels: Panels) -> Figure:
    """Validation accuracy (or error) against iterations: a panel a task, a line a seed, named
    beside its end, with a dot there that is full where it was solved. Of several rules, a look and
    a name a rule; of many seeds of one, neither."""
    of_panel = {title: _named(by_label) for title, by_label in panels.items()}
    names = dict.fromkeys(name for named in of_panel.values() for name in named)
    look_of = dict(zip(names, looks(len(names)), strict=True))
    several = len({label for by_label in panels.values() for label in by_label}) > 1
    lines = max(sum(wrapped(name).count("\n") + 1 for name in named) for named in of_panel.values())
    height = max(_PANEL, LINE * lines)
    figure = figure_of(len(panels) * (height + _AROUND))
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, (title, named) in zip(axes, of_panel.items(), strict=True):
        for name, results in named.items():
            for result in results:
                _draw_curve(axis, result, look_of[name])
        first = next(iter(named.values()))[0]
        axis.set_title(title if several else f"{title}, {next(iter(panels[title]))}")
        axis.set_xlabel("iteration")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        if first.counts_errors:
            axis.set_ylabel("validation accuracy (%)")
            limit_accuracy(axis, (y for line in axis.lines for y in np.ravel(line.get_ydata())))
        else:
            axis.set_ylabel("validation error (mean squared)")
        axis.grid()
        axis.set_xlim(left=0)
        axis.set_ylim(axis.get_ylim())
        ends = [
            End(*_end(results), wrapped(name), look_of[name]) for name, results in named.items()
        ]
        name_curves(axis, [end for end in ends if np.isfinite(end.y)], height)
    return figure


def _named(by_label: Mapping[str, Sequence[Record]]) -> dict[str, list[Record]]:
    """The records that have a look and a name of their own."""
    if len(by_label) == 1:
        ((_, results),) = by_label.items()
        if len(results) <= _NAMED:
            return {f"seed {result.seed}": [result] for result in results}
        return {f"{len(results)} seeds": list(results)}
    return {label: list(results) for label, results in by_label.items()}


def _end(results: Sequence[Record]) -> tuple[float, float]:
    """Of the longest curve; where there is none, not a number."""
    last = max(results, key=lambda each: each.iterations if each.history["iteration"] else -1)
    if not last.history["iteration"]:
        return 0.0, np.nan
    return float(last.history["iteration"][-1]), float(_values(last)[-1])


def _values(result: Record) -> np.ndarray:
    error = np.asarray(result.history["error"], float)
    return 100 * (1 - error) if result.counts_errors else error


def _draw_curve(axis: Axes, result: Record, look: Look) -> None:
    iteration, values = np.asarray(result.history["iteration"]), _values(result)
    # What is at 100% is at the edge, and still seen whole.
    axis.plot(iteration, values, color=look.color, ls=look.line, lw=1.2, clip_on=False)
    face = look.color if result.solved else "white"
    dot = {"marker": look.dot, "mec": look.color, "mfc": face, "ms": 5, "clip_on": False}
    axis.plot(iteration[-1:], values[-1:], ls="", **dot)


def limit_accuracy(axis: Axes, values: Iterable[float]) -> None:
    """A vertical axis of accuracies in percent: up to 100, and never of less than five."""
    lowest = min((value for value in values if np.isfinite(value)), default=100.0)
    axis.set_ylim(max(0.0, min(95.0, 100 - 1.05 * (100 - lowest))), 100)


@styled
def per_step(panels: Panels, quantity: str = "local_loss") -> Figure:
    """A diagnostic over training, for each time step: a panel a task and rule, of the first seed.
    Colour is logarithmic over sixteen decades; white is below them, or exactly 0."""
    shown = [
        (title, label, results[0])
        for title, by_label in panels.items()
        for label, results in by_label.items()
    ]
    figure = figure_of(len(shown) * (_PANEL + _AROUND))
    axes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    layer, _, name = quantity.rpartition(".")
    what = name.replace("_", " ") + (f" of layer {layer}" if layer else "")
    for axis, (title, label, result) in zip(axes, shown, strict=True):
        image = _draw_steps(axis, result, quantity)
        if image is not None:
            figure.colorbar(image, ax=axis, label=what, pad=0.02)
        axis.set_title(f"{title}, {label}, seed {result.seed}")
        axis.set_xlabel("iteration")
        axis.set_ylabel("time step t")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.yaxis.set_major_locator(MaxNLocator(6, integer=True))
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
