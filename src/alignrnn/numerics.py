"""Norms that are safe at zero, and the paper's Normalize."""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._types import Scalar

Normalization = Literal["clip", "forced"]


def safe_divide(numerator: Array, denominator: Array) -> Array:
    """`numerator / denominator`, and 0 where the denominator is 0."""
    zero = denominator == 0
    return jnp.where(zero, 0, numerator / jnp.where(zero, 1, denominator))


def norm(x: Array, axis: int | None = None) -> Array:
    """‖x‖₂ along an axis, which stays with length 1; over all axes, each of length 1, without one.

    Where a square leaves single precision (entries below 1e-19 or above 1e19), x is scaled by its
    largest entry first, so that the norm of a vanishing or exploding error is right.
    """
    square = _sum(jnp.square(x), axis)
    limits = jnp.finfo(x.dtype)
    # Far enough above the smallest number that what was lost below it does not show.
    in_range = jnp.all((square > limits.tiny / limits.eps**2) & (square < limits.max))
    return jax.lax.cond(in_range, lambda: jnp.sqrt(square), lambda: _scaled_norm(x, axis))


def _scaled_norm(x: Array, axis: int | None) -> Array:
    largest = jnp.max(jnp.abs(x), axis=axis, keepdims=True)
    return largest * jnp.sqrt(_sum(jnp.square(safe_divide(x, largest)), axis))


def _sum(x: Array, axis: int | None) -> Array:
    """The sum, with the axis or axes it is over kept.

    Over all of a matrix first its columns, then their sums: XLA adds up one after the other, and
    only the columns side by side. The barrier keeps it from making one sum of the two.
    """
    if axis is None and x.ndim > 1:
        x = jax.lax.optimization_barrier(jnp.sum(x, axis=0, keepdims=True))
    return jnp.sum(x, axis=axis, keepdims=True)


def frobenius_norm(x: Array) -> Scalar:
    """‖x‖_F, the root of the sum of all squares."""
    return norm(x).reshape(())


def normalization_factor(norm: Scalar, constant: Scalar, kind: Normalization) -> Scalar:
    r"""What Normalize multiplies a gradient of this norm by (the paper's Algorithm 1, lines 28-32).

        clip:    c/‖G‖   if ‖G‖ ≥ c, else 1     (only ever shrinks)
        forced:  c/‖G‖   always; 0 for G = 0    (the paper's Figure 3)

    `constant` is c; c = 0 leaves G as it is, under both kinds.
    """
    applies = (constant != 0) & ((norm >= constant) if kind == "clip" else True)
    return jnp.where(applies, safe_divide(constant, norm), 1)


def normalize(
    gradient: Float[Array, "..."], constant: Scalar, kind: Normalization
) -> Float[Array, "..."]:
    """A gradient with its Frobenius norm bounded, see `normalization_factor`."""
    return gradient * normalization_factor(frobenius_norm(gradient), constant, kind)
