"""A learned inverse of the step carries displacements back: difference target propagation."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from .._types import Drive, PerStep, PRNGKey, Scalar, State, States
from ..cells import INITIALIZERS, Cell
from ..errors import check_choice, check_number, check_switch
from ..losses import LocalLoss
from ..names import InverseInitializerName, Reduction
from ..network import RNN, Forward, Layer, Trajectory
from ..numerics import frobenius_norm, scaled
from ..plain import Number, is_off
from ..spread import as_rows, as_steps
from .base import Additive, check_one_elman, ratio_before
from .local_targets import within
from .steps import Above, At, Back, LocalTerms


class Inverse(eqx.Module):
    """G's own parameters. Its input weights and φ are the network's."""

    v_hh: Float[Array, "hidden hidden"]
    c_h: Float[Array, " hidden"]

    def pre_activation(self, drive: Drive, state: State) -> State:
        """x W_xh + z V_hh + c_h, from x W_xh and z."""
        return drive + state @ self.v_hh + self.c_h[None]


class InverseState(eqx.Module):
    """What is learned besides the network."""

    inverse: Inverse
    optimizer_state: optax.OptState
    """Of the inverse's SGD."""


@dataclass(frozen=True)
class LearnedInverse(Additive):
    """The displacements of TPTT, see there."""

    target_step: Number = 1.0
    """α_i: step of the targets of scored states."""
    _: KW_ONLY
    inverse_step: Number = 0.1
    """α_g: step size of the inverse's own SGD; 0 leaves the inverse as it began."""
    noise: Number = 0.0
    """σ: of the noise the inverse is trained with; 0: none."""
    reduction: Reduction = "mean"
    """R: of the local loss, the mean over all B·H entries, or the sum over units and the mean over
    samples."""
    inverse_reduction: Reduction = "mean"
    """R of the inverse's own loss."""
    inverse_momentum: Number = 0.0
    """Momentum of the inverse's SGD; 0: none."""
    inverse_nesterov: bool = True
    """Whether that is Nesterov's momentum."""
    inverse_initializer: InverseInitializerName = "orthogonal"
    """Initial weights of the inverse; transpose: W_hh's, transposed."""

    def check(self) -> None:
        super().check()
        check_number("target_step", self.target_step, above=0)
        check_number("inverse_step", self.inverse_step, at_least=0)
        check_number("noise", self.noise, at_least=0)
        check_number("inverse_momentum", self.inverse_momentum, at_least=0, below=1)
        check_switch("inverse_nesterov", self.inverse_nesterov)
        check_choice("reduction", self.reduction, get_args(Reduction))
        check_choice("inverse_reduction", self.inverse_reduction, get_args(Reduction))
        names = get_args(InverseInitializerName)
        check_choice("inverse_initializer", self.inverse_initializer, names)

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        check_one_elman(cells, "its inverse is that of one layer of elman")

    @property
    def joins_each_step(self) -> bool:
        """Never: the inverse learns from all steps at once."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> InverseState:
        """A fresh inverse, and the state of its optimiser."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        (layer,) = network.layers
        size = layer.cell.hidden_size
        if self.inverse_initializer == "transpose":
            at_zero = jnp.zeros((size, size))
            v_hh = layer.pull_back_step(at_zero, at_zero, jnp.eye(size))
        else:
            v_hh = INITIALIZERS[self.inverse_initializer].recurrent(key, (size, size))
        # Optax types parameters as arrays in containers; an inverse is one to JAX, not to pyright.
        inverse: Any = Inverse(v_hh=v_hh, c_h=jnp.zeros(size))
        return InverseState(inverse, self._optimizer.init(inverse))

    def weights_back(self, state: InverseState) -> Float[Array, "hidden hidden"]:
        """V_hh."""
        return state.inverse.v_hh

    @property
    def effective(self) -> Any:
        return self.replaced(inverse_nesterov=True) if is_off(self.inverse_momentum) else self

    @property
    def _optimizer(self) -> optax.GradientTransformation:
        momentum = None if is_off(self.inverse_momentum) else jnp.asarray(self.inverse_momentum)
        nesterov = momentum is not None and self.inverse_nesterov
        return optax.sgd(self.inverse_step, momentum, nesterov)  # pyright: ignore[reportArgumentType]

    def learn(
        self, network: RNN, state: InverseState, forward: Forward, *, key: PRNGKey
    ) -> InverseState:
        """One step of SGD for V_hh and c_h; all time steps at once, for none needs another."""
        (layer,), (run,) = network.layers, forward.layers
        count, states = len(run.inputs), run.states
        start = layer.initial_state(states.shape[1])
        drives = as_rows(run.drives)
        before, after = as_rows(jnp.concatenate([start[None], states[:-1]])), as_rows(states)
        if not is_off(self.noise):
            noise = jax.random.normal(key, states.shape, before.dtype)
            before = before + self.noise * as_rows(noise)
            after = layer.activate(layer.step(drives, before))
        loss = LocalLoss("mse", self.inverse_reduction)

        def loss_of(inverse: Inverse) -> Scalar:
            guesses = layer.activate(inverse.pre_activation(drives, after))
            if forward.live is not None:  # a step that is none has nothing to be inverted
                guesses = jnp.where(as_rows(forward.live)[:, None], guesses, before)
            by_step = (as_steps(each, count) for each in (guesses, before))
            return jnp.sum(jax.vmap(loss.value)(*by_step))

        gradient = jax.grad(loss_of)(state.inverse)
        updates, optimizer_state = self._optimizer.update(gradient, state.optimizer_state)
        return InverseState(eqx.apply_updates(state.inverse, updates), optimizer_state)

    # z̄_{t-1} - z_{t-1} = G(x_t, z_t + d) - G(x_t, z_t), with d = z̄_t - z_t. Carrying d and not z̄
    # keeps small ones from drowning in the rounding of z: only d V_hh is added to what G made of
    # z_t, and where d vanishes, nothing is carried.

    def prepare(self, layer: Layer, state: InverseState, run: Trajectory) -> States:
        """What G makes of every state before its φ."""
        made = state.inverse.pre_activation(as_rows(run.drives), as_rows(run.states))
        return as_steps(made, len(run.states))

    def asked(self, above: Above, layer: Layer, h: State, z: State, state: Any) -> State:
        """-α_i ∂L_t/∂z_t."""
        return scaled(super().asked(above, layer, h, z, state), -self.target_step)

    def carry(self, at: At, signal: State, state: InverseState) -> Back:
        layer, moved = at.layer, at.prepared + signal @ state.inverse.v_hh
        carried = layer.activate(moved) - layer.activate(at.prepared)
        # ℓ sees z_t - z̄_t alone, so 0 stands for z_t.
        slope = LocalLoss("mse", self.reduction).derivative(jnp.zeros_like(signal), signal)
        error = within(at.live, layer.pull_back_activation(at.h, at.z, slope))
        # What is passed on through the padding of a sequence is no loss of its steps.
        report = (signal, within(at.live, signal)) if at.reports else None
        return Back(LocalTerms(error), carried, report)

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """`local_loss`, ℓ(z_t, z̄_t); `displacement_norm`, ‖z̄_t - z_t‖; `norm_ratio`, its gain from
        step t to t - 1, 0 at t = 1."""
        displacements, own = reports
        norms = jax.vmap(frobenius_norm)(displacements)
        value = LocalLoss("mse", self.reduction).value
        return {
            "local_loss": jax.vmap(value)(jnp.zeros_like(own), own),
            "displacement_norm": norms,
            "norm_ratio": ratio_before(norms),
        }
