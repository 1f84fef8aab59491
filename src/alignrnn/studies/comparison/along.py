"""One network on its way through a training, and rules that learn what they learn beside it."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ..._types import Count, Flag, Scalar
from ...network import RNN
from ...rules import Rule
from ...tasks import Batch, Task
from ...training import DATA, MEASUREMENT, RULE, Run, initial_state, purpose_key, transformation
from .agreement import Agreement, Measured, measured, of_feedback


class Way(NamedTuple):
    """Where a training is."""

    network: RNN
    optimizer_state: Any
    states: tuple[Any, ...]
    """What each rule has learnt besides the network."""
    iteration: Count
    loss: Scalar
    """The global loss, summed since the last check."""
    is_finite: Flag


class Along:
    """A run's training, with the rules that are compared on its way. Each rule learns what it
    learns for itself (inverses, error weights) from the same batches."""

    def __init__(self, task: Task, run: Run, rules: tuple[Rule, ...], batch_size: int):
        self._task, self._run, self._rules, self._size = task, run, rules, batch_size
        begin = initial_state(task, run)
        self._key = begin.key
        states = tuple(
            initial_state(task, Run(rule, run.optimizer, run.cell, run.seed, run.start)).rule_state
            for rule in rules
        )
        zero = jnp.zeros((), jnp.int32)
        # Weights as they are trained on; of a network gone on from, `initial_state` has its own.
        self.way = Way(
            *(begin.network, begin.optimizer_state, (begin.rule_state, *states)),
            *(zero, jnp.zeros((), float), jnp.asarray(True)),
        )

    @property
    def network(self) -> RNN:
        """As it is now."""
        return self.way.network

    def advance(self, iterations: int) -> float:
        """So many iterations; the mean global loss over them. They end where it is not finite."""
        if not iterations:
            return float("nan")
        way = self.way._replace(loss=jnp.zeros((), float))
        rules = (self._run.rule, *self._rules)
        structure = self._run.optimizer.structure
        self.way = _advanced(
            rules, structure, self._size, self._task, self._key, way, jnp.int32(iterations)
        )
        made = int(self.way.iteration) - int(way.iteration)
        return float(self.way.loss) / made

    @property
    def diverged(self) -> bool:
        """Whether the loss or a weight is no longer finite."""
        leaves = jax.tree.leaves(self.network)
        return not (bool(self.way.is_finite) and all(bool(jnp.isfinite(x).all()) for x in leaves))

    def measure(self, index: int, batches: int) -> Measured:
        """A rule's gradient beside BPTT's on the network as it is, `(batches, …)`."""
        key = jax.random.fold_in(purpose_key(self._key, MEASUREMENT), self.way.iteration)
        return _measured_on(
            *(self._rules[index], self._size, self._task, key),
            *(self.network, self.way.states[1 + index], jnp.arange(batches)),
        )

    def feedback(self, index: int) -> Agreement | None:
        """What a rule carries a signal back with, beside W_hhᵀ of the network as it is."""
        return of_feedback(self._rules[index], self.network, self.way.states[1 + index])


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _advanced(
    rules: tuple[Rule, ...],
    optimizer_structure: tuple,
    batch_size: int,
    task: Task,
    key: Any,
    way: Way,
    iterations: Count,
) -> Way:
    """The first rule trains; of the others' updates only what they learn for themselves is kept."""
    optimizer = transformation(optimizer_structure)
    data_key, rule_key = purpose_key(key, DATA), purpose_key(key, RULE)

    def iterate(way: Way) -> Way:
        batch = task.batch(data_key, way.iteration, batch_size)
        own_key = jax.random.fold_in(rule_key, way.iteration)
        made = [
            rule.update(way.network, state, batch, key=own_key)
            for rule, state in zip(rules, way.states, strict=True)
        ]
        leading, _ = made[0]
        # Optax types parameters as arrays in containers; a network is one to JAX, not to pyright.
        network: Any = way.network
        gradients: Any = leading.gradients
        updates, optimizer_state = optimizer.update(gradients, way.optimizer_state, network)
        moved: Any = optax.apply_updates(network, updates)
        return Way(
            *(moved, optimizer_state, tuple(state for _, state in made)),
            *(way.iteration + 1, way.loss + leading.loss, jnp.isfinite(leading.loss)),
        )

    last = way.iteration + iterations
    return jax.lax.while_loop(lambda way: (way.iteration < last) & way.is_finite, iterate, way)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _measured_on(
    rule: Rule, batch_size: int, task: Task, key: Any, network: RNN, state: Any, places: Any
) -> Measured:
    def one(place: Count) -> Measured:
        batch: Batch = task.batch(key, place, batch_size)
        return measured(rule, network, state, batch, jax.random.fold_in(key, place))

    return jax.lax.map(one, places)
