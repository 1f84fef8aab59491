"""What flows through an unrolled network: local losses and gradient norms per layer."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

PerCheck = Mapping[str, Sequence | np.ndarray]
"""By name: a number, or a row of T numbers, for each check."""

DECADES = 16
"""Shown below the largest value: less is 0 to float32."""

PANELS = {
    "local_loss": r"local loss $\ell(z_t, \bar z_t)$",
    "gradient_norm_w_hh": r"$\Vert\Delta W_{hh}\Vert$",
    "gradient_norm_w_xh": r"$\Vert\Delta W_{xh}\Vert$",
}


def flow_figure(history: PerCheck, diagnostics: PerCheck) -> Figure:
    """Per layer over training: local loss and the norms of ΔW_hh and ΔW_xh, a curve a layer, L1 the
    first time step; and the global loss. The paper's Figures 2 to 4.

    `history` has `iteration` and `loss` `(C,)`, `diagnostics` the panels' quantities `(C, T)`. The
    last step is no layer of its own: there the global loss is computed.
    """
    iteration = np.asarray(history["iteration"])
    layers = np.asarray(diagnostics["local_loss"]).shape[1] - 1
    colors = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.92, layers)))
    figure = Figure(figsize=(9.6, 6.2), layout="constrained")
    axes = figure.subplots(2, 2)
    for axis, (name, label) in zip(axes.flat, PANELS.items(), strict=False):
        _draw_layers(axis, iteration, np.asarray(diagnostics[name], float)[:, :layers], colors)
        axis.set_title(label)
    last: Axes = axes[1, 1]
    last.plot(iteration, history["loss"], color="#d55e00", lw=1.3)
    last.set_title("global loss")
    last.set_ylim(bottom=0)
    for axis in axes.flat:
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, iteration[-1])
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
    axis.set_ylim(max(floor, float(finite.min()) / 3 if finite.size else floor), top * 3)


def _color_key(figure: Figure, axes: list[Axes], colors, layers: int) -> None:
    """Which colour is which layer: all of a few, some of many."""
    norm = BoundaryNorm(np.arange(layers + 1) + 0.5, layers)
    every = max(1, -(-layers // 12))
    ticks = np.arange(1, layers + 1, every)
    bar = figure.colorbar(ScalarMappable(norm, colors), ax=axes, ticks=ticks, aspect=40, pad=0.02)
    bar.ax.set_yticklabels([f"L{tick}" for tick in ticks])
    bar.ax.tick_params(length=0)


def flow_rows(diagnostics: PerCheck, check: int = -1) -> list[tuple[str, ...]]:
    """One line a layer of one check: local loss, the two norms, and the gain to the layer below."""
    columns = [
        np.asarray(diagnostics[name], float)[check] for name in (*PANELS, "displacement_norm")
    ]
    local_loss, w_hh, w_xh, displacement = columns
    below = np.concatenate([[np.nan], displacement[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = below / displacement
    rows = []
    for step in reversed(range(len(local_loss))):
        shown = f"{gain[step]:.3g}" if np.isfinite(gain[step]) else ""
        numbers = (f"{column[step]:.3g}" for column in (local_loss, w_hh, w_xh, displacement))
        rows.append((f"L{step + 1}", *numbers, shown))
    return rows
