"""The compiled part: many runs, a chunk of iterations at a time, spread over the devices.

Rows are runs. Each device takes its rows a tile at a time: on a CPU one by one, so that a run's
weights stay in the core's cache and its arithmetic is the same whatever batch it is in; on a GPU
all at once. Rows that are not active are skipped. Where there are more devices than rows, several
may share the batch of each row (`sharers`, see `spread.py`).
"""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, UInt32

from .._types import Count, Device, Flag, PRNGKey, Scalar
from ..cells import Cell, Stack
from ..data import Preparation
from ..errors import ConfigurationError, Description
from ..names import OutputKind
from ..network import RNN
from ..numerics import in_full_precision
from ..plain import Structure, rebuilt
from ..rules import Diagnostics
from ..spread import AXIS as BATCH
from ..tasks import Fit, Task, check_numbers, check_task
from .optimizers import to_check, transformation
from .runs import Protocol, Run
from .validation import ErrorCount, ValidationSet, count_errors, spread_batch

_INITIALIZATION, DATA, RULE, MEASUREMENT = range(4)
"""Purposes of a run's key; the last is of batches that are looked at and not trained on."""

AXIS = "runs"

Sizes = tuple[int, int, OutputKind, bool]
"""A task's inputs, its outputs, of which kind these are, and whether there are some at every
step."""


class RunState(eqx.Module):
    """All that a run is made of between two chunks; as a pytree, stacked over runs."""

    key: UInt32[Array, " words"]
    rule: dict[str, Scalar]
    """The rule's numbers by name."""
    network: RNN
    rule_state: Any
    optimizer_state: optax.OptState
    iteration: Count
    diverged_at: Count
    """The iteration whose loss was not finite; 0: none."""
    loss_sum: Scalar
    """Global loss, summed over the iterations since the last check."""
    best_network: RNN
    best_error: Scalar


class Orders(eqx.Module):
    """What one call of the program is to do; numbers, so that nothing is compiled anew."""

    iterations: Count
    check: Flag
    """Whether to validate after the iterations."""
    exact: Flag
    """Validate the best network, on the whole validation set."""


class Reply(eqx.Module):
    """What comes back from a call, for each run; from `errors` on, only of a check."""

    iteration: Count
    diverged_at: Count
    loss_sum: Scalar
    errors: ErrorCount
    is_better: Flag
    """Whether this was the best check so far, whose network is kept."""
    diagnostics: Diagnostics | None


def _double_precision() -> bool:
    """Part of the key of whatever is kept."""
    return jax.config.read("jax_enable_x64")


def purpose_key(state_key: Array, purpose: int) -> PRNGKey:
    """The key of one purpose, from that of a run."""
    return jax.random.fold_in(jax.random.wrap_key_data(state_key), purpose)


def initial_state(task: Task, run: Run) -> RunState:
    """A run before its first iteration."""
    key = jax.random.key_data(jax.random.key(run.seed))
    _, rule_key = _initialization_keys(key)
    sizes = task.input_size, task.output_size, task.output_kind, task.every_step
    # Optax types parameters as arrays in containers; a network is one to JAX, not to pyright.
    if run.start is None:
        network: Any = _initial_network(run.cell, sizes, run.seed, _double_precision())
    else:
        check_start(task, run.start)
        # Without what it says of data, so that it is one program with others; see `ledger.py`.
        bare = run.start.speaking(None, None)
        network = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), bare)
    optimizer = transformation(run.optimizer.structure, run.optimizer.numbers)
    zero = jnp.zeros((), jnp.int32)
    return RunState(
        key=key,
        rule={name: jnp.asarray(value, float) for name, value in run.rule.numbers.items()},
        network=network,
        rule_state=run.rule.init(network, key=rule_key),
        optimizer_state=optimizer.init(network),
        iteration=zero,
        diverged_at=zero,
        loss_sum=jnp.zeros((), float),
        best_network=network,
        best_error=jnp.asarray(jnp.inf),
    )


def check_start(task: Task, start: RNN | Fit) -> None:
    """That a network can go on with a task: sizes, kind, labels and preparation are the same."""
    for name in ("input_size", "output_size", "output_kind", "every_step", "labels"):
        own, asked = getattr(start, name), getattr(task, name)
        if own != asked:
            what = name.replace("_", " ")
            found = Description(f"a network with {what} {own}")
            raise ConfigurationError("start", found, f"the task {task.name} has {asked}")
    if not _is_alike(start.preparation, task.preparation):
        allowed = "the data must be prepared as its were: ArrayTask(preparation=its preparation)"
        found = Description("a network with another preparation than the task")
        raise ConfigurationError("start", found, allowed)


def _is_alike(own: Preparation | None, asked: Preparation | None) -> bool:
    if own is None or asked is None:
        return own is asked
    numbers = ((each.means, each.offsets, each.scales) for each in (own, asked))
    return own.missing == asked.missing and np.allclose(*numbers, rtol=1e-5, atol=1e-12)


def _initialization_keys(state_key: Array) -> tuple[PRNGKey, PRNGKey]:
    """For the network, and for what the rule keeps besides."""
    network_key, rule_key = jax.random.split(purpose_key(state_key, _INITIALIZATION))
    return network_key, rule_key


# Kept, because the runs of a grid share their seeds, and an orthogonal matrix takes its time.
@functools.lru_cache(maxsize=256)
def _initial_network(cell: Cell | Stack, sizes: Sizes, seed: int, _x64: bool) -> RNN:
    network_key, _ = _initialization_keys(jax.random.key_data(jax.random.key(seed)))
    return _build_network(cell, sizes, network_key)


# Of the sizes, not of the task: compiled once for all lengths.
@functools.partial(jax.jit, static_argnums=(0, 1))
def _build_network(cell: Cell | Stack, sizes: Sizes, key: PRNGKey) -> RNN:
    inputs, outputs, kind, every_step = sizes
    return RNN(cell, inputs, outputs, output_kind=kind, every_step=every_step, key=key)


@functools.partial(jax.jit, static_argnames="samples")
def _validation_set(task: Task, samples: int) -> ValidationSet:
    return ValidationSet(task, samples)


def program_for(
    task: Task,
    protocol: Protocol,
    structure: tuple,
    devices: list[Device],
    tile: int | None = None,
    sharers: int = 1,
) -> "Program":
    """A `Program`, one of the last few again where it can be: compiling takes seconds."""
    key = (task, protocol, structure, tuple(devices), tile, sharers, _double_precision())
    try:
        hash(key)
    except TypeError:  # a task that holds arrays
        return Program(task, protocol, structure, devices, tile, sharers)
    return _kept_program(*key)


@functools.lru_cache(maxsize=8)
def _kept_program(task, protocol, structure, devices, tile, sharers, _x64) -> "Program":
    return Program(task, protocol, structure, list(devices), tile, sharers)


class Program:
    """Runs of one structure on one task, ready to be advanced, each by `sharers` of the devices,
    whose number they divide.

    Raises `ConfigurationError`, before anything large is compiled, for a task that gives no batches
    to train on.
    """

    def __init__(
        self,
        task: Task,
        protocol: Protocol,
        structure: tuple,
        devices: list[Device],
        tile: int | None = None,
        sharers: int = 1,
    ):
        check_task(task, protocol.batch_size, protocol.validation_samples)
        validation = _validation_set(task, protocol.validation_samples)
        check_numbers(task, protocol.batch_size, validation.batches)
        self.places = len(devices) // sharers
        """Where rows are: of each place's devices, every one has the place's rows whole."""
        self._rows = 0
        # On a CPU, one at a time: see the module's docstring and docs/performance.md.
        self.tile = (1 if devices[0].platform == "cpu" else None) if tile is None else tile
        # Samples are left to XLA's partitioner; where nobody shares them, it has nothing to do.
        axes = {AXIS: self.places} if sharers == 1 else {AXIS: self.places, BATCH: sharers}
        mesh = Mesh(np.reshape(np.array(devices), tuple(axes.values())), tuple(axes))
        self._by_row = NamedSharding(mesh, PartitionSpec(AXIS))
        self._everywhere = NamedSharding(mesh, PartitionSpec())
        self._shared = jax.device_put((task, validation), self._everywhere)
        rule_structure, optimizer_structure, _ = structure
        self._compiled = _compiled(protocol, rule_structure, optimizer_structure, mesh, self.tile)

    def rows_per_place(self, runs: int) -> int:
        """Rows for so many runs: a power of two, so that a shrinking batch needs few programs.

        Where rows are taken one by one, a row without a run costs nothing and a program to compile
        costs seconds, so there the first size is kept.
        """
        needed = -(-runs // self.places)
        if self.tile != 1 or needed > self._rows:
            self._rows = 1 << (needed - 1).bit_length()
        return self._rows

    def place(self, rows: Any) -> Any:
        """Put stacked rows on the devices."""
        return jax.device_put(rows, self._by_row)

    def advance(self, states: RunState, active: Array, orders: Orders) -> tuple[RunState, Reply]:
        """Let every active row follow the orders. The states given are used up."""
        orders = jax.device_put(orders, self._everywhere)
        return self._compiled(self._shared, orders, active, states)

    def memory(self, states: RunState, active: Array) -> int:
        """Bytes a device needs while it trains, besides the runs' own state."""
        orders = Orders(jnp.int32(0), jnp.bool_(False), jnp.bool_(False))
        lowered = self._compiled.lower(self._shared, orders, active, states)
        analysis: Any = lowered.compile().memory_analysis()
        return analysis.temp_size_in_bytes // self.places


# Of the task only the shapes: another fold of the same data, say, compiles nothing.
@functools.lru_cache(maxsize=32)
def _compiled(
    protocol: Protocol,
    rule_structure: Structure,
    optimizer_structure: tuple,
    mesh: Mesh,
    tile: int | None,
) -> Any:
    """`_each_row` over the devices of the mesh."""
    advance_row = functools.partial(_advance, protocol, rule_structure, optimizer_structure)
    by_row, everywhere = PartitionSpec(AXIS), PartitionSpec()
    return jax.jit(
        jax.shard_map(
            functools.partial(_each_row, advance_row, tile),
            mesh=mesh,
            in_specs=(everywhere, everywhere, by_row, by_row),
            out_specs=by_row,
            axis_names={AXIS},
            check_vma=False,
        ),
        donate_argnums=3,
    )


def _each_row(advance_row, tile: int | None, shared, orders: Orders, active, states):
    def one(row):
        is_active, state = row
        return jax.lax.cond(is_active, advance_row, _skip(advance_row), shared, orders, state)

    count = len(active)
    batch_size = None if tile == 1 else min(tile or count, count)
    return jax.lax.map(one, (active, states), batch_size=batch_size)


def _skip(advance_row):
    """The same results' shapes, nothing done."""

    def skip(shared, orders: Orders, state: RunState):
        _, report = jax.eval_shape(advance_row, shared, orders, state)
        return state, _zeros(report)

    return skip


@in_full_precision
def _advance(
    protocol: Protocol,
    rule_structure: Structure,
    optimizer_structure: tuple,
    shared,
    orders: Orders,
    state: RunState,
) -> tuple[RunState, Reply]:
    task, validation = shared
    optimizer = transformation(optimizer_structure)
    data_key, rule_key = (purpose_key(state.key, purpose) for purpose in (DATA, RULE))

    def update(state: RunState, diagnostics: bool = False):
        batch = spread_batch(task.batch(data_key, state.iteration, protocol.batch_size))
        return rebuilt(rule_structure, state.rule).update(
            state.network,
            state.rule_state,
            batch,
            key=jax.random.fold_in(rule_key, state.iteration),
            diagnostics=diagnostics,
        )

    def unfinished(state: RunState) -> Flag:
        return (state.iteration < last) & (state.diverged_at == 0)

    def iterate(state: RunState) -> RunState:
        result, rule_state = update(state)
        # Optax types parameters as arrays in containers; a network is one to JAX, not to pyright.
        network: Any = state.network
        gradients: Any = result.gradients
        updates, optimizer_state = optimizer.update(gradients, state.optimizer_state, network)
        moved: Any = optax.apply_updates(network, updates)
        iteration = state.iteration + 1
        return RunState(
            key=state.key,
            rule=state.rule,
            network=moved,
            rule_state=rule_state,
            optimizer_state=optimizer_state,
            iteration=iteration,
            diverged_at=jnp.where(jnp.isfinite(result.loss), 0, iteration),
            loss_sum=state.loss_sum + result.loss,
            best_network=state.best_network,
            best_error=state.best_error,
        )

    last = state.iteration + orders.iterations
    state = jax.lax.while_loop(unfinished, iterate, state)
    loss_sum = state.loss_sum

    def check(state: RunState):
        network = jax.tree.map(
            lambda best, current: jnp.where(orders.exact, best, current),
            state.best_network,
            to_check(optimizer_structure, state.optimizer_state, state.network),
        )
        errors = count_errors(network, validation, orders.exact)
        is_better = errors.rate < state.best_error
        state = eqx.tree_at(
            lambda state: (state.best_network, state.best_error, state.loss_sum),
            state,
            (
                jax.tree.map(
                    lambda best, current: jnp.where(is_better, current, best),
                    state.best_network,
                    network,
                ),
                jnp.where(is_better, errors.rate, state.best_error),
                jnp.zeros_like(state.loss_sum),
            ),
        )
        details = update(state, diagnostics=True)[0].diagnostics if protocol.diagnostics else None
        return state, errors, is_better, details

    def no_check(state: RunState):
        _, *outcome = jax.eval_shape(check, state)
        return state, *_zeros(outcome)

    state, *outcome = jax.lax.cond(orders.check, check, no_check, state)
    return state, Reply(state.iteration, state.diverged_at, loss_sum, *outcome)


def _zeros(shapes):
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
