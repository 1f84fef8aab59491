"""Rules that go back through time: one scan over the steps, whatever the feedback."""

import abc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Live, PRNGKey
from ..feedback import (
    Above,
    AboveLayer,
    AboveReadout,
    At,
    Back,
    Feedback,
    LocalStep,
    LocalTerms,
    Transposes,
)
from ..losses import Answers
from ..network import RNN, Forward, Layer, Trajectory, held
from ..tasks import Batch
from .base import Diagnostics, Update
from .gradients import (
    clip_whole,
    exact_readout_gradient,
    local_steps,
    step_gradient,
    total_gradient,
)
from .unrolled import Unrolled


@dataclass(frozen=True)
class Backward(Feedback, Unrolled):
    """A rule that goes back through time, and is its own feedback.

    A rule is a recipe: it derives from a feedback and from this, and sets the defaults. The layers
    are gone through from the top, the steps of each from the last to the first; every step gives
    the local error that its parameters learn from, and tells the step before. Nothing passes
    through more than one cell. Past a sequence's length the signal is passed on unchanged, and
    adds nothing.

    Examples:
        A rule whose error goes back as it is, with no weights on the way:

        >>> import alignrnn as ar
        >>> class Plainly(ar.Additive, ar.Backward):
        ...     def carry(self, at, signal, state):
        ...         return ar.Back(ar.LocalTerms(signal), signal)
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", Plainly(clip=1), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward, backward and gradient."""
        return 3 * steps

    @property
    def has_exact_input_gradient(self) -> bool:
        """Whether the input weights learn from the exact error instead."""
        return False

    def update(
        self, network: RNN, state: Any, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, Any]:
        forward = network.forward(batch.inputs, batch.lengths, self.noise_of(key))
        state = self.learn(network, state, forward, key=key)
        answers = Answers(batch.targets, batch.weights, forward.live, network.output_kind)
        top, top_run = network.layers[-1], forward.layers[-1]
        loss, of_readout = exact_readout_gradient(network, top_run, answers)
        of_readout = self.readout_gradient(network.readout, top, top_run, answers) or of_readout
        of_layers: list[Layer] = []
        details: Diagnostics = {}
        for told in _each_layer(self, network, state, forward, answers, diagnostics):
            gradient, norms = total_gradient(told.layer, told.steps, told.terms, self, diagnostics)
            of_layers.insert(0, gradient)
            if norms is not None:
                prefix = f"{told.index}." if len(network.layers) > 1 else ""
                made = self.diagnose(told.terms, told.reported)
                made |= {f"gradient_norm_{name}": each for name, each in norms.parameters.items()}
                details |= {prefix + name: values for name, values in made.items()}
        gradients = eqx.tree_at(
            lambda network: (network.layers, network.readout),
            network,
            (tuple(of_layers), of_readout),
        )
        made = details if diagnostics else None
        gradients, state = self.finish(network, state, clip_whole(gradients, self.clip))
        return Update(loss, gradients, made), state

    def gradients_by_step(
        self, network: RNN, state: Any, batch: Batch, *, key: PRNGKey
    ) -> tuple[Layer, ...]:
        """What each step adds to the gradients of the layers, the lowest first, `(T, …)`; before
        any bound on the whole."""
        forward = network.forward(batch.inputs, batch.lengths, self.noise_of(key))
        state = self.learn(network, state, forward, key=key)
        answers = Answers(batch.targets, batch.weights, forward.live, network.output_kind)

        def by_step(told: "_OfLayer") -> Layer:
            def one(at: tuple[LocalStep, LocalTerms]) -> Layer:
                return self.normalize(step_gradient(told.layer, *at))

            return jax.lax.map(one, (told.steps, told.terms))

        layers = _each_layer(self, network, state, forward, answers, reports=False)
        return tuple(by_step(told) for told in layers)[::-1]


class _OfLayer(NamedTuple):
    """What the steps of one layer were told."""

    index: int
    layer: Layer
    steps: LocalStep
    terms: LocalTerms
    reported: Any


def _each_layer(
    rule: Backward, network: RNN, state: Any, forward: Forward, answers: Answers, reports: bool
) -> Iterator[_OfLayer]:
    """From the highest layer to the lowest."""
    above: _AboveSteps = _ReadoutAbove(network, answers)
    for index in reversed(range(len(network.layers))):
        layer, run = network.layers[index], forward.layers[index]
        steps = local_steps(layer, run)
        passes = index > 0
        terms, reported, passed = scan_back(
            rule, layer, run, steps, above, forward.live, state, reports=reports, passes=passes
        )
        terms = rule.complete(layer, steps, terms)
        if rule.has_exact_input_gradient:
            exact, _, _ = scan_back(Transposes(), layer, run, steps, above, forward.live, ())
            terms = terms._replace(drive_error=exact.error)
        yield _OfLayer(index, layer, steps, terms, reported)
        above = _LayerAbove(rule, layer, steps, passed, forward.live)


def scan_back(
    feedback: Feedback,
    layer: Layer,
    run: Trajectory,
    steps: LocalStep,
    above: "_AboveSteps",
    live: Live | None,
    state: Any,
    *,
    reports: bool = False,
    passes: bool = False,
) -> tuple[LocalTerms, Any, Any]:
    """From the last step of a layer to its first: all steps' terms, reports, and what they pass
    to the layer below, `(T, …)`."""
    count = len(run.inputs)
    prepared = feedback.prepare(layer, state, run)
    is_first = jnp.arange(count) == 0
    each = (steps, run.pre_activations, run.states, is_first, live, prepared)

    def at(each: Any, before: Above | None) -> At:
        step, h, z, is_first, live, prepared = each
        return At(layer, step, h, z, is_first, live, before, prepared, count, reports)

    def backward(signal: Any, xs: Any) -> tuple[Any, tuple[LocalTerms, Any, Any]]:
        each, of_above = xs
        here = at(each, None if of_above is None else above.at(of_above))
        back = _held_back(feedback.back(here, signal, state), signal, here)
        passed = back.terms.error if back.passed is None else back.passed
        return back.signal, (back.terms, back.report, passed if passes else None)

    last = at(jax.tree.map(lambda leaf: leaf[-1], each), None)
    signal = feedback.start(last, above.at(above.last), state)
    _, outcome = jax.lax.scan(backward, signal, (each, above.before), reverse=True)
    return outcome


def _held_back(back: Back, signal: Any, at: At) -> Back:
    """Where a sequence has ended nothing is learnt, and the signal goes on unchanged: its last step
    is told what the end of its padding was. What stands above that step may ask something of it
    too; then the feedback has put both together."""
    live = at.live
    if live is None:
        return back
    nothing = jax.tree.map(jnp.zeros_like, back.terms)
    back = back._replace(terms=held(live, back.terms, nothing))
    if at.before is not None:
        return back
    passed_on = jax.tree.map(
        lambda new, old: new if new.ndim == 0 else held(live, new, old), back.signal, signal
    )
    return back._replace(signal=passed_on)


class _AboveSteps(abc.ABC):
    """What stands above the steps of a layer, as arrays over time and what to make of them."""

    last: Any
    """Of step T."""
    before: Any
    """Of step t - 1, for each t, `(T, …)`; of the first step nothing is made. None: nothing."""

    @abc.abstractmethod
    def at(self, of_step: Any) -> Above:
        """What stands above one step, from the arrays of that step."""

    def _take(self, every: Any) -> None:
        self.last = jax.tree.map(lambda leaf: leaf[-1], every)
        self.before = jax.tree.map(lambda leaf: jnp.concatenate([leaf[:1], leaf[:-1]]), every)


class _ReadoutAbove(_AboveSteps):
    def __init__(self, network: RNN, answers: Answers):
        self.readout = network.readout
        self._take(answers)
        if not network.every_step:
            self.before = None

    def at(self, of_step: Answers) -> Above:
        return AboveReadout(self.readout, of_step)


class _LayerAbove(_AboveSteps):
    def __init__(
        self, feedback: Feedback, upper: Layer, steps: LocalStep, told: Any, live: Live | None
    ):
        self.feedback, self.upper = feedback, upper
        self._take((steps.previous_z, steps.noise, told, live))

    def at(self, of_step: Any) -> Above:
        previous_z, noise, told, live = of_step
        return AboveLayer(self.upper, previous_z, noise, told, live, self.feedback)
