"""Norms that are safe at zero, and the paper's Normalize. Of a tree of arrays `(B, …)`, such as
the state of an LSTM, all arrays count together."""

import functools
from collections.abc import Callable
from typing import Literal, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ._types import Scalar

Normalization = Literal["clip", "forced"]
P = ParamSpec("P")
R = TypeVar("R")


def in_full_precision(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose float32 products are float32 ones on every device.

    On a GPU JAX rounds their factors to 10 bits by default (TF32), which moved the first gradient
    of LRA-diff, BPTT and TPTT by 1e-3; like this it is 3e-6 off that of a CPU. On a CPU nothing
    changes.
    """

    @functools.wraps(function)
    def precise(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.default_matmul_precision("highest"):
            return function(*args, **kwargs)

    return precise


def safe_divide(numerator: Array | float, denominator: Array) -> Array:
    """`numerator / denominator`, and 0 where the denominator is 0."""
    zero = denominator == 0
    return jnp.where(zero, 0, numerator / jnp.where(zero, 1, denominator))


def joined(tree: PyTree[Float[Array, "..."]]) -> Array:
    """The arrays of a tree side by side, as one."""
    leaves = jax.tree.leaves(tree)
    return leaves[0] if len(leaves) == 1 else jnp.concatenate(leaves, axis=-1)


def norm(x: PyTree[Float[Array, "..."]], axis: int | None = None) -> Array:
    """‖x‖₂ along an axis, which stays with length 1; over all axes, each of length 1, without one.

    Scaled by the largest entry, so that the norm of a vanishing or exploding error is right where
    its square leaves single precision (below 1e-19, above 1e19).
    """
    x = joined(x)
    largest = _reduced(jnp.max, jnp.abs(x), axis)
    square = _reduced(jnp.sum, jnp.square(safe_divide(x, largest)), axis)
    return largest * jnp.sqrt(square)


def _reduced(reduce: Callable[..., Array], x: Array, axis: int | None) -> Array:
    """A sum or maximum, with the axes it is over kept.

    Of a whole matrix first of its columns: XLA takes numbers one after the other, and only columns
    side by side. The barrier keeps it from making one reduction of the two.
    """
    if axis is None and x.ndim > 1:
        x = jax.lax.optimization_barrier(reduce(x, axis=0, keepdims=True))
    return reduce(x, axis=axis, keepdims=True)


def frobenius_norm(x: PyTree[Float[Array, "..."]]) -> Scalar:
    """‖x‖_F, the root of the sum of all squares."""
    return norm(x).reshape(())


def normalization_factor(norm: Scalar, constant: Scalar | float, kind: Normalization) -> Scalar:
    r"""What Normalize multiplies a gradient of this norm by (the paper's Algorithm 1, lines 28-32).

        clip:    c/‖G‖   if ‖G‖ ≥ c, else 1     (only ever shrinks)
        forced:  c/‖G‖   always; 0 for G = 0    (the paper's Figure 3)

    `constant` is c; c = 0 leaves G as it is, under both kinds.
    """
    applies = (constant != 0) & ((norm >= constant) if kind == "clip" else True)
    return jnp.where(applies, safe_divide(jnp.asarray(constant, norm.dtype), norm), 1)


def normalize(
    gradient: PyTree[Float[Array, "..."]], constant: Scalar | float, kind: Normalization
) -> PyTree[Float[Array, "..."]]:
    """A gradient with its Frobenius norm bounded, see `normalization_factor`."""
    factor = normalization_factor(frobenius_norm(gradient), constant, kind)
    return jax.tree.map(lambda leaf: leaf * factor, gradient)


def added(*trees: PyTree[Float[Array, "..."]]) -> PyTree[Float[Array, "..."]]:
    """The sum of trees of one structure."""
    return jax.tree.map(lambda *leaves: sum(leaves[1:], leaves[0]), *trees)


def scaled(tree: PyTree[Float[Array, "..."]], factor: Array | float) -> PyTree[Float[Array, "..."]]:
    """A tree times a number."""
    return jax.tree.map(lambda leaf: leaf * factor, tree)
