"""SnAp-1: real-time recurrent learning of what a parameter reaches in one step."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..network import Layer
from .unit_traces import UnitTraces, leak_of


@dataclass(frozen=True)
class SnAp1(UnitTraces):
    r"""The sparse n-step approximation of RTRL, n = 1 (Menick et al. 2021; docs/algorithms.md, 12).

        P_t,i = (J_t)_ii P_{t-1},i + a φ′(h_t,i) x̂_t,    (J_t)_ii = 1 - a + a φ′(h_t,i) (W_hh)_ii
        Δθ_i = Σ_t Σ_B (∂L_t/∂z_t,i) P_t,i

    Of P_t those entries that are not 0 after one step: of every parameter that in the unit it
    belongs to. It is RTRL where W_hh is diagonal; otherwise what reaches an answer through other
    units is left out. It takes one layer of `Elman` (a = 1) or `LeakyElman`, and stores a number
    for each parameter and sample.

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a negative number, another cell, or several layers.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", ar.SnAp1(clip=1), cell=ar.LeakyElman(8), protocol=few).status
        'max_iterations'
    """

    def kept(self, layer: Layer, slope: Float[Array, "batch hidden"]) -> Array:
        """(J_t)_ii."""
        return 1 - leak_of(layer.cell) + slope * jnp.diagonal(layer.parameters["w_hh"])[None]
