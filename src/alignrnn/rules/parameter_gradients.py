"""From each step's local terms to the gradients of the parameters, Algorithm 1, lines 15-18.

A step's gradient needs its input x_t, the state before it z_{t-1} and its own terms, nothing else:
so the steps' gradients do not depend on one another, and their sum over all steps is one product.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from .._types import Inputs, Scalar, State, Targets
from ..losses import global_loss
from ..networks import Network, Trajectory
from ..numerics import frobenius_norm, normalization_factor


class LocalStep(NamedTuple):
    """All that one step's parameter gradient may depend on; stacked over time outside of scan."""

    inputs: Array
    """x_t."""
    previous_inputs: Array
    """x_{t-1}; at t = 1, where its cotangent is 0, x_1."""
    drive: Array
    previous_h: Array
    """h_{t-1}; at t = 1 zeros."""
    previous_z: Array
    """z_{t-1}."""


class LocalTerms(NamedTuple):
    """One step's errors, and with a regularised rule the cotangents of Ω."""

    error: Array
    """δ_t, the error at h_t."""
    omega_error: Array | None = None
    """v, the error whose norm Ω_t keeps."""
    weight_cotangent: Array | None = None
    """α ∂Ω_t/∂u, for the recurrent weights that carry v to u."""
    input_cotangent: Array | None = None
    """α ∂Ω_t/∂h_{t-1}, for the input weights of the step before (eq. 7)."""
    drive_error: Array | None = None
    """The error at h_t for the input weights, where it is another than `error`."""


def local_steps(network: Network, inputs: Inputs, run: Trajectory) -> LocalStep:
    """Each step with what came before it, `(T, …)`."""
    start = network.initial_state(inputs.shape[1])

    def shifted(first: Array, all_steps: Array) -> Array:
        return jnp.concatenate([first[None], all_steps[:-1]])

    return LocalStep(
        inputs=inputs,
        previous_inputs=shifted(inputs[0], inputs),
        drive=run.drives,
        previous_h=shifted(jnp.zeros_like(start), run.pre_activations),
        previous_z=shifted(start, run.states),
    )


def output_gradient(network: Network, z: State, targets: Targets) -> tuple[Scalar, Network, State]:
    """L, the exact gradient of the output layer's parameters, and ∂L/∂z_T."""

    def loss_of(parameters: Network, z: State) -> Scalar:
        return global_loss(parameters.readout(z), targets)

    loss, (gradient, error) = jax.value_and_grad(loss_of, (0, 1))(network, z)
    return loss, gradient, error


def total_gradient(
    network: Network,
    steps: LocalStep,
    terms: LocalTerms,
    of_output: Network,
    with_norms: bool,
    normalize: Callable[[Network], Network] | None = None,
) -> tuple[Network, Network | None]:
    """The output layer's gradient and all steps', and `with_norms` what each step added, `(T,)`.

    Each of them is normalised by itself where there is a `normalize`. Steps are taken one by one
    only where that or the norms need it.
    """
    if normalize is None and not with_norms:
        return jax.tree.map(jnp.add, summed_gradients(network, steps, terms), of_output), None
    each = normalize or (lambda gradient: gradient)
    recurrent, norms = normalized_gradients(network, steps, terms, each)
    total = jax.tree.map(jnp.add, recurrent, each(of_output))
    return total, norms if with_norms else None


def step_gradient(network: Network, step: LocalStep, terms: LocalTerms) -> Network:
    """Gradient of one step's local loss, with α ∂Ω_t/∂θ where the terms have it.

    For the Elman RNN: ΔW_hh = z_{t-1}ᵀδ_t + α ∂Ω_t/∂W_hh, Δb_h = Σ_B δ_t and
    ΔW_xh = x_tᵀδ_t + α x_{t-1}ᵀ∂Ω_t/∂h_{t-1}.
    """
    _, pull = jax.vjp(lambda parameters: _maps(parameters, step, terms), network)
    return pull(_cotangents(terms))[0]


def summed_gradients(network: Network, steps: LocalStep, terms: LocalTerms) -> Network:
    """Σ_t of `step_gradient`, all steps at once.

    To a network's maps every row is a sample of its own, so T steps of B samples are one step of
    T·B: one plain product a matrix, a quarter faster than one that sums over both axes.
    """
    steps, terms = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), (steps, terms))
    return step_gradient(network, steps, terms)


def _maps(parameters: Network, step: LocalStep, terms: LocalTerms) -> list[Array]:
    """What the parameters enter, everything else of the step held constant."""
    drive = parameters.drive(step.inputs)
    if terms.drive_error is None:
        outcomes = [parameters.step(drive, step.previous_z)]
    else:
        held = jax.lax.stop_gradient(parameters)
        outcomes = [
            parameters.step(step.drive, step.previous_z),
            held.step(drive, step.previous_z),
        ]
    if terms.weight_cotangent is not None:
        assert terms.omega_error is not None
        outcomes.append(
            parameters.pull_back(
                step.drive, step.previous_h, step.previous_z, terms.omega_error
            ).error
        )
    if terms.input_cotangent is not None:
        outcomes.append(parameters.drive(step.previous_inputs))
    return outcomes


def _cotangents(terms: LocalTerms) -> list[Array]:
    """One for each outcome of `_maps`."""
    optional = (terms.drive_error, terms.weight_cotangent, terms.input_cotangent)
    return [terms.error, *(each for each in optional if each is not None)]


def normalized_gradients(
    network: Network,
    steps: LocalStep,
    terms: LocalTerms,
    normalize: Callable[[Network], Network],
) -> tuple[Network, Network]:
    """Σ_t of each step's normalised gradient, and the norms `(T,)` of what each step added."""

    def add(total: Network, at: tuple[LocalStep, LocalTerms]):
        gradient = normalize(step_gradient(network, *at))
        return jax.tree.map(jnp.add, total, gradient), jax.tree.map(frobenius_norm, gradient)

    return jax.lax.scan(add, jax.tree.map(jnp.zeros_like, network), (steps, terms))


def clip_whole(gradients: Network, bound: Scalar | None) -> Network:
    """All parameters' gradients, scaled by one factor so that the norm of the whole is at most
    `bound`; as they are without one."""
    if bound is None:
        return gradients
    factor = normalization_factor(optax.tree.norm(gradients), bound, "clip")
    return jax.tree.map(lambda leaf: leaf * factor, gradients)
