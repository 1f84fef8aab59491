"""A regularised inverse of the step carries displacements back; nothing of it is learned."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Float

from .._types import PerStep, PRNGKey, Scalar, State
from ..cells import Cell
from ..errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_number,
)
from ..names import GraphName, InverseForm
from ..network import RNN, Forward, Layer
from ..numerics import frobenius_norm
from ..plain import Number
from ..spread import as_rows
from .base import Additive, check_one_elman, ratio_before
from .local_targets import within
from .steps import Above, At, Back, LocalTerms

LIMIT = 1 - 1e-3
"""States are taken to be within ±this, where tanh is inverted."""
SMALLEST = 1e-3
"""r under "unit" where states are so small that no r is needed for a gain of one."""

Matrix = Float[Array, "hidden hidden"]


class Inverse(eqx.Module):
    """What one update needs of the weights, the same for all steps."""

    matrix: Matrix
    """R; of gauss-newton, whose inverse is of each step and sample, W_hhᵀ W_hh."""
    damping: Scalar
    """r."""


class Signal(NamedTuple):
    """What step t is told."""

    displacement: State
    """z̄_t - z_t."""
    through: State | None
    """Where the gradient runs through the whole graph, Σ_{u > t} of it that has come to z_t."""


@dataclass(frozen=True)
class DampedInverse(Additive):
    r"""The displacements d_t = z̄_t - z_t of `RegularizedInverse` (docs/algorithms.md, 11).

    With R = W_hhᵀ (W_hh W_hhᵀ + r I)⁻¹ and J = W_hh diag φ′(h_t), of each sample:

    linear:        d_{t-1} = (d_t ⊘ (1 - z_t²)) R
    difference:    d_{t-1} = (atanh(z̄_t) - atanh(z_t)) R
    gauss-newton:  d_{t-1} = d_t (JᵀJ + r I)⁻¹ Jᵀ

    What is scored at t - 1 adds -γ_h ∂L_{t-1}/∂z_{t-1}.
    """

    target_step: Number = 0.01
    """γ_h: step of the targets of scored states."""
    damping: Number | Literal["unit"] = "unit"
    """r, or unit, the r that passes a displacement on at a gain of one where W_hh is orthogonal."""
    _: KW_ONLY
    inverse: InverseForm = "linear"
    """How the step is inverted: tanh linearised, or exactly, of differences; or Gauss and Newton's
    step of each sample, damped, for any φ."""
    gradient: GraphName = "local"
    """Local losses with z_{t-1} held constant, or as_published, through the whole graph."""

    def check(self) -> None:
        super().check()
        check_number("target_step", self.target_step, above=0)
        if not isinstance(self.damping, str):
            check_number("damping", self.damping, above=0)
        elif self.damping != "unit":
            allowed = "it must be a finite number above 0 or unit"
            raise ConfigurationError("damping", self.damping, allowed)
        check_choice("inverse", self.inverse, get_args(InverseForm))
        check_choice("gradient", self.gradient, get_args(GraphName))

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        check_one_elman(cells, "its inverse is that of one layer of elman")
        (cell,) = cells
        name = getattr(cell, "activation", "tanh")
        if name != "tanh" and not self._is_newton:
            allowed = f"the {self.inverse} inverse is that of tanh; gauss-newton takes any"
            raise ConfigurationError("activation", Description(name), allowed)

    @property
    def _is_newton(self) -> bool:
        return self.inverse == "gauss-newton"

    @property
    def joins_each_step(self) -> bool:
        """Never: a step needs nothing of the other samples."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> Inverse:
        """In the form that `learn` makes anew of the weights at every update."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        return self._inverse(network, jnp.ones(()))

    def learn(self, network: RNN, state: Inverse, forward: Forward, *, key: PRNGKey) -> Inverse:
        """The inverse of the weights as they now are: one factorisation for all steps."""
        return self._inverse(network, self._damping(network, forward))

    def _inverse(self, network: RNN, damping: Array) -> Inverse:
        w_hh = network.layers[0].parameters["w_hh"]
        damping = damping.astype(w_hh.dtype)
        if self._is_newton:
            return Inverse(w_hh.T @ w_hh, damping)
        square = w_hh @ w_hh.T + damping * jnp.eye(len(w_hh))
        # (A⁻¹ W)ᵀ = Wᵀ A⁻¹, for A is symmetric.
        return Inverse(cho_solve(cho_factor(square), w_hh).T, damping)

    def _damping(self, network: RNN, forward: Forward) -> Array:
        """r; "unit" is of the mean φ′ of all live steps."""
        if not isinstance(self.damping, str):
            return jnp.asarray(self.damping)
        (layer,), (run,) = network.layers, forward.layers
        h, z = as_rows(run.pre_activations), as_rows(run.states)
        slopes = layer.pull_back_activation(h, z, jnp.ones_like(z))
        live = None if forward.live is None else as_rows(forward.live)[:, None]
        mean = jnp.mean(slopes, where=live)
        unit = mean * (1 - mean) if self._is_newton else 1 / mean - 1
        return jnp.maximum(unit, SMALLEST)

    def asked(self, above: Above, layer: Layer, h: State, z: State, state: Any) -> Signal:
        """-γ_h ∂L_t/∂z_t, of each sample its own: L is their mean."""
        error = super().asked(above, layer, h, z, state)
        through = jnp.zeros_like(z) if self._is_published else None
        return Signal(-self.target_step * len(z) * error, through)

    @property
    def _is_published(self) -> bool:
        return self.gradient == "as_published"

    def carry(self, at: At, signal: Signal, state: Inverse) -> Back:
        layer, displacement = at.layer, signal.displacement
        # Of ½ Σ_t ‖z_t - z̄_t‖², the mean over the samples.
        slope = within(at.live, -displacement / len(displacement))
        through = None
        if self._is_published:
            slope = slope + signal.through
        error = layer.pull_back_activation(at.h, at.z, slope)
        if self._is_published:
            through = layer.pull_back_step(at.step.drive, at.step.previous_z, error)
        back = Signal(self._inverted(at, displacement, state), through)
        # What is passed on through the padding of a sequence is no loss of its steps.
        report = (displacement, within(at.live, displacement)) if at.reports else None
        return Back(LocalTerms(error), back, report)

    def _inverted(self, at: At, displacement: State, state: Inverse) -> State:
        """d_{t-1} from d_t."""
        if self._is_newton:
            return _newton(at, displacement, state)
        z = jnp.clip(at.z, -LIMIT, LIMIT)
        if self.inverse == "linear":
            return (displacement / (1 - z * z)) @ state.matrix
        target = jnp.clip(at.z + displacement, -LIMIT, LIMIT)
        is_within = (jnp.abs(at.z) <= LIMIT) & (jnp.abs(at.z + displacement) <= LIMIT)
        moved = jnp.where(is_within, displacement, target - z)
        # atanh(z̄) - atanh(z), where small differences do not drown in the rounding of z.
        return jnp.arctanh(moved / (1 - z * target)) @ state.matrix

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """`local_loss`, ½ ‖z_t - z̄_t‖², the mean over samples; `displacement_norm`, ‖z̄_t - z_t‖;
        `norm_ratio`, its gain from step t to t - 1, 0 at t = 1."""
        displacements, own = reports
        norms = jax.vmap(frobenius_norm)(displacements)
        return {
            "local_loss": jnp.sum(jnp.square(own), axis=(1, 2)) / (2 * own.shape[1]),
            "displacement_norm": norms,
            "norm_ratio": ratio_before(norms),
        }


def _newton(at: At, displacement: State, state: Inverse) -> State:
    """d (JᵀJ + r I)⁻¹ Jᵀ, with JᵀJ = D W_hhᵀ W_hh D and D = diag φ′(h_t) of each sample."""
    slopes = at.layer.pull_back_activation(at.h, at.z, jnp.ones_like(at.z))
    damped = state.damping * jnp.eye(len(state.matrix))

    def solved(slope: Array, displacement: Array) -> Array:
        square = slope[:, None] * state.matrix * slope[None] + damped
        return cho_solve(cho_factor(square), displacement)

    # A batched factorisation splits itself over the threads of XLA's pool for CPUs. With as many
    # devices as threads, each device's program waits there for the others' for ever.
    each = jax.lax.platform_dependent(
        *(slopes, displacement),
        cpu=lambda *pairs: jax.lax.map(lambda pair: solved(*pair), pairs),
        default=jax.vmap(solved),
    )
    # … Jᵀ is the pull-back of the whole step.
    error = each * slopes
    return at.layer.pull_back_step(at.step.drive, at.step.previous_z, error)
