r"""Ω, which keeps the norm of an error in the direction it is carried (Pascanu et al. 2013).

    Ω = (‖u‖/‖v‖ - 1)²        v an error at step t, held constant; u the same carried to t - 1

Its gradients all pass through u: ∂Ω/∂u = κ u with κ = 2(‖u‖/‖v‖ - 1)/(‖u‖·‖v‖). Ω and κ are 0
where u or v is 0. The norms are over the whole batch (`"batch"`, the published experiments), or per
sample with Ω averaged over the batch (`"sample"`, Pascanu's own form).
"""

import jax
from jaxtyping import Array

from .._types import Scalar, State
from ..losses import size
from ..names import NormOver
from ..numerics import frobenius_norm, norm, safe_divide


def _norms(u: State, v: State, over: NormOver) -> tuple[Array, Array, int]:
    axis, count = (None, 1) if over == "batch" else (1, size(u)[0])
    return norm(u, axis), norm(v, axis), count


def omega_cotangent(u: State, v: State, over: NormOver) -> State:
    """∂Ω/∂u = κ u, of u's form; v is as wide as the layer it is an error of."""
    norm_u, norm_v, count = _norms(u, v, over)
    slope = 2 / count * (safe_divide(norm_u, norm_v) - 1)
    # Not κ as a number, which overflows for errors whose product leaves single precision.
    factor = safe_divide(slope, norm_v)
    return jax.tree.map(lambda leaf: factor * safe_divide(leaf, norm_u), u)


def norm_ratio(u: State, v: State) -> Scalar:
    """‖u‖/‖v‖ over the whole batch, 0 where v is 0."""
    return safe_divide(frobenius_norm(u), frobenius_norm(v))
