"""UORO, unbiased online recurrent optimization: RTRL's derivative as a random product."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from .._types import State
from ..cells import Parameters
from ..network import Layer
from ..numerics import added, joined, safe_divide
from .online import Online, OnlineStep, as_state


class Product(NamedTuple):
    """A ⊗ B, in place of P_t, of each sample by itself."""

    of_state: State
    """A, as a state."""
    of_parameters: Parameters
    """B, `(B, …)`."""


@dataclass(frozen=True)
class UORO(Online):
    r"""Unbiased online recurrent optimization (Tallec & Ollivier 2018; docs/algorithms.md, 12).

        A_t = p₀ J_t A_{t-1} + p₁ ν_t,    B_t = B_{t-1}/p₀ + (ν_t ∂z_t/∂θ)/p₁
        p₀ = √(‖B_{t-1}‖/‖J_t A_{t-1}‖),  p₁ = √(‖ν_t ∂z_t/∂θ‖/‖ν_t‖)
        Δθ = Σ_t Σ_B (∂L_t/∂z_t · A_t) B_t

    ν_t are random signs, drawn from the update's key for every step and sample, one for each entry
    of the state. The mean of A_t B_t over them is RTRL's P_t, and so the mean of the gradient is
    BPTT's; its noise grows with the number of units and with how far the past reaches. p₀ and p₁
    make both factors of a product equally long, which keeps it small. A factor of 0 makes its
    product 0, and both are dropped.

    It stores a number for each parameter and sample, and goes through all of them several times a
    step: no more products than BPTT, but some twelve times its time at B = 20, H = 100. It takes
    one layer of any cell.

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a negative number, or several layers.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", ar.UORO(clip=1), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward, J_t A; B is no product, but as much work as one, and so is its sum."""
        return 4 * steps

    def start(self, layer: Layer, batch_size: int) -> Product:
        """Zeros."""
        of_parameters = {
            name: jnp.zeros((batch_size, *leaf.shape), leaf.dtype)
            for name, leaf in layer.parameters.items()
        }
        of_state = jax.tree.map(jnp.zeros_like, layer.initial_state(batch_size))
        return Product(of_state, of_parameters)

    def advance(self, step: OnlineStep, traces: Product) -> Product:
        """The old product carried on, and that of this step."""
        flat = joined(step.state)
        drawn = jax.random.rademacher(step.key, flat.shape, flat.dtype)
        signs = as_state(drawn, step.state)
        by_step, _ = step.pull_back(signs)
        carry = jax.linear_transpose(lambda c: step.pull_back(c)[1], step.state)
        (carried,) = carry(traces.of_state)
        old = _balanced(carried, traces.of_parameters)
        return Product(*added(old, _balanced(signs, by_step)))

    def gradient(self, traces: Product, error: State) -> Parameters:
        """Σ_B (q_t · A_t) B_t."""
        strength = jnp.sum(joined(error) * joined(traces.of_state), axis=1)
        return {
            name: jnp.einsum("b,b...->...", strength, leaf)
            for name, leaf in traces.of_parameters.items()
        }


def _balanced(a: PyTree[Array], b: PyTree[Array]) -> tuple[Any, Any]:
    """p A and B/p with p = √(‖B‖/‖A‖), of each sample: two factors of the same product that are
    equally long. 0 where one of them is."""
    of_a, of_b = _norms(a), _norms(b)
    p = jnp.sqrt(safe_divide(of_b, of_a))
    return _times(a, p), _times(b, safe_divide(1.0, p))


def _norms(tree: PyTree[Array]) -> Array:
    """‖·‖ of each sample, all arrays `(B, …)` of a tree together."""
    squares = [
        jnp.sum(jnp.square(leaf.reshape(len(leaf), -1)), 1) for leaf in jax.tree.leaves(tree)
    ]
    return jnp.sqrt(sum(squares[1:], squares[0]))


def _times(tree: PyTree[Array], factors: Array) -> Any:
    return jax.tree.map(lambda leaf: leaf * factors.reshape(-1, *(1,) * (leaf.ndim - 1)), tree)
