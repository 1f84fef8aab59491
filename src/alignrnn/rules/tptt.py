"""TPTT, difference target propagation through time: a learned inverse carries the targets back."""

from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from .._types import PRNGKey, Scalar, State, States
from ..errors import check_choice, check_number, check_switch
from ..losses import LocalLoss
from ..names import InputGradient, InverseInitializerName, Reduction
from ..networks import INITIALIZERS, Network, Trajectory
from ..numerics import frobenius_norm, safe_divide
from ..tasks import Batch
from .base import Diagnostics, Rule, Update
from .bptt import backpropagate
from .numbers import number, unless_zero
from .parameter_gradients import (
    LocalStep,
    LocalTerms,
    clip_whole,
    local_steps,
    output_gradient,
    total_gradient,
)


class Inverse(eqx.Module):
    """G's own parameters. Its input weights and φ are the network's."""

    v_hh: Float[Array, "hidden hidden"]
    c_h: Float[Array, " hidden"]

    def pre_activation(self, drive: State, state: State) -> State:
        """x W_xh + z V_hh + c_h, from x W_xh and z."""
        return drive + state @ self.v_hh + self.c_h[None]


class TPTTState(eqx.Module):
    """What TPTT learns besides the network."""

    inverse: Inverse
    optimizer_state: optax.OptState
    """Of the inverse's SGD."""


class TPTT(Rule):
    r"""Target propagation through time (Manchev & Spratling 2020; docs/algorithms.md, 5).

        F(x, z) = φ(x W_xh + z W_hh + b_h)      the network's step, z_{t-1} → z_t
        G(x, z) = φ(x W_xh + z V_hh + c_h)      its learned inverse, z_t → z_{t-1}

    An update makes one step of the inverse, then targets with it, then the gradients, all of the
    same batch:

        V_hh, c_h:  SGD with α_g on Σ_t ℓ_G(G(x_t, F(x_t, z_{t-1} + ε)), z_{t-1} + ε),  ε ~ N(0, σ²)
        targets:    z̄_T = z_T - α_i ∂L/∂z_T;    z̄_{t-1} = z_{t-1} - G(x_t, z_t) + G(x_t, z̄_t)
        W_hh, b_h, W_xh:  gradients of Σ_t ℓ(F(x_t, z_{t-1}), z̄_t), z_{t-1} and z̄_t held constant
        W_hy, b_y:        ∂L/∂W_hy, ∂L/∂b_y

    ℓ and ℓ_G are mse. The network's step size α_f is the optimiser's learning rate.

    **Arguments:**

    - `target_step`: α_i. `inverse_step`: α_g; 0 leaves the inverse as it began.
    - `clip`: bound on the norm of the network's whole gradient, all parameters together; 0: none.
    - `noise`: σ; 0: none.
    - `reduction`, `inverse_reduction`: R of ℓ and of ℓ_G, see `LocalLoss`.
    - `inverse_momentum`, `inverse_nesterov`: of the inverse's SGD; 0: plain.
    - `inverse_initializer`: a scheme of `networks/initializers.py` for V_hh, or `"transpose"`:
      W_hhᵀ, which for orthogonal weights and small states is the inverse from the start, whereas a
      V_hh drawn anew has to learn it (a cell's: the Jacobian of its step at 0, transposed). c_h
      starts at zero.
    - `input_gradient`: W_xh by its `"local"` loss, or by `"bptt"`, its exact gradient.

    α_i, α_g, σ, the clip and the momentum are array leaves. Raises `ConfigurationError` for an α_i
    that is not positive, an α_g, σ or clip below 0, a momentum outside [0, 1), or an unknown name.

    **Leaves open** in the formulas, and chosen here: R is `"mean"` for both, as mse says, so that
    the hidden weights learn H times more slowly than with `"batch"` beside the output's. That is
    what long sequences need: at T = 100 all three tasks of the paper are solved with α_i = 1,
    α_g = 0.1, Nesterov's momentum of 0.9 and α_f = 0.01 to 0.03, and none of 24 settings with
    `"batch"` left chance on temporal order; at T = 20 it is the faster one. L is the mean over the
    batch in z̄_T too. The inverse learns at t = 1 as well, from where no target is carried on.

    The targets are states, so its diagnostics' displacements are z̄_t - z_t, and `norm_ratio` is
    their gain from t to t - 1, ‖z̄_{t-1} - z_{t-1}‖/‖z̄_t - z_t‖. G takes `drive` as it is: a cell's
    has to be as wide as its state.
    """

    target_step: Scalar
    inverse_step: Scalar
    clip: Scalar | None
    noise: Scalar | None
    inverse_momentum: Scalar | None
    loss: LocalLoss
    inverse_loss: LocalLoss
    inverse_nesterov: bool = eqx.field(static=True)
    inverse_initializer: InverseInitializerName = eqx.field(static=True)
    input_gradient: InputGradient = eqx.field(static=True)

    def __init__(
        self,
        target_step: ArrayLike = 1.0,
        *,
        inverse_step: ArrayLike = 0.1,
        clip: ArrayLike = 0.0,
        noise: ArrayLike = 0.0,
        reduction: Reduction = "mean",
        inverse_reduction: Reduction = "mean",
        inverse_momentum: ArrayLike = 0.0,
        inverse_nesterov: bool = True,
        inverse_initializer: InverseInitializerName = "orthogonal",
        input_gradient: InputGradient = "local",
    ):
        check_number("target_step", target_step, above=0)
        check_number("inverse_step", inverse_step, at_least=0)
        check_number("clip", clip, at_least=0)
        check_number("noise", noise, at_least=0)
        check_number("inverse_momentum", inverse_momentum, at_least=0, below=1)
        check_switch("inverse_nesterov", inverse_nesterov)
        check_choice("reduction", reduction, ("mean", "batch"))
        check_choice("inverse_reduction", inverse_reduction, ("mean", "batch"))
        check_choice("inverse_initializer", inverse_initializer, get_args(InverseInitializerName))
        check_choice("input_gradient", input_gradient, ("local", "bptt"))
        self.target_step = number(target_step)
        self.inverse_step = number(inverse_step)
        self.clip = unless_zero(clip)
        self.noise = unless_zero(noise)
        self.inverse_momentum = unless_zero(inverse_momentum)
        self.loss = LocalLoss("mse", reduction)
        self.inverse_loss = LocalLoss("mse", inverse_reduction)
        self.inverse_nesterov = self.inverse_momentum is not None and inverse_nesterov
        self.inverse_initializer = inverse_initializer
        self.input_gradient = input_gradient

    @property
    def products_per_step(self) -> int:
        """Forward and gradient; the inverse, its gradient, and twice for the targets."""
        return 6 + (self.noise is not None) + (self.input_gradient == "bptt")

    def init(self, network: Network, *, key: PRNGKey) -> TPTTState:
        """A fresh inverse, and the state of its optimiser."""
        size = network.hidden_size
        if self.inverse_initializer == "transpose":
            at_zero = jnp.zeros((size, size))
            v_hh = network.pull_back_step(at_zero, at_zero, jnp.eye(size))
        else:
            v_hh = INITIALIZERS[self.inverse_initializer].recurrent(key, (size, size))
        # Optax types parameters as arrays in containers; an inverse is one to JAX, not to pyright.
        inverse: Any = Inverse(v_hh=v_hh, c_h=jnp.zeros(size))
        return TPTTState(inverse, self._inverse_optimizer.init(inverse))

    def update(
        self,
        network: Network,
        state: TPTTState,
        batch: Batch,
        *,
        key: PRNGKey,
        diagnostics: bool = False,
    ) -> tuple[Update, TPTTState]:
        run = network.trajectory(batch.inputs)
        steps = local_steps(network, batch.inputs, run)
        state = self._improve_inverse(network, state, run, steps, key)
        loss, of_output, error_at_last = output_gradient(network, run.states[-1], batch.targets)
        top = -self.target_step * error_at_last
        displacements = _carry_back(network, state.inverse, top, run)
        errors = jax.vmap(network.pull_back_activation)(
            run.pre_activations, run.states, jax.vmap(self._loss_derivative)(displacements)
        )
        drive_errors = None
        if self.input_gradient == "bptt":
            drive_errors, _ = backpropagate(network, error_at_last, run, steps)
        gradients, norms = total_gradient(
            network, steps, LocalTerms(errors, drive_error=drive_errors), of_output, diagnostics
        )
        details = None if norms is None else self._diagnose(displacements, norms)
        return Update(loss, clip_whole(gradients, self.clip), details), state

    @property
    def _inverse_optimizer(self) -> optax.GradientTransformation:
        return optax.sgd(self.inverse_step, self.inverse_momentum, self.inverse_nesterov)  # pyright: ignore[reportArgumentType]

    def _improve_inverse(
        self, network: Network, state: TPTTState, run: Trajectory, steps: LocalStep, key: PRNGKey
    ) -> TPTTState:
        """One step of SGD for V_hh and c_h; all time steps at once, for none needs another."""
        drives, before, after = map(_rows, (run.drives, steps.previous_z, run.states))
        if self.noise is not None:
            noise = jax.random.normal(key, run.states.shape, before.dtype)
            before = before + self.noise * _rows(noise)
            after = network.activate(network.step(drives, before))

        def loss_of(inverse: Inverse) -> Scalar:
            guesses = network.activate(inverse.pre_activation(drives, after))
            by_step = (each.reshape(run.states.shape) for each in (guesses, before))
            return jnp.sum(jax.vmap(self.inverse_loss.value)(*by_step))

        gradient = jax.grad(loss_of)(state.inverse)
        updates, optimizer_state = self._inverse_optimizer.update(gradient, state.optimizer_state)
        return TPTTState(eqx.apply_updates(state.inverse, updates), optimizer_state)

    def _loss_derivative(self, displacement: State) -> State:
        """∂ℓ/∂z_t. ℓ sees z_t - z̄_t alone, so 0 stands for z_t."""
        return self.loss.derivative(jnp.zeros_like(displacement), displacement)

    def _diagnose(self, displacements: States, gradient_norms: Network) -> Diagnostics:
        norms = jax.vmap(frobenius_norm)(displacements)
        return Diagnostics(
            local_loss=jax.vmap(self.loss.value)(jnp.zeros_like(displacements), displacements),
            displacement_norm=norms,
            norm_ratio=jnp.pad(safe_divide(norms[:-1], norms[1:]), (1, 0)),
            gradient_norms=gradient_norms,
        )


def _carry_back(network: Network, inverse: Inverse, top: State, run: Trajectory) -> States:
    """z̄_t - z_t of every step, from that of the last.

    z̄_{t-1} - z_{t-1} = G(x_t, z_t + d) - G(x_t, z_t), with d = z̄_t - z_t. Carrying d and not z̄
    keeps small ones from drowning in the rounding of z: only d V_hh is added to what G made of z_t,
    and where d vanishes, nothing is carried.
    """
    at_states = inverse.pre_activation(_rows(run.drives[1:]), _rows(run.states[1:]))

    def backward(displacement: State, at_state: State):
        moved = network.activate(at_state + displacement @ inverse.v_hh)
        carried = moved - network.activate(at_state)
        return carried, carried

    at_steps = at_states.reshape(run.states[1:].shape)
    _, displacements = jax.lax.scan(backward, top, at_steps, reverse=True)
    return jnp.concatenate([displacements, top[None]])


def _rows(steps: States) -> Float[Array, "rows hidden"]:
    """T steps of B samples as T·B samples: one plain product, see `summed_gradients`."""
    return steps.reshape(-1, steps.shape[-1])
