"""The host's part of training: stopping, history, and who is still in the batch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .._types import Device
from ..errors import ConfigurationError, Description, check_type
from ..names import Status
from ..rules import Rule
from ..tasks import Task, as_task
from .checkpoint import Checkpoint, restore, take
from .ledger import Ledger, reported_error
from .optimizers import Optimizer, as_optimizer
from .program import Orders, Report, RunState, initial_state, program_for
from .race import Race
from .runs import NetworkOptions, Protocol, Run, RunResult, as_rule

_CALL_SECONDS = 1.0
"""How long one call of the program should take, so that progress shows and a signal is heard."""
_FIRST_ITERATIONS = 10


@dataclass(frozen=True)
class Snapshot:
    """How a batch of runs stands, for a progress display."""

    iterations: tuple[int, ...]
    """Of each run, in the order given."""
    best_errors: tuple[float, ...]
    statuses: tuple[Status | None, ...]
    """None: still training."""
    iterations_per_second: float
    """Of all runs together, in the last call of the program."""
    max_iterations: int


def train(
    task: Task | str,
    rule: Rule | str,
    *,
    optimizer: Optimizer | str | None = None,
    network: NetworkOptions | None = None,
    seed: int = 0,
    protocol: Protocol | None = None,
) -> RunResult:
    """Train one network on a task with a rule: `train_many` of one run.

    Where their defaults will do, a name is enough: `train("temporal-order", "bptt")`, with
    `optimizer="adam"`. Raises `ConfigurationError` for what cannot be used.
    """
    run = Run(
        as_rule(rule),
        Optimizer() if optimizer is None else as_optimizer(optimizer),
        NetworkOptions() if network is None else network,
        seed,
    )
    return train_many(task, [run], protocol)[0]


def train_many(
    task: Task | str,
    runs: Sequence[Run],
    protocol: Protocol | None = None,
    *,
    on_progress: Callable[[Snapshot], None] | None = None,
    on_results: Callable[[dict[int, RunResult]], None] | None = None,
    on_pause: Callable[[Callable[[], Checkpoint]], None] | None = None,
    start_from: Checkpoint | None = None,
    race: Race | None = None,
    should_stop: Callable[[], bool] | None = None,
    devices: Sequence[Device] | None = None,
    tile: int | None = None,
) -> list[RunResult]:
    """Train many networks on one task as one compiled program; results in the order of the runs.

    The runs may differ in seed and in every number of rule and optimiser, but must be of equal
    structure (`Run.structure`): the same rule with the same static options, the same optimiser and
    switches, the same network options. `ConfigurationError` otherwise. The task may be given by its
    name, with its default length.

    `on_progress` is told how things stand after every call of the program (about a second);
    `on_results` gets the results of the runs that ended with a call, by their places. `on_pause` is
    given, after every call that leaves runs training, a function that takes a `Checkpoint` of them
    (in the order given) then and there; `start_from` goes on from one of exactly these runs, and
    ends with the same bits (`UnfitCheckpointError` where it is of others). With a `race`, runs far
    behind the others are given up. `should_stop` is asked after every call, and where it says True
    the runs still training end as `stopped`. An exception raised in any of these ends the training
    at once, and is passed on.
    `devices` default to all of JAX's; `tile` is the number of runs a device takes at once (default:
    1 on a CPU, all on a GPU).
    """
    task = as_task(task)
    check_type("runs", runs, Sequence, "it must be a list of runs")
    if not runs:
        raise ConfigurationError("runs", [], "there must be at least one")
    for run in runs:
        check_type("runs", run, Run, "each must be a Run")
    protocol = Protocol() if protocol is None else protocol
    check_type("protocol", protocol, Protocol, "it must be a Protocol, such as Protocol()")
    if len({run.structure for run in runs}) > 1:
        raise ConfigurationError(
            "runs",
            Description("different structures"),
            "runs trained together may differ only in numbers",
        )
    batch = _Batch(task, runs, protocol, devices or jax.devices(), tile, start_from)
    batch.on_results, batch.race = on_results, race
    while batch.training:
        batch.advance()
        if on_progress is not None:
            on_progress(batch.snapshot())
        if batch.training and on_pause is not None:
            on_pause(batch.checkpoint)
        if batch.training and should_stop is not None and should_stop():
            batch.end_all("stopped")
    return [batch.result(run) for run in range(len(runs))]


class _Batch:
    """Runs being trained together: a row on a device for each that is still training."""

    def __init__(
        self,
        task: Task,
        runs: Sequence[Run],
        protocol: Protocol,
        devices: Sequence[Device],
        tile: int | None,
        start_from: Checkpoint | None,
    ):
        self.runs, self.protocol = runs, protocol
        self.counts_errors = task.counts_errors
        self.program = program_for(
            task, protocol, runs[0].structure, list(devices)[: len(runs)], tile
        )
        self.accounted = time.perf_counter()
        self.ledgers = [Ledger() for _ in runs]
        self.training = list(range(len(runs)))
        self.iteration = 0
        self.on_results: Callable[[dict[int, RunResult]], None] | None = None
        self.race: Race | None = None
        self.seconds_per_iteration: float | None = None
        if start_from is None:
            states = [jax.device_get(initial_state(task, run)) for run in runs]
        else:
            like = initial_state(task, runs[0])
            states, self.ledgers = restore(start_from, len(runs), like)
            self.iteration = start_from.iteration
        self._lay_out(states)

    # Which run is in which row. Device d has the rows [d·n, (d+1)·n); rows without a run repeat one
    # and are never active.

    def _lay_out(self, states: list[RunState]) -> None:
        """Spread the training runs, whose states these are, evenly over the devices."""
        devices = len(self.program.devices)
        per_device = self.program.rows_per_device(len(states))
        self.rows: list[int | None] = [None] * (per_device * devices)
        fill = [states[0]] * len(self.rows)
        for place, (run, state) in enumerate(zip(self.training, states, strict=True)):
            row = (place % devices) * per_device + place // devices
            self.rows[row], fill[row] = run, state
        self.states = self.program.place(jax.tree.map(lambda *rows: np.stack(rows), *fill))
        self._mark_active()

    def _mark_active(self) -> None:
        active = np.array([run in self.training for run in self.rows])
        self.active = self.program.place(active)

    def _leave(self, ended: list[int]) -> None:
        """Take ended runs out; make the batch smaller, or even it out, where that pays."""
        states = jax.device_get(self.states)
        kept = {}
        for row, run in enumerate(self.rows):
            if run in ended:
                self.ledgers[run].state = _row(states, row)
            elif run in self.training:
                kept[run] = _row(states, row)
        if kept:
            self._lay_out([kept[run] for run in self.training])

    def advance(self) -> None:
        """One call of the program, and a check where one is due."""
        stopping, every = self.protocol.stopping, self.protocol.check_every
        until_check = min(every - self.iteration % every, stopping.max_iterations - self.iteration)
        iterations = min(until_check, self._affordable_iterations())
        is_check = iterations == until_check
        report = self._call(iterations, check=is_check)
        self._account()
        self.iteration += iterations
        ended = []
        for row, run in enumerate(self.rows):
            if run not in self.training:
                continue
            ledger = self.ledgers[run]
            ledger.iterations = int(report.iteration[row])
            status = ledger.take(report, row, stopping, is_check)
            if status is not None:
                ledger.status = status
                ended.append(run)
        if is_check and self.race is not None:
            racing = [run for run in self.training if run not in ended]
            errors = [self.ledgers[run].progress.best_error for run in racing]
            for place in self.race.outpaced(self.iteration, errors):
                self.ledgers[racing[place]].status = "outpaced"
                ended.append(racing[place])
        if ended:
            self._end(ended)

    def _call(self, iterations: int, *, check: bool, exact: bool = False) -> Report:
        orders = Orders(jnp.int32(iterations), jnp.bool_(check), jnp.bool_(exact))
        started = time.perf_counter()
        self.states, report = self.program.advance(self.states, self.active, orders)
        report = jax.device_get(report)
        if iterations:
            # The first call compiles, so it says nothing of the next.
            first = self.seconds_per_iteration is None
            elapsed = time.perf_counter() - started
            self.seconds_per_iteration = 0.0 if first else elapsed / iterations
        return report

    def _account(self) -> None:
        """Share the time since the last call out among the runs it was spent on."""
        now = time.perf_counter()
        for run in self.training:
            self.ledgers[run].seconds += (now - self.accounted) / len(self.training)
        self.accounted = now

    def _affordable_iterations(self) -> int:
        if not self.seconds_per_iteration:
            return _FIRST_ITERATIONS
        return max(1, int(_CALL_SECONDS / self.seconds_per_iteration))

    def end_all(self, status: Status) -> None:
        """End every run still training."""
        for run in self.training:
            self.ledgers[run].status = status
        self._end(list(self.training))

    def _end(self, ended: list[int]) -> None:
        """Give the ended runs the exact error of their best network, and let them leave."""
        self.training = [run for run in self.training if run not in ended]
        measured = [run for run in ended if self.ledgers[run].progress.best_iteration]
        if measured:
            rows = np.array([run in measured for run in self.rows])
            still, self.active = self.active, self.program.place(rows)
            report = self._call(0, check=True, exact=True)
            self.active = still
            for row, run in enumerate(self.rows):
                if run in measured:
                    self.ledgers[run].exact_error = reported_error(report, row)
        self._leave(ended)
        if self.on_results is not None:
            self.on_results({run: self.result(run) for run in ended})

    def checkpoint(self) -> Checkpoint:
        """Of the runs still training, as they stand."""
        states = jax.device_get(self.states)
        by_run = {run: _row(states, row) for row, run in enumerate(self.rows) if run is not None}
        return take(
            self.iteration,
            [by_run[run] for run in self.training],
            [self.ledgers[run] for run in self.training],
        )

    def snapshot(self) -> Snapshot:
        running = len(self.training)
        rate = running / self.seconds_per_iteration if self.seconds_per_iteration else float("nan")
        return Snapshot(
            iterations=tuple(ledger.iterations for ledger in self.ledgers),
            best_errors=tuple(ledger.progress.best_error for ledger in self.ledgers),
            statuses=tuple(ledger.status for ledger in self.ledgers),
            iterations_per_second=rate,
            max_iterations=self.protocol.stopping.max_iterations,
        )

    def result(self, run: int) -> RunResult:
        return self.ledgers[run].result(self.runs[run], self.counts_errors)


def _row(states: RunState, row: int) -> RunState:
    return jax.tree.map(lambda leaf: leaf[row], states)
