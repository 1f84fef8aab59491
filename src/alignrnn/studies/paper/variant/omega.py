"""Ω with the whole of the slopes, or with their diagonal alone, and what its gradients are."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ....feedback import omega_cotangent
from ....network import Layer

_State = Float[Array, "batch hidden"]


def omega_gradient(
    layer: Layer,
    h: _State,
    weights: Float[Array, "hidden width"],
    v: Float[Array, "batch width"],
    *,
    diagonal: bool,
) -> tuple[_State, Float[Array, "hidden width"]]:
    r"""∂Ω/∂h and ∂Ω/∂W of Ω = (‖u‖/‖v‖ - 1)², v held constant (docs/algorithms.md, 4).

        u = (v Wᵀ) ⊙ φ′(h)               Algorithm 2
        u = diag(φ′(h)) v Wᵀ             `diagonal`: the entries (b, b) of φ′(h), `(B, H)`

    The diagonal has B entries, so what it multiplies are samples: sample b by the slope of unit b,
    the same for all units. It needs B ≤ H. That is read from "only the diagonal of the slopes'
    matrix" and from the shapes, which allow no other product.
    """

    def carried(h: _State, weights: Array) -> Array:
        slopes = layer.pull_back_activation(h, layer.activate(h), jnp.ones_like(h))
        if diagonal:
            slopes = jnp.diagonal(slopes)[:, None]
        return slopes * (v @ weights.T)

    u, pull = jax.vjp(carried, h, weights)
    return pull(omega_cotangent(u, v, "batch"))
