"""From each step's local terms to the gradients of a layer, Algorithm 1, lines 15-18.

A step's gradient needs its input x_t, the state before it z_{t-1} and its own terms, nothing else:
so the steps' gradients do not depend on one another, and their sum over all steps is one product.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .._types import Drive, Scalar, State
from ..feedback import Feedback, LocalStep, LocalTerms
from ..losses import Answers
from ..network import RNN, Layer, Readout, Trajectory
from ..numerics import added, frobenius_norm, normalization_factor
from ..plain import is_off
from ..spread import as_parts, as_rows, sharers_of


def exact_readout_gradient(
    network: RNN, run: Trajectory, answers: Answers
) -> tuple[Scalar, Readout]:
    """L, and its gradient in the readout's parameters; `run` is that of the last layer."""
    last = -1 if answers.steps == 1 else slice(None)
    states, answers = jax.tree.map(lambda leaf: leaf[last], (run.states, answers))
    shown = network.layers[-1].output(states)
    return jax.value_and_grad(lambda readout: answers.loss(readout(shown)))(network.readout)


def local_steps(layer: Layer, run: Trajectory) -> LocalStep:
    """Each step with what came before it, `(T, …)`."""
    start = layer.initial_state(run.inputs.shape[1])

    def shifted(first: Any, all_steps: Any) -> Any:
        return jax.tree.map(
            lambda first, every: jnp.concatenate([first[None], every[:-1]]), first, all_steps
        )

    def shifted_from_zeros(all_steps: Any) -> Any:
        return shifted(jax.tree.map(lambda every: jnp.zeros_like(every[0]), all_steps), all_steps)

    previous_z = shifted(start, run.states)
    return LocalStep(
        inputs=run.inputs,
        previous_inputs=shifted(run.inputs[0], run.inputs),
        drive=run.drives,
        previous_h=shifted_from_zeros(run.pre_activations),
        previous_z=previous_z,
        earlier_z=shifted(start, previous_z),
        residuals=run.residuals,
        previous_residuals=shifted_from_zeros(run.residuals),
        noise=run.noise,
        previous_noise=shifted_from_zeros(run.noise),
    )


def total_gradient(
    layer: Layer, steps: LocalStep, terms: LocalTerms, feedback: Feedback, with_norms: bool
) -> tuple[Layer, Layer | None]:
    """All steps' gradients together, and `with_norms` what each step added, `(T,)`.

    Steps are taken one by one only where each is normalised by itself, or the norms are wanted.
    """
    if not feedback.normalizes and not with_norms:
        return summed_gradients(layer, steps, terms), None

    def add(total: Layer, at: tuple[LocalStep, LocalTerms]) -> tuple[Layer, Layer]:
        gradient = feedback.normalize(step_gradient(layer, *at))
        return added(total, gradient), jax.tree.map(frobenius_norm, gradient)

    total, norms = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, layer), (steps, terms))
    return total, norms if with_norms else None


def step_gradient(layer: Layer, step: LocalStep, terms: LocalTerms) -> Layer:
    """Gradient of one step's local loss, with α ∂Ω_t/∂θ where the terms have it.

    For the Elman RNN: ΔW_hh = z_{t-1}ᵀδ_t + α ∂Ω_t/∂W_hh, Δb_h = Σ_B δ_t and
    ΔW_xh = x_tᵀδ_t + α x_{t-1}ᵀ∂Ω_t/∂h_{t-1}. Of any cell, W_xh gets Ω's part through h_{t-1}
    alone.
    """
    _, pull = jax.vjp(lambda layer: _maps(layer, step, terms), layer)
    return pull(_cotangents(terms))[0]


def summed_gradients(layer: Layer, steps: LocalStep, terms: LocalTerms) -> Layer:
    """Σ_t of `step_gradient`, all steps at once.

    To a layer's maps every row is a sample of its own, so T steps of B samples are one step of
    T·B: one plain product a matrix, a quarter faster than one that sums over both axes.
    """
    if sharers_of(terms.error) == 1:
        return step_gradient(layer, *jax.tree.map(as_rows, (steps, terms)))
    # Each device's by itself, or symbols' rows of W_xh are gathered from all for one scatter.
    parts = jax.tree.map(as_parts, (steps, terms))
    each = jax.vmap(functools.partial(step_gradient, layer))(*parts)
    return jax.tree.map(functools.partial(jnp.sum, axis=0), each)


def _maps(layer: Layer, step: LocalStep, terms: LocalTerms) -> list[Any]:
    """What the parameters enter, everything else of the step held constant."""
    held, drive = jax.lax.stop_gradient(layer), layer.drive(step.inputs, step.noise)
    if terms.drive_error is None:
        outcomes = [_step(layer, drive, step)]
    else:
        outcomes = [_step(layer, step.drive, step), _step(held, drive, step)]
    if terms.weight_cotangent is not None:
        # The error goes through gates, and so through their biases, which Ω leaves alone.
        weights = jax.tree.map(
            lambda leaf: leaf if leaf.ndim > 1 else jax.lax.stop_gradient(leaf), layer
        )
        before, v = (step.previous_h, step.previous_z), terms.omega_error
        outcomes.append(weights.pull_back(step.drive, *before, v, step.residuals).error)
    if terms.input_cotangent is not None:
        drive = layer.drive(step.previous_inputs, step.previous_noise)
        residuals = step.previous_residuals
        outcomes.append(held.step_with_residuals(drive, step.earlier_z, residuals)[0])
    return outcomes


def _step(layer: Layer, drive: Drive, step: LocalStep) -> State:
    """h_t to be differentiated."""
    return layer.step_with_residuals(drive, step.previous_z, step.residuals)[0]


def _cotangents(terms: LocalTerms) -> list[Any]:
    """One for each outcome of `_maps`."""
    optional = (terms.drive_error, terms.weight_cotangent, terms.input_cotangent)
    return [terms.error, *(each for each in optional if each is not None)]


def clip_whole(gradients: RNN, bound: Scalar | float) -> RNN:
    """All parameters' gradients, scaled by one factor so that the norm of the whole is at most
    `bound`; as they are where that is 0."""
    if is_off(bound):
        return gradients
    # Matrices before biases, whatever the tree: an order of its own, or rounding depends on names.
    leaves = sorted(jax.tree.leaves(gradients), key=lambda leaf: -leaf.ndim)
    whole = jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in leaves))
    factor = normalization_factor(whole, bound, "clip")
    return jax.tree.map(lambda leaf: leaf * factor, gradients)
