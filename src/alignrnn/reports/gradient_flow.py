"""What flows through an unrolled network: local losses and gradient norms per layer."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from .style import COLORS, figure_of, styled

PerCheck = Mapping[str, Sequence | np.ndarray]
"""By name: a number, or a row of T numbers, for each check."""

DECADES = 16
"""Shown below the largest value: less is 0 to float32."""

SIGNALS = {
    "local_loss": r"local loss $\ell(z_t, \bar z_t)$",
    "error_norm": r"error $\Vert\delta_t\Vert$",
}
"""What a rule reports of the signal itself: it has one of these."""
GRADIENTS = {
    "gradient_norm_w_hh": r"$\Vert\Delta W_{hh}\Vert$",
    "gradient_norm_w_xh": r"$\Vert\Delta W_{xh}\Vert$",
}
COLUMNS = {
    "local_loss": "local loss",
    "error_norm": "‖δ‖",
    "gradient_norm_w_hh": "‖ΔW_hh‖",
    "gradient_norm_w_xh": "‖ΔW_xh‖",
    "displacement_norm": "‖h̄ - h‖",
}


def layers_of(diagnostics: PerCheck) -> list[int]:
    """The numbers of the layers of a network of several, the highest first; of one: none."""
    numbers = {name.partition(".")[0] for name in diagnostics if "." in name}
    return sorted(map(int, numbers), reverse=True)


def of_layer(diagnostics: PerCheck, layer: int | None) -> PerCheck:
    """What is of one layer, by names without its number; None: the network has one."""
    if layer is None:
        return diagnostics
    prefix = f"{layer}."
    return {k.removeprefix(prefix): v for k, v in diagnostics.items() if k.startswith(prefix)}


def signal_of(diagnostics: PerCheck) -> str | None:
    """The name under which a layer's signal is recorded; None: it is not."""
    return next((name for name in SIGNALS if name in diagnostics), None)


@styled
def flow_figure(history: PerCheck, diagnostics: PerCheck) -> Figure:
    """Per unrolled layer over training: local loss (or error) and the norms of ΔW_hh and ΔW_xh, a
    curve a layer, L1 the first time step; and the global loss. The paper's Figures 2 to 4.

    `history` has `iteration` and `loss` `(C,)`, `diagnostics` the panels' quantities `(C, T)`. The
    last step is no layer of its own: there the global loss is computed.
    """
    iteration = np.asarray(history["iteration"])
    panels = {k: v for k, v in (SIGNALS | GRADIENTS).items() if k in diagnostics}
    layers = np.asarray(diagnostics[next(iter(panels))]).shape[1] - 1
    colors = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.88, layers)))
    figure = figure_of(4.9)
    axes = figure.subplots(2, 2, sharex=True)
    for axis, (name, label) in zip(axes.flat, panels.items(), strict=False):
        _draw_layers(axis, iteration, np.asarray(diagnostics[name], float)[:, :layers], colors)
        axis.set_title(label)
    for axis in list(axes.flat)[len(panels) : 3]:
        axis.set_visible(False)
    last: Axes = axes[1, 1]
    last.plot(iteration, history["loss"], color=COLORS[1], lw=1.3)
    last.set_title("global loss")
    last.set_ylim(bottom=0)
    for axis in axes.flat:
        axis.grid()
        axis.set_xlim(0, iteration[-1])
        axis.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    for axis in axes[1]:
        axis.set_xlabel("iteration")
    _color_key(figure, list(axes.flat), colors, layers)
    return figure


def _draw_layers(axis: Axes, iteration, values: np.ndarray, colors) -> None:
    finite = values[np.isfinite(values) & (values > 0)]
    top = float(finite.max()) if finite.size else 1.0
    floor = top * 10.0**-DECADES
    for layer, curve in enumerate(values.T):
        shown = np.where(np.isfinite(curve) & (curve > floor), curve, np.nan)
        axis.plot(iteration, shown, color=colors(layer), lw=1.2)
    axis.set_yscale("log")
    axis.set_ylim(max(floor, float(finite.min()) / 10 if finite.size else floor), top * 10)
    axis.yaxis.set_major_locator(LogLocator(10, numticks=6))
    axis.yaxis.set_minor_locator(NullLocator())


def _color_key(figure: Figure, axes: list[Axes], colors, layers: int) -> None:
    """Which colour is which layer: all of a few, some of many."""
    norm = BoundaryNorm(np.arange(layers + 1) + 0.5, layers)
    every = max(1, -(-layers // 10))
    ticks = np.arange(1, layers + 1, every)
    place = {"location": "bottom", "aspect": 40, "pad": 0.02}
    bar = figure.colorbar(ScalarMappable(norm, colors), ax=axes, ticks=ticks, **place)
    bar.ax.set_xticklabels([f"L{tick}" for tick in ticks])
    bar.ax.tick_params(length=0)
    bar.set_label("layer: L1 is the first time step")


def flow_rows(diagnostics: PerCheck, check: int = -1) -> list[tuple[str, ...]]:
    """A heading and one line an unrolled layer of one check: what the rule reports of it, and the
    gain of its signal to the layer below."""
    names = [name for name in COLUMNS if name in diagnostics]
    columns = [np.asarray(diagnostics[name], float)[check] for name in names]
    signal = carried_norms(diagnostics, check)
    below = np.concatenate([[np.nan], signal[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = below / signal
    rows = [("layer", *(COLUMNS[name] for name in names), "gain to the layer below")]
    for step in reversed(range(len(signal))):
        shown = f"{gain[step]:.3g}" if np.isfinite(gain[step]) else ""
        rows.append((f"L{step + 1}", *(f"{column[step]:.3g}" for column in columns), shown))
    return rows


def carried_norms(diagnostics: PerCheck, check: int = -1) -> np.ndarray:
    """The norms `(T,)` of what is carried from step to step: displacements, or errors."""
    name = "displacement_norm" if "displacement_norm" in diagnostics else "error_norm"
    return np.asarray(diagnostics[name], float)[check]
