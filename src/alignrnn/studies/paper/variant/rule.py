"""RNN-LRA-diff with what set the paper's tables apart from its text, each cause a switch."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ...._types import PerStep, PRNGKey, Scalar, State
from ....cells import Cell
from ....errors import ConfigurationError, Description, check_choice, check_integer, check_number
from ....feedback import check_one_elman
from ....losses import Answers, LocalLoss
from ....names import LocalLossName
from ....network import RNN, Layer, Readout, Trajectory
from ....numerics import added, normalize
from ....plain import Number, is_off
from ....rules import Rule, Update
from ....tasks import Batch
from .omega import omega_gradient

CAUSES = ("attached_targets", "old_state", "handed_loss", "unrolled", "diagonal_omega")
"""The switches of `PublishedLRADiff`."""


class _Told(NamedTuple):
    """What the local loss of a step is made of besides h_t, all of it constant."""

    target: State
    """z̄_t."""
    moved: State
    """d_t = h̄_t - h_t."""
    aim: State
    """What φ(ĥ_{t+1}) is compared with in the loss that is handed on."""
    is_last: Array
    """Whether t = T, which nothing was handed on to."""


@dataclass(frozen=True)
class PublishedLRADiff(Rule):
    r"""RNN-LRA-diff as its published tables were made, as far as that is known
    (docs/reproduction/differences.md). With all switches off it is `LRADiff` up to rounding.

    One layer of `Elman` and one answer at the end, sequences of one length; every derivative is
    JAX's own. With d_t = h̄_t - h_t, how far the K inner steps displaced h_t, a constant, and
    ĥ_{t+1}(z) = x_{t+1} W_xh + z W_hh + b_h, a step's local loss is

        ℓ_t = ℓ(φ(h_t), z̄_t),      z̄_t = φ(h_t + d_t),  a constant

    - `attached_targets`: d_t is a constant, but not the h_t in z̄_t. Then
      ∂ℓ_t/∂h_t = 2/(B·H) (z_t - z̄_t) ⊙ (φ′(h_t) - φ′(h_t + d_t)) for mse: the first order cancels.
    - `old_state`: from the second inner step on ℓ compares φ(ĥ_{t+1}(φ(h̄))) with the old state
      z_{t+1}, not with z̄_{t+1}.
    - `handed_loss`: for t < T, ℓ_t is the loss of the step above at this step's moved target,
      ℓ(φ(ĥ_{t+1}(φ(h_t + d_t))), z̄_{t+1}), or with the old state z_{t+1} in place of z̄_{t+1}. Both
      ΔW at t and the target of t - 1 come from it. An interpretation of "the loss handed on".
    - `unrolled`: parameters get ∂ℓ_t/∂θ through every step before t; otherwise z_{t-1} is constant,
      and so are the weights of the step above in a loss that was handed on.
    - `diagonal_omega`: u = diag(φ′(h_{t-1})) v W_hhᵀ with the B entries (b, b) of the slopes' B × H
      matrix: sample b is scaled by the slope of unit b. Ω acts on W_hy, W_xh and the targets, not
      on W_hh. It needs B ≤ H.

    **Arguments** besides: those of `LRADiff` under the same names. Ω is over the batch, summed over
    the steps.

    Raises `ConfigurationError` for a step that is not positive, a bound or α below 0, K below 1,
    another cell, several layers, several answers, or lengths; for a batch larger than the layer
    under `diagonal_omega`.
    """

    target_step: Number = 10.0
    """β: step of the targets."""
    _: KW_ONLY
    inner_steps: int = 1
    """K: inner steps a target is refined by."""
    local_loss: LocalLossName = "mse"
    """ℓ: local loss, mean squared error or the log penalty of eq. 8."""
    gradient_bound: Number = 0.0
    """c₁: bound on the norm of each step's parameter gradients; 0: off."""
    displacement_bound: Number = 0.0
    """c₂: bound on the norm of the targets' displacements; 0: off."""
    regularization: Number = 0.0
    """α: strength of Ω; 0: off."""
    attached_targets: bool = False
    """Targets move with the state they were made from."""
    old_state: bool = False
    """From the second inner step on, compare with the old state."""
    handed_loss: bool = False
    """Below the last step, the loss is that of the step above at the moved target."""
    unrolled: bool = False
    """Gradients run through the whole unrolled graph."""
    diagonal_omega: bool = False
    """Ω of the slopes' diagonal, and not on W_hh."""

    def check(self) -> None:
        check_number("target_step", self.target_step, above=0)
        check_integer("inner_steps", self.inner_steps, 1)
        check_choice("local_loss", self.local_loss, get_args(LocalLossName))
        for name in ("gradient_bound", "displacement_bound", "regularization"):
            check_number(name, getattr(self, name), at_least=0)

    @property
    def effective(self) -> Any:
        if is_off(self.regularization):
            return self.replaced(diagonal_omega=False)
        return self

    @property
    def loss(self) -> LocalLoss:
        """ℓ."""
        return LocalLoss(self.local_loss)

    def products(self, steps: int) -> int:
        """Forward, targets, and gradients; unrolled and normalised by the step, T times back."""
        back = steps if self.unrolled and not is_off(self.gradient_bound) else 2
        return (2 + 2 * self.inner_steps + back) * steps

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        check_one_elman(cells, "the published variant is that of one layer of elman")

    def init(self, network: RNN, *, key: PRNGKey) -> None:
        self.check_cells(tuple(layer.cell for layer in network.layers))

    def update(
        self, network: RNN, state: None, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, None]:
        del key
        self._check_batch(network, batch)
        (layer,), (run,) = network.layers, network.forward(batch.inputs).layers
        answers = Answers(batch.targets, batch.weights, None, network.output_kind)

        def loss_of(y: State) -> Scalar:
            return answers.loss(y[None])

        told = self._targets(layer, run, network.readout, loss_of)
        loss, of_readout = self._readout_gradient(layer, run, network.readout, loss_of)
        losses, of_layer = self._layer_gradient(layer, run, told)
        gradients = eqx.tree_at(
            lambda network: (network.layers, network.readout), network, ((of_layer,), of_readout)
        )
        return Update(loss, gradients, {"local_loss": losses} if diagnostics else None), state

    def _check_batch(self, network: RNN, batch: Batch) -> None:
        if network.every_step or batch.lengths is not None:
            found = "an answer at every step" if network.every_step else "lengths"
            allowed = "the published variant takes one answer, at the end, and one length"
            raise ConfigurationError("task", Description(found), allowed)
        size, width = batch.inputs.shape[1], network.layers[0].cell.hidden_size
        if self.diagonal_omega and not is_off(self.regularization) and size > width:
            allowed = f"with diagonal_omega at most the {width} hidden units"
            raise ConfigurationError("batch_size", size, allowed)

    # Targets

    def _targets(self, layer: Layer, run: Trajectory, readout: Readout, loss_of: Callable) -> _Told:
        """What every step is told, `(T, …)`, made from the last to the first."""
        w_hh, h_last = layer.parameters["w_hh"], run.pre_activations[-1]

        def moved(h_bar: State, step: Callable, loss: Callable, weights: Array) -> State:
            return h_bar - self.target_step * self._pulled(layer, h_bar, step, loss, weights)

        h_bar = jax.lax.fori_loop(
            0,
            self.inner_steps,
            lambda _, each: moved(each, readout, loss_of, readout.w_hy),
            h_last,
        )
        last = _Told(layer.activate(h_bar), h_bar - h_last, run.states[-1], jnp.asarray(True))

        def backward(of_step: _Told, at: Any) -> tuple[_Told, _Told]:
            h_before, z, drive, next_drive = at
            aim = z if self.old_state else of_step.target

            def step(z_bar: State) -> State:
                return layer.step(drive, z_bar)

            def first_loss(h: State) -> Scalar:
                return self._local_loss(layer, h, next_drive, of_step)

            def later_loss(h_hat: State) -> Scalar:
                return self.loss.value(layer.activate(h_hat), aim)

            h_bar = jax.lax.fori_loop(
                1,
                self.inner_steps,
                lambda _, each: moved(each, step, later_loss, w_hh),
                moved(h_before, step, first_loss, w_hh),
            )
            told = _Told(layer.activate(h_bar), h_bar - h_before, aim, jnp.asarray(False))
            return told, told

        each = (
            run.pre_activations[:-1],
            *jax.tree.map(lambda leaf: leaf[1:], (run.states, run.drives, _following(run.drives))),
        )
        _, others = jax.lax.scan(backward, last, each, reverse=True)
        return jax.tree.map(lambda others, last: jnp.append(others, last[None], 0), others, last)

    def _pulled(
        self, layer: Layer, h_bar: State, step: Callable, loss: Callable, weights: Array
    ) -> State:
        """N₂(∂loss(step(φ(h̄)))/∂h̄ + α ∂Ω/∂h̄)."""
        ahead, pull = jax.vjp(lambda h: step(layer.activate(h)), h_bar)
        v = jax.grad(loss)(ahead)
        (gradient,) = pull(v)
        if not is_off(self.regularization):
            gradient = gradient + self._omega_gradient(layer, h_bar, weights, v)[0]
        return self._normalized(gradient, self.displacement_bound)

    def _local_loss(
        self, layer: Layer, h: State, next_drive: State, told: _Told, above: Layer | None = None
    ) -> Scalar:
        """ℓ_t as a function of h_t; `above` has the weights of the step above, where they are not
        the layer's."""
        moved = layer.activate(h + told.moved)
        target = moved if self.attached_targets else told.target
        own = self.loss.value(layer.activate(h), target)
        if not self.handed_loss:
            return own
        ahead = layer.activate((above or layer).step(next_drive, moved))
        return jnp.where(told.is_last, own, self.loss.value(ahead, told.aim))

    # Gradients

    def _layer_gradient(self, layer: Layer, run: Trajectory, told: _Told) -> tuple[PerStep, Layer]:
        """ℓ of every step, and Σ_t N₁(∂ℓ_t/∂θ + α ∂Ω_t/∂θ)."""
        together = is_off(self.gradient_bound)
        losses, by_step = self._gradients(layer, run, told, together=together and self.unrolled)

        def summed(leaf: Array) -> Array:
            if leaf.ndim > 2 and not together:  # biases are not normalised
                leaf = jax.vmap(lambda each: self._normalized(each, self.gradient_bound))(leaf)
            return jnp.sum(leaf, axis=0)

        if is_off(self.regularization):
            return losses, jax.tree.map(summed, by_step)
        of_omega = self._omega_by_step(layer, run, told)
        if together:
            by_step, of_omega = jax.tree.map(
                lambda leaf: jnp.sum(leaf, axis=0, keepdims=True), (by_step, of_omega)
            )
        return losses, jax.tree.map(summed, added(by_step, of_omega))

    def _gradients(
        self, layer: Layer, run: Trajectory, told: _Told, *, together: bool
    ) -> tuple[PerStep, Layer]:
        """ℓ and ∂ℓ_t/∂θ of every step, `(T, …)`, or `together` their sum, `(1, …)`: to go back
        through the whole graph once, not T times."""
        if not self.unrolled:

            def loss_of(own: Layer, x: Array, z: State, next_drive: State, told: _Told) -> Scalar:
                h = own.step(own.drive(x), z)
                return self._local_loss(own, h, next_drive, told, above=layer)

            each = run.inputs, _preceding(run.states), _following(run.drives), told
            every = jax.vmap(jax.value_and_grad(loss_of), in_axes=(None, 0, 0, 0, 0))
            return every(layer, *each)

        def losses_of(own: Layer) -> PerStep:
            drives = own.drive(run.inputs)

            def of_step(h: State, next_drive: State, told: _Told) -> Scalar:
                return self._local_loss(own, h, next_drive, told)

            return jax.vmap(of_step)(_unrolled(own, drives), _following(drives), told)

        losses, pull = jax.vjp(losses_of, layer)
        steps = len(losses)
        directions = jnp.ones((1, steps)) if together else jnp.eye(steps)
        return losses, jax.vmap(pull)(directions)[0]

    def _omega_by_step(self, layer: Layer, run: Trajectory, told: _Told) -> Layer:
        """α ∂Ω_t/∂θ of every step, `(T, …)`: of W_hh, and of W_xh through h_{t-1}; 0 at t = 1."""

        def of_step(h: State, next_drive: State, told: _Told, before: State, x: Array) -> Layer:
            v = jax.grad(lambda h: self._local_loss(layer, h, next_drive, told))(h)
            of_h, of_w_hh = self._omega_gradient(layer, before, layer.parameters["w_hh"], v)
            (made,) = jax.vjp(lambda layer: layer.drive(x), layer)[1](of_h)
            if not self.diagonal_omega:
                made = eqx.tree_at(lambda layer: layer.parameters["w_hh"], made, of_w_hh)
            return made

        before_h, before_x = _preceding(run.pre_activations), _preceding(run.inputs)
        each = run.pre_activations, _following(run.drives), told, before_h, before_x
        by_step = jax.vmap(of_step)(*each)
        return jax.tree.map(lambda leaf: leaf.at[0].set(0), by_step)

    def _readout_gradient(
        self, layer: Layer, run: Trajectory, readout: Readout, loss_of: Callable
    ) -> tuple[Scalar, Readout]:
        """L, with N₁(∂L/∂W_hy + α ∂Ω/∂W_hy) and ∂L/∂b_y."""
        h, z = run.pre_activations[-1], run.states[-1]
        loss, gradient = jax.value_and_grad(lambda readout: loss_of(readout(z)))(readout)
        w_hy = gradient.w_hy
        if not is_off(self.regularization):
            v = jax.grad(loss_of)(readout(z))
            w_hy = w_hy + self._omega_gradient(layer, h, readout.w_hy, v)[1]
        return loss, Readout(self._normalized(w_hy, self.gradient_bound), gradient.b_y)

    def _omega_gradient(
        self, layer: Layer, h: State, weights: Array, v: State
    ) -> tuple[State, Array]:
        of_h, of_weights = omega_gradient(layer, h, weights, v, diagonal=self.diagonal_omega)
        return self.regularization * of_h, self.regularization * of_weights

    def _normalized(self, gradient: Array, bound: Any) -> Array:
        return gradient if is_off(bound) else normalize(gradient, bound, "clip")


def _unrolled(layer: Layer, drives: Array) -> Array:
    """h_1 … h_T from z_0, as a function of all parameters."""

    def advance(z: State, drive: State) -> tuple[State, State]:
        h = layer.step(drive, z)
        return layer.activate(h), h

    return jax.lax.scan(advance, layer.initial_state(drives.shape[1]), drives)[1]


def _preceding(every: Array) -> Array:
    """Of each step what the one before has; zeros at t = 1."""
    return jnp.concatenate([jnp.zeros_like(every[:1]), every[:-1]])


def _following(every: Array) -> Array:
    """Of each step what the one after has; at T, where nothing is made of it, its own."""
    return jnp.concatenate([every[1:], every[-1:]])
