"""Backpropagation through time, the baseline: the exact gradient, optionally clipped and with Ω."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from .._types import PRNGKey, Scalar, State, States
from ..errors import check_choice, check_number
from ..names import NormOver
from ..networks import Network, Trajectory
from ..numerics import frobenius_norm, safe_divide
from ..tasks import Batch
from .base import Diagnostics, Rule, Update
from .numbers import unless_zero
from .parameter_gradients import (
    LocalStep,
    LocalTerms,
    clip_whole,
    local_steps,
    output_gradient,
    total_gradient,
)
from .regularization import omega_cotangent


class BPTT(Rule):
    r"""The exact gradient of the global loss L (docs/algorithms.md, 5).

        δ_T = (∂L/∂y W_hyᵀ) ⊙ φ′(h_T);   δ_{t-1} = (δ_t W_hhᵀ) ⊙ φ′(h_{t-1})
        ∂L/∂W_hh = Σ_t z_{t-1}ᵀ δ_t,   ∂L/∂W_xh = Σ_t x_tᵀ δ_t,   ∂L/∂b_h = Σ_t Σ_B δ_t

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.
    - `regularization`: α of Pascanu's Ω on W_hh; 0: none. Its v is ∂L/∂z_t, and Ω is averaged over
      the steps t ≥ 2 whose error is not 0.
    - `omega_norm`: norms per `"sample"`, as Pascanu et al. 2013, or over the whole `"batch"`.

    `clip` and α are array leaves. Raises `ConfigurationError` for negative ones.

    Its diagnostics are those of LRA-diff on pre-activations with the `mean` loss, K = 1 and unit
    gain, β = B·H/2, which is the same algorithm: displacement δ_t·B·H/2, local loss ‖δ_t‖²·B·H/4.
    """

    clip: Scalar | None
    regularization: Scalar | None
    omega_norm: NormOver = eqx.field(static=True)

    def __init__(
        self,
        *,
        clip: ArrayLike = 0.0,
        regularization: ArrayLike = 0.0,
        omega_norm: NormOver = "sample",
    ):
        check_number("clip", clip, at_least=0)
        check_number("regularization", regularization, at_least=0)
        check_choice("omega_norm", omega_norm, ("batch", "sample"))
        self.clip = unless_zero(clip)
        self.regularization = unless_zero(regularization)
        self.omega_norm = omega_norm

    @property
    def products_per_step(self) -> int:
        """Forward, backward and gradient; two more for Ω."""
        return 3 if self.regularization is None else 5

    def init(self, network: Network, *, key: PRNGKey) -> tuple[()]:
        """BPTT remembers nothing."""
        return ()

    def update(
        self,
        network: Network,
        state: tuple[()],
        batch: Batch,
        *,
        key: PRNGKey,
        diagnostics: bool = False,
    ) -> tuple[Update, tuple[()]]:
        run = network.trajectory(batch.inputs)
        steps = local_steps(network, batch.inputs, run)
        loss, of_output, error_at_last = output_gradient(network, run.states[-1], batch.targets)
        terms = self._terms(network, error_at_last, run, steps)
        gradients, norms = total_gradient(network, steps, terms, of_output, diagnostics)
        details = None if norms is None else _diagnose(terms.error, norms)
        return Update(loss, clip_whole(gradients, self.clip), details), state

    def _terms(
        self, network: Network, error_at_last: State, run: Trajectory, steps: LocalStep
    ) -> LocalTerms:
        errors, errors_at_z = backpropagate(network, error_at_last, run, steps)
        if self.regularization is None:
            return LocalTerms(errors)

        carries = jnp.any(errors_at_z != 0, axis=(1, 2)).at[0].set(False)
        weight = safe_divide(self.regularization, jnp.sum(carries, dtype=errors.dtype))

        def omega_term(step: LocalStep, v: State, carries: Array) -> State:
            u = network.pull_back(step.drive, step.previous_h, step.previous_z, v).error
            return jnp.where(carries, weight * omega_cotangent(u, v, self.omega_norm), 0)

        cotangents = jax.vmap(omega_term)(steps, errors_at_z, carries)
        return LocalTerms(errors, omega_error=errors_at_z, weight_cotangent=cotangents)


def backpropagate(
    network: Network, error_at_last: State, run: Trajectory, steps: LocalStep
) -> tuple[States, States]:
    """δ_t = ∂L/∂h_t and ∂L/∂z_t of every step, from ∂L/∂z_T."""

    def backward(error_at_z: State, at):
        h, z, step = at
        error = network.pull_back_activation(h, z, error_at_z)
        return network.pull_back_step(step.drive, step.previous_z, error), (error, error_at_z)

    _, errors = jax.lax.scan(
        backward, error_at_last, (run.pre_activations, run.states, steps), reverse=True
    )
    return errors


def _diagnose(errors: States, gradient_norms: Network) -> Diagnostics:
    """What LRA-diff on pre-activations would report at unit gain, β = B·H/2."""
    _, batch, hidden = errors.shape
    norms = jax.vmap(frobenius_norm)(errors)
    return Diagnostics(
        local_loss=jnp.square(norms) * (batch * hidden / 4),
        displacement_norm=norms * (batch * hidden / 2),
        norm_ratio=jnp.concatenate([jnp.zeros_like(norms[:1]), safe_divide(norms[:-1], norms[1:])]),
        gradient_norms=gradient_norms,
    )
