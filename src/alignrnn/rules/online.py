"""Rules that go forward through time: one scan over the steps, which stores none of them."""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from .._types import Count, Drive, PRNGKey, Scalar, SomeStates, State, StepInputs
from ..cells import Cell, Parameters
from ..errors import ConfigurationError, Description
from ..losses import answer_losses
from ..network import RNN, Layer, Readout
from ..numerics import added, frobenius_norm, safe_divide, scaled
from ..registry import CELLS
from ..tasks import Batch
from .base import Diagnostics, Update
from .gradients import clip_whole
from .unrolled import Unrolled


class OnlineStep(NamedTuple):
    """Step t of a layer, as an online rule sees it.

    Examples:
        `pull_back` of a step tells what its own parameters make of an error at its state:

        >>> import alignrnn as ar
        >>> ar.OnlineStep._fields
        ('layer', 'state', 'pull_back', 'key')
    """

    layer: Layer
    state: State
    """z_t."""
    pull_back: Callable[[State], tuple[Parameters, State]]
    """c, a cotangent of z_t, carried back over the step alone: (∂z_t/∂θ)ᵀ c by parameter, of each
    sample by itself, `(B, …)`, and (∂z_t/∂z_{t-1})ᵀ c. Linear in c."""
    key: PRNGKey
    """Of this step's random numbers."""


@dataclass(frozen=True)
class Online(Unrolled):
    r"""A rule that learns while it goes forward (docs/algorithms.md, 12).

    Of every sample it carries traces P_t, exact or not, of how z_t changes with the parameters θ of
    the layer, and at every answer it adds

        Δθ += Σ_B q_t P_t,    q_t = ∂L_t/∂z_t

    A recipe says how traces begin (`start`), how they go from step to step (`advance`), what q_t is
    (`asked`) and what it makes of P_t (`gradient`). The readout learns by its exact gradient. Past
    a sequence's length its state and its traces are held. Neither states nor outputs nor traces of
    earlier steps are kept, so that memory does not grow with T. It takes one layer.

    Its diagnostics are the norms of what each step added: 0 where there was no answer.

    Examples:
        A rule without traces: at every answer it learns from the step before that answer alone.

        >>> import alignrnn as ar
        >>> import jax
        >>> class LastStep(ar.Online):
        ...     def start(self, layer, batch_size):
        ...         return layer.initial_state(batch_size)
        ...
        ...     def advance(self, step, traces):
        ...         return step.state
        ...
        ...     def gradient(self, traces, error):
        ...         return {"w_xh": 0, "w_hh": traces.T @ error, "b_h": error.sum(axis=0)}
        ...
        ...     def products(self, steps):
        ...         return steps
        >>> LastStep().products(20)
        20
    """

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        if len(cells) > 1:
            given = Description(f"{len(cells)} layers of {CELLS.name_of(type(cells[0]))}")
            raise ConfigurationError("cell", given, "its traces are those of one layer")

    @property
    def joins_each_step(self) -> bool:
        """Never: every sample has traces of its own."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> Any:
        """Nothing."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        return ()

    @abc.abstractmethod
    def start(self, layer: Layer, batch_size: int) -> Any:
        """The traces of z_0: arrays `(B, …)`."""

    @abc.abstractmethod
    def advance(self, step: OnlineStep, traces: Any) -> Any:
        """The traces of z_t, from those of z_{t-1}."""

    @abc.abstractmethod
    def gradient(self, traces: Any, error: State) -> Parameters:
        """Σ_B q_t P_t, by parameter."""

    def asked(self, error: State, output_error: Float[Array, "batch output"], state: Any) -> State:
        """q_t, from ∂L_t/∂z_t, which it is here, and ∂L_t/∂y_t."""
        return error

    def update(
        self, network: RNN, state: Any, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, Any]:
        """See `Rule.update`."""
        learnt, norms = _through_time(self, network, state, batch, key, diagnostics)
        gradients = eqx.tree_at(
            lambda network: (network.layers[0].parameters, network.readout),
            network,
            (learnt.of_layer, learnt.of_readout),
        )
        return Update(learnt.loss, clip_whole(gradients, self.clip), norms), state


class _Answer(NamedTuple):
    """What was to be said at one step."""

    target: Array
    weights: Array | None


class _Learnt(NamedTuple):
    """What the answers of one step add, or of all together."""

    loss: Scalar
    of_layer: Parameters
    of_readout: Readout
    weight: Scalar
    """Σ w. L is a mean: the sum of everything is divided by it at the end, when it is known."""


class _Carried(NamedTuple):
    """All that a step is told by the one before."""

    count: Count
    """Steps made."""
    state: State
    traces: Any
    learnt: _Learnt
    """By all answers so far."""


def _through_time(
    rule: Online, network: RNN, state: Any, batch: Batch, key: PRNGKey, reports: bool
) -> tuple[_Learnt, Diagnostics | None]:
    """What all answers add together, and where they are wanted the norms of what each step adds."""
    (layer,), lengths = network.layers, batch.lengths
    noise = None if (drawn := rule.noise_of(key)) is None else drawn.of_layer(0)
    steps, samples = batch.inputs.shape[:2]

    def forward(before: _Carried, given: Any) -> tuple[_Carried, Any]:
        inputs, answer = given
        # Made here, as drives are: for all steps at once they would be memory of T steps.
        live = None if lengths is None else before.count < lengths
        drawn = None if noise is None else noise.of_step(before.count, layer.drive(inputs))
        of_step = jax.random.fold_in(key, before.count)
        step = _step(layer, inputs, drawn, before.state, of_step)
        new = step.state, rule.advance(step, before.traces)
        z, traces = _kept(live, new, (before.state, before.traces))
        after = _Carried(before.count + 1, z, traces, before.learnt)
        return (after, None) if answer is None else learn(after, answer, live)

    def learn(at: _Carried, answer: _Answer, live: Array | None) -> tuple[_Carried, Any]:
        learnt = _learnt(rule, network, state, at, answer, live)
        norms = jax.tree.map(frobenius_norm, learnt.of_layer) if reports else None
        return at._replace(learnt=added(at.learnt, learnt)), norms

    answers = _Answer(batch.targets, batch.weights)
    given = batch.inputs, answers if network.every_step else None
    last, norms = jax.lax.scan(forward, _first(rule, network, samples), given)
    if not network.every_step:
        last, norm = learn(last, jax.tree.map(lambda leaf: leaf[-1], answers), None)
        norms = jax.tree.map(lambda value: jnp.zeros(steps, value.dtype).at[-1].set(value), norm)
    share = safe_divide(1.0, last.learnt.weight)
    details = None
    if reports:
        details = {f"gradient_norm_{name}": share * each for name, each in norms.items()}
    return scaled(last.learnt, share), details


def _first(rule: Online, network: RNN, samples: int) -> _Carried:
    """Before the first step."""
    (layer,) = network.layers
    zero = jnp.zeros((), network.readout.b_y.dtype)
    of_layer, of_readout = jax.tree.map(jnp.zeros_like, (layer.parameters, network.readout))
    learnt = _Learnt(zero, of_layer, of_readout, zero)
    traces = rule.start(layer, samples)
    return _Carried(jnp.zeros((), jnp.int32), layer.initial_state(samples), traces, learnt)


def _learnt(
    rule: Online, network: RNN, state: Any, at: _Carried, answer: _Answer, live: Array | None
) -> _Learnt:
    """What the answers of one step add."""
    (layer,), target = network.layers, answer.target
    weights = jnp.ones(len(target)) if answer.weights is None else answer.weights
    if live is not None:
        weights = weights * live.astype(weights.dtype)

    def said(readout: Readout, z: State) -> Array:
        return readout(layer.output(z))

    def loss_of(outputs: Array) -> Scalar:
        return jnp.sum(weights * answer_losses(outputs, target, network.output_kind))

    outputs, pull_back = jax.vjp(said, network.readout, at.state)
    loss, output_error = jax.value_and_grad(loss_of)(outputs)
    of_readout, error = pull_back(output_error)
    of_layer = rule.gradient(at.traces, rule.asked(error, output_error, state))
    return _Learnt(loss, of_layer, of_readout, jnp.sum(weights))


def _step(
    layer: Layer, inputs: StepInputs, noise: Drive | None, previous: State, key: PRNGKey
) -> OnlineStep:
    """Step t, from x_t, its noise and z_{t-1}."""
    h = layer.step(layer.drive(inputs, noise), previous)
    z = layer.activate(h)

    def of_sample(*sample: Any) -> tuple[Any, Any]:
        inputs, noise, previous, error = jax.tree.map(lambda leaf: leaf[None], sample)

        def step(layer: Layer, previous: State) -> State:
            return layer.step(layer.drive(inputs, noise), previous)

        of_layer, of_state = jax.vjp(step, layer, previous)[1](error)
        return of_layer.parameters, jax.tree.map(lambda leaf: leaf[0], of_state)

    def pull_back(cotangent: State) -> tuple[Parameters, State]:
        error = layer.pull_back_activation(h, z, cotangent)
        return jax.vmap(of_sample)(inputs, noise, previous, error)

    return OnlineStep(layer, z, pull_back, key)


def _kept(live: Bool[Array, " batch"] | None, new: Any, old: Any) -> Any:
    """The new one where a sequence goes on, and the old one where it has ended; arrays `(B, …)`."""
    if live is None:
        return new

    def chosen(new: Array, old: Array) -> Array:
        return jnp.where(live.reshape(-1, *(1,) * (new.ndim - 1)), new, old)

    return jax.tree.map(chosen, new, old)


def as_state(entries: Float[Array, "*lead width"], like: State) -> SomeStates:
    """`numerics.joined` undone: entries as a state of this form."""
    leaves, form = jax.tree.flatten(like)
    ends = [sum(leaf.shape[-1] for leaf in leaves[: i + 1]) for i in range(len(leaves) - 1)]
    return jax.tree.unflatten(form, jnp.split(entries, ends, axis=-1))
