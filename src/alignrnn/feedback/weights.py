"""Feedback weights: matrices of their own that carry a signal back, in place of W_hhᵀ and W_hyᵀ."""

import equinox as eqx
import jax
from jaxtyping import Array, Float

from .._types import PRNGKey
from ..cells import INITIALIZERS
from ..names import FeedbackDraw, FeedbackInitializerName
from ..network import RNN
from ..plain import Number

Matrix = Float[Array, "rows hidden"]


class FeedbackWeights(eqx.Module):
    """Of one layer and its readout."""

    hh: Float[Array, "hidden hidden"]
    """From step t to t - 1, in place of W_hhᵀ."""
    hy: Float[Array, "output hidden"]
    """From the outputs to the state, in place of W_hyᵀ."""


def drawn(name: FeedbackDraw, key: PRNGKey, shape: tuple[int, int]) -> Matrix:
    """A random matrix `(rows, H)` of a gain of one: what it makes of a vector is on average as
    long.

    orthogonal:  its rows are orthonormal; with more rows than H its columns are
    normal:      its entries are N(0, 1/H)
    """
    if name == "orthogonal":
        return INITIALIZERS["orthogonal"].projection(key, shape)
    return jax.random.normal(key, shape) / shape[1] ** 0.5


def initial_weights(
    name: FeedbackInitializerName,
    network: RNN,
    *,
    gain: Number,
    output_gain: Number,
    key: PRNGKey,
) -> FeedbackWeights:
    """Those of a network of one Elman layer, times gains: drawn, or the forward weights'
    transposes."""
    (layer,) = network.layers
    w_hh, w_hy = layer.parameters["w_hh"], network.readout.w_hy
    if name == "transpose":
        return FeedbackWeights(hh=gain * w_hh.T, hy=output_gain * w_hy.T)
    size, outputs = w_hy.shape
    hidden_key, output_key = jax.random.split(key)
    return FeedbackWeights(
        hh=gain * drawn(name, hidden_key, (size, size)),
        hy=output_gain * drawn(name, output_key, (outputs, size)),
    )
