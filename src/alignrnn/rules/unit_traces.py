"""Traces that every unit keeps of its own parameters alone."""

import abc
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..cells import Cell, Elman, LeakyElman, Parameters
from ..errors import ConfigurationError, Description
from ..network import Layer
from ..plain import Number, is_off
from ..registry import CELLS
from .online import Online, OnlineStep


@dataclass(frozen=True)
class UnitTraces(Online):
    r"""Of P_t what unit i's own parameters θ_i, its column of W_hh, W_xh and b_h, have in z_t,i.

        P_t,i = k_t,i P_{t-1},i + a φ′(h_t,i) x̂_t,    x̂_t = (z_{t-1}, x_t, 1),    P_0 = 0

    A recipe says what is kept of a trace, k_t (`kept`). P_t has one number for each parameter and
    sample; a step costs no more than BPTT's. It takes one layer of `Elman` (a = 1) or `LeakyElman`.
    """

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        first, *others = cells
        if others or not isinstance(first, Elman | LeakyElman):
            layers = f"{len(cells)} layers of " if others else ""
            given = Description(layers + CELLS.name_of(type(first)))
            allowed = "its traces are those of one layer of elman or leaky-elman"
            raise ConfigurationError("cell", given, allowed)

    @abc.abstractmethod
    def kept(self, layer: Layer, slope: Float[Array, "batch hidden"]) -> Array | Number:
        """k_t `(B, H)`, or one number, from a φ′(h_t)."""

    def products(self, steps: int) -> int:
        """Forward; the traces are no product, but as much work as one, and so is their sum."""
        return 3 * steps

    def start(self, layer: Layer, batch_size: int) -> Parameters:
        """Zeros, `(B, …)`."""
        return {
            name: jnp.zeros((batch_size, *leaf.shape), leaf.dtype)
            for name, leaf in layer.parameters.items()
        }

    def advance(self, step: OnlineStep, traces: Parameters) -> Parameters:
        """k_t P_{t-1} + a φ′(h_t) x̂_t: a unit's own step, for 1 at each z_t,i."""
        by_step, _ = step.pull_back(jnp.ones_like(step.state))
        kept = self.kept(step.layer, by_step["b_h"])
        if is_off(kept):
            return by_step
        return {
            name: _of_units(jnp.asarray(kept), trace) * trace + by_step[name]
            for name, trace in traces.items()
        }

    def gradient(self, traces: Parameters, error: Any) -> Parameters:
        """Σ_B q_t,i P_t,i."""
        return jax.tree.map(lambda trace: jnp.sum(_of_units(error, trace) * trace, axis=0), traces)


def leak_of(cell: Cell) -> float:
    """a: how much of a state is new at each step."""
    return cell.leak if isinstance(cell, LeakyElman) else 1.0


def _of_units(each: Array, trace: Array) -> Array:
    """A number for each sample and unit, `(B, H)`, against a trace `(B, …, H)`."""
    if each.ndim == 0:
        return each
    return each.reshape(len(each), *(1,) * (trace.ndim - 2), each.shape[1])
