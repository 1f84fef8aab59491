"""RTRL, real-time recurrent learning: the exact gradient, forward in time."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from .._types import State
from ..cells import Parameters
from ..network import Layer
from ..numerics import joined
from .online import Online, OnlineStep, as_state


@dataclass(frozen=True)
class RTRL(Online):
    r"""Real-time recurrent learning (Williams & Zipser 1989; docs/algorithms.md, 12).

        P_t = J_t P_{t-1} + ∂z_t/∂θ,    J_t = ∂z_t/∂z_{t-1},    P_0 = 0
        Δθ = Σ_t Σ_B (∂L_t/∂z_t) P_t

    P_t `(B, S, …)` is the derivative of a state of S entries in every parameter of the layer, and
    ∂z_t/∂θ that of the step alone. It is exact: the same gradient as BPTT, without the past. It
    takes one layer of any cell.

    It stores B·S·N numbers for N parameters, and a step multiplies B matrices S × S by S × N: with
    H units of Elman H⁴ a sample and a step, where BPTT needs H². So it is for small H, and what the
    other online rules approximate.

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a negative number, or several layers.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", ar.RTRL(clip=1), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward alone: those that carry P_t are as many as a layer has parameters, which is not
        known here."""
        return steps

    def start(self, layer: Layer, batch_size: int) -> Parameters:
        """Zeros, `(B, S, …)`."""
        size = joined(layer.initial_state(1)).shape[1]
        return {
            name: jnp.zeros((batch_size, size, *leaf.shape), leaf.dtype)
            for name, leaf in layer.parameters.items()
        }

    def advance(self, step: OnlineStep, traces: Parameters) -> Parameters:
        """J_t P_{t-1} + ∂z_t/∂θ, both derivatives a row for each entry of z_t."""
        flat = joined(step.state)
        rows = jnp.broadcast_to(
            jnp.eye(flat.shape[1], dtype=flat.dtype)[:, None], (flat.shape[1], *flat.shape)
        )
        by_step, jacobian = jax.vmap(step.pull_back, out_axes=1)(as_state(rows, step.state))
        jacobian = joined(jacobian)
        return {
            name: jnp.einsum("bij,bj...->bi...", jacobian, trace) + by_step[name]
            for name, trace in traces.items()
        }

    def gradient(self, traces: Parameters, error: State) -> Parameters:
        """Σ_B q_t P_t."""
        flat: Any = joined(error)
        return {n: jnp.einsum("bi,bi...->...", flat, trace) for n, trace in traces.items()}
