"""The exact way back: an error goes through the transposes of the weights."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import PerStep, State
from ..errors import check_choice, check_number
from ..names import NormOver
from ..network import Layer
from ..numerics import joined, safe_divide
from ..plain import Number, is_off
from .base import Additive, error_norms
from .regularization import omega_cotangent
from .steps import At, Back, LocalStep, LocalTerms


@dataclass(frozen=True)
class Transposes(Additive):
    r"""The error at z_t, carried exactly (docs/algorithms.md, 5).

    δ_t = (∂L/∂z_t) ⊙ φ′(h_t),    ∂L/∂z_{t-1} = δ_t W_hhᵀ + ∂L_{t-1}/∂z_{t-1}
    """

    _: KW_ONLY
    regularization: Number = 0.0
    """α of Pascanu's Ω on W_hh; 0: off. Its v is ∂L/∂z_t, and Ω is averaged over the steps t ≥ 2
    whose error is not 0."""
    omega_norm: NormOver = "sample"
    """Ω's norms: per sample, as Pascanu et al. 2013, or over the whole batch."""

    def check(self) -> None:
        super().check()
        check_number("regularization", self.regularization, at_least=0)
        check_choice("omega_norm", self.omega_norm, ("batch", "sample"))

    @property
    def joins_each_step(self) -> bool:
        """Never: Ω is made for all steps at once."""
        return False

    def carry(self, at: At, signal: State, state: Any) -> Back:
        error = at.layer.pull_back_activation(at.h, at.z, signal)
        step = at.step
        below = at.layer.pull_back_step(step.drive, step.previous_z, error, step.residuals)
        return Back(LocalTerms(error, None if is_off(self.regularization) else signal), below)

    def complete(self, layer: Layer, steps: LocalStep, terms: LocalTerms) -> LocalTerms:
        if terms.omega_error is None:
            return terms
        is_carried = jax.vmap(lambda v: jnp.any(joined(v) != 0))(terms.omega_error)
        is_carried = is_carried.at[0].set(False)
        weight = safe_divide(self.regularization, jnp.sum(is_carried, dtype=float))

        def omega_term(step: LocalStep, v: State, is_carried: Array) -> State:
            before = step.previous_h, step.previous_z
            u = layer.pull_back(step.drive, *before, v, step.residuals).error
            cotangent = omega_cotangent(u, v, self.omega_norm)
            return jax.tree.map(lambda leaf: jnp.where(is_carried, weight * leaf, 0), cotangent)

        cotangents = jax.vmap(omega_term)(steps, terms.omega_error, is_carried)
        return terms._replace(weight_cotangent=cotangents)

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """See `error_norms`."""
        return error_norms(terms)
