"""Initial weights: named schemes, each a recipe for the recurrent matrix and for the other two."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PRNGKey
from ..names import InitializerName

Matrix = Float[Array, "rows columns"]
Initializer = Callable[[PRNGKey, tuple[int, int]], Matrix]

SPARSE_NONZEROS = 15
SPARSE_SPECTRAL_RADIUS = 0.95
ROTATION = 0.3
"""σ of `slow_rotation`: no angle above 2σ but for finite-size tails."""


@dataclass(frozen=True)
class Scheme:
    """`recurrent` makes W_hh (H, H); `projection` makes W_xh (I, H) and W_hy (H, O)."""

    recurrent: Initializer
    projection: Initializer


def spectral_radius(matrix: Float[Array, "n n"]) -> Float[Array, ""]:
    r"""max |λ|, by Gelfand's formula ρ(A) = lim ‖A^k‖^(1/k), with k = 2^24 by repeated squaring.

    Runs on every device (eigenvalues of a non-symmetric matrix do not), to about 1e-6 relative.
    """

    def square(carry, _):
        power, log_norm = carry
        power = power @ power
        norm = jnp.maximum(jnp.linalg.norm(power), jnp.finfo(power.dtype).tiny)
        return (power / norm, 2 * log_norm + jnp.log(norm)), None

    squarings = 24
    norm = jnp.maximum(jnp.linalg.norm(matrix), jnp.finfo(matrix.dtype).tiny)
    start = (matrix / norm, jnp.log(norm))
    (_, log_norm), _ = jax.lax.scan(square, start, None, length=squarings)
    return jnp.exp(log_norm / 2**squarings)


def _sparse_smart_tanh(key: PRNGKey, shape: tuple[int, int]) -> Matrix:
    """Pascanu et al. 2013: 15 Gaussian non-zeros a row, rescaled to spectral radius 0.95."""
    columns = shape[1]
    place_key, value_key = jax.random.split(key)
    scores = jax.random.uniform(place_key, shape)
    nonzeros = min(SPARSE_NONZEROS, columns)
    ranks = jnp.argsort(jnp.argsort(scores, axis=1), axis=1)  # no ties, unlike the scores
    kept = ranks >= columns - nonzeros
    matrix = jnp.where(kept, jax.random.normal(value_key, shape), 0)
    return matrix * (SPARSE_SPECTRAL_RADIUS / spectral_radius(matrix))


def _slow_rotation(key: PRNGKey, shape: tuple[int, int]) -> Matrix:
    """exp(S) with S = -Sᵀ Gaussian of variance σ²/H: orthogonal, its eigenvalues e^{iθ} with θ
    after the semicircle law on [-2σ, 2σ] (a Haar orthogonal matrix has them all around)."""
    draw = jax.random.normal(key, shape) * (ROTATION / jnp.sqrt(2 * shape[0]))
    return jax.scipy.linalg.expm(draw - draw.T)


def _identity(key: PRNGKey, shape: tuple[int, int]) -> Matrix:
    return jnp.eye(*shape)


def _library(make: Callable) -> Initializer:
    return lambda key, shape: make(key, shape, jnp.result_type(float))


_gaussian = jax.nn.initializers.normal
_library_schemes = {
    "orthogonal": jax.nn.initializers.orthogonal(),
    "xavier_uniform": jax.nn.initializers.glorot_uniform(),
    "xavier_normal": jax.nn.initializers.glorot_normal(),
    "gaussian": _gaussian(0.01),
}

INITIALIZERS: dict[str, Scheme] = {
    name: Scheme(_library(make), _library(make)) for name, make in _library_schemes.items()
} | {
    "slow_rotation": Scheme(_slow_rotation, _library(jax.nn.initializers.orthogonal())),
    # Le, Jaitly & Hinton 2015 (IRNN, meant for ReLU): identity, all else Gaussian of 0.001.
    "identity": Scheme(_identity, _library(_gaussian(0.001))),
    "sparse_smart_tanh": Scheme(_sparse_smart_tanh, _library(_gaussian(0.01))),
}
"""By name; biases start at zero under every scheme.

`orthogonal` (the paper), `xavier_uniform`, `xavier_normal` and `gaussian` (σ = 0.01) fill all three
matrices alike. The others are for W_hh: `slow_rotation` (ours; why, docs/why-lra-vanishes.md) with
orthogonal projections, `identity` and `sparse_smart_tanh` with Gaussian ones of σ = 0.001 and 0.01.
"""
assert set(INITIALIZERS) == set(get_args(InitializerName))
