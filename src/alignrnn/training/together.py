"""Many runs trained together, one call of their program at a time.

The host's part: stopping, history, and which run is in which row. What happens between two calls
(who is given up, when a checkpoint is taken, whether somebody wants to stop) is the caller's.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .._types import Device
from ..errors import ConfigurationError, Description, check_type
from ..names import Status
from ..tasks import Task, as_task
from .checkpoint import Checkpoint, UnfitCheckpointError, restore, take
from .ledger import Ledger, reported_error
from .program import Orders, Reply, RunState, initial_state, program_for
from .runs import Check, Protocol, Run, RunResult
from .sharing import can_share, check_sharers, sharers_for

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


class Training:
    """Runs trained together on one task, as one compiled program.

        training = Training(task, runs, protocol)
        while training.training:
            for index, result in training.advance().items():
                print(index, result.status)

    The runs may differ in seed and in every number of rule and optimiser, but must be of equal
    structure (`Run.structure`): the same rule with the same static options, the same optimiser and
    switches, the same cell. `ConfigurationError` otherwise. The task may be given by its
    name, with its default length.

    `devices` default to all of JAX's; `tile` is the number of runs a device takes at once (default:
    1 on a CPU, all on a GPU). `start_from` goes on from a checkpoint of exactly these runs, and
    ends with the same bits as a training that never paused (`UnfitCheckpointError` where it is of
    others).

    `batch_over` is how many devices share the batch of each run, which changes nothing but the
    rounding; 1: none do. By default it is what a checkpoint was trained with, or else, where there
    are fewer runs than devices of a CPU, as many as the batch is worth (`training/sharing.py`).
    """

    training: list[int]
    """The indices, in the order of the runs, of those still training; empty once all is over."""
    results: dict[int, RunResult]
    """What the others came to, by index."""
    iteration: int
    """Of the runs still training."""
    checked: bool
    """Whether the last call of the program ended with a check."""
    last_states: dict[int, Checkpoint]
    """By index, of runs that only ended because their iterations were used up: from there, the same
    runs with more of them end with the bits of a training that had so many from the start."""

    def __init__(
        self,
        task: Task | str,
        runs: Sequence[Run],
        protocol: Protocol | None = None,
        *,
        devices: Sequence[Device] | None = None,
        tile: int | None = None,
        batch_over: int | None = None,
        start_from: Checkpoint | None = None,
    ):
        task = as_task(task)
        _check_runs(runs)
        protocol = Protocol() if protocol is None else protocol
        check_type("protocol", protocol, Protocol, "it must be a Protocol, such as Protocol()")
        self._runs, self._protocol = runs, protocol
        self._task = task
        devices = list(devices or jax.devices())
        if batch_over is not None:
            check_sharers(batch_over, protocol, len(devices))
        elif start_from is not None and can_share(start_from.batch_over, protocol, len(devices)):
            batch_over = start_from.batch_over  # or it would not end with the same bits
        else:
            idle = devices[: max(1, len(devices) // len(runs))]
            batch_over = sharers_for(runs[0], protocol, idle)
        devices = devices[: min(len(runs), len(devices) // batch_over) * batch_over]
        self._batch_over = batch_over
        self._program = program_for(task, protocol, runs[0].structure, devices, tile, batch_over)
        self._accounted = time.perf_counter()
        self._ledgers = [Ledger() for _ in runs]
        self._seconds_per_iteration: float | None = None
        self.training, self.results = list(range(len(runs))), {}
        self.iteration, self.checked, self.last_states = 0, False, {}
        if start_from is None:
            states = [jax.device_get(initial_state(task, run)) for run in runs]
        else:
            like = initial_state(task, runs[0])
            states, self._ledgers = restore(start_from, len(runs), like)
            self.iteration = start_from.iteration
            if self.iteration >= protocol.stopping.max_iterations:
                raise UnfitCheckpointError(f"it is of iteration {self.iteration:,}, the last")
        self._lay_out(states)

    def advance(self) -> dict[int, RunResult]:
        """One call of the program, about a second, and a check where one is due; the results of the
        runs that ended with it, by index."""
        stopping, every = self._protocol.stopping, self._protocol.check_every
        # The last state of a training with fewer iterations may be one that this one ends with.
        standing = {run: self._ledgers[run].progress for run in self.training}
        impatient = [run for run, progress in standing.items() if progress.is_impatient(stopping)]
        if impatient or not self.training:
            return self.end(impatient, "no_improvement")
        until_check = min(every - self.iteration % every, stopping.max_iterations - self.iteration)
        iterations = min(until_check, self._affordable_iterations())
        self.checked = iterations == until_check
        is_last = self.iteration + iterations == stopping.max_iterations
        before: dict[int, Checkpoint] = {}
        if is_last and stopping.max_iterations % every:
            # With more iterations there would be no check here: they would go on from before it.
            self._call(iterations, check=False)
            self._account()
            self.iteration += iterations
            before = self._each_checkpoint(self.training)
            report = self._call(0, check=True)
        else:
            report = self._call(iterations, check=self.checked)
            self.iteration += iterations
        self._account()
        ended = []
        for row, run in enumerate(self._rows):
            if run not in self.training:
                continue
            ledger = self._ledgers[run]
            ledger.iterations = int(report.iteration[row])
            ledger.status = ledger.take(report, row, stopping, self.checked)
            if ledger.status is not None:
                ended.append(run)
        if is_last:
            statuses = {run: self._ledgers[run].status for run in self.training}
            if before:
                self.last_states = {
                    run: state for run, state in before.items() if statuses[run] != "diverged"
                }
            else:
                used_up = [run for run, status in statuses.items() if status == "max_iterations"]
                self.last_states = self._each_checkpoint(used_up)
        return self._end(ended)

    def end(
        self, indices: Iterable[int] | None = None, status: Status = "stopped"
    ) -> dict[int, RunResult]:
        """End these runs, by default all that are still training; their results, by index."""
        wanted = self.training if indices is None else set(indices)
        ended = [run for run in self.training if run in wanted]
        for run in ended:
            self._ledgers[run].status = status
        return self._end(ended)

    def best_errors(self) -> list[float]:
        """The lowest validation error so far of each run still training."""
        return [self._ledgers[run].progress.best_error for run in self.training]

    def snapshot(self) -> Snapshot:
        """How all runs stand."""
        running, seconds = len(self.training), self._seconds_per_iteration
        return Snapshot(
            iterations=tuple(ledger.iterations for ledger in self._ledgers),
            best_errors=tuple(ledger.progress.best_error for ledger in self._ledgers),
            statuses=tuple(ledger.status for ledger in self._ledgers),
            iterations_per_second=running / seconds if seconds else float("nan"),
            max_iterations=self._protocol.stopping.max_iterations,
        )

    def checks(self, after: int = 0) -> list[Check]:
        """What the checks after this iteration found of all runs, the earliest first; those before
        the checkpoint it started from are among them."""
        told = (
            check
            for place, (run, ledger) in enumerate(zip(self._runs, self._ledgers, strict=True))
            for check in ledger.checks(run, place, after)
        )
        return sorted(told, key=lambda check: check.iteration)

    def checkpoint(self) -> Checkpoint:
        """Of the runs still training, in their order, as they stand."""
        return self._checkpoint_of(self.training)

    def _each_checkpoint(self, runs: Sequence[int]) -> dict[int, Checkpoint]:
        """Of each of these by itself."""
        checkpoint = self._checkpoint_of(runs) if runs else None
        return {run: checkpoint.of([place]) for place, run in enumerate(runs) if checkpoint}

    def _checkpoint_of(self, runs: Sequence[int]) -> Checkpoint:
        states = jax.device_get(self._states)
        by_run = {run: _row(states, row) for row, run in enumerate(self._rows) if run is not None}
        return take(
            self.iteration,
            [by_run[run] for run in runs],
            [self._ledgers[run] for run in runs],
            self._batch_over,
        )

    # Which run is in which row. Place d, a device or several that share batches, has the rows
    # [d·n, (d+1)·n); rows without a run repeat one and are never active.

    def _lay_out(self, states: list[RunState]) -> None:
        """Spread the training runs, whose states these are, evenly over the places."""
        places = self._program.places
        per_place = self._program.rows_per_place(len(states))
        self._rows: list[int | None] = [None] * (per_place * places)
        fill = [states[0]] * len(self._rows)
        for index, (run, state) in enumerate(zip(self.training, states, strict=True)):
            row = (index % places) * per_place + index // places
            self._rows[row], fill[row] = run, state
        self._states = self._program.place(jax.tree.map(lambda *rows: np.stack(rows), *fill))
        self._mark_active()

    def _mark_active(self) -> None:
        active = np.array([run in self.training for run in self._rows])
        self._active = self._program.place(active)

    def _leave(self, ended: list[int]) -> None:
        """Take ended runs out; make the batch smaller, or even it out, where that pays."""
        states = jax.device_get(self._states)
        kept = {}
        for row, run in enumerate(self._rows):
            if run in ended:
                self._ledgers[run].state = _row(states, row)
            elif run in self.training:
                kept[run] = _row(states, row)
        if kept:
            self._lay_out([kept[run] for run in self.training])

    def _call(self, iterations: int, *, check: bool, exact: bool = False) -> Reply:
        orders = Orders(jnp.int32(iterations), jnp.bool_(check), jnp.bool_(exact))
        started = time.perf_counter()
        self._states, report = self._program.advance(self._states, self._active, orders)
        report = jax.device_get(report)
        if iterations:
            # The first call compiles, so it says nothing of the next.
            first = self._seconds_per_iteration is None
            elapsed = time.perf_counter() - started
            self._seconds_per_iteration = 0.0 if first else elapsed / iterations
        return report

    def _account(self) -> None:
        """Share the time since the last call out among the runs it was spent on."""
        now = time.perf_counter()
        for run in self.training:
            self._ledgers[run].seconds += (now - self._accounted) / len(self.training)
        self._accounted = now

    def _affordable_iterations(self) -> int:
        if not self._seconds_per_iteration:
            return _FIRST_ITERATIONS
        return max(1, int(_CALL_SECONDS / self._seconds_per_iteration))

    def _end(self, ended: list[int]) -> dict[int, RunResult]:
        """Give the ended runs the exact error of their best network, and let them leave."""
        if not ended:
            return {}
        self.training = [run for run in self.training if run not in ended]
        measured = [run for run in ended if self._ledgers[run].progress.best_iteration]
        if measured:
            rows = np.array([run in measured for run in self._rows])
            still, self._active = self._active, self._program.place(rows)
            report = self._call(0, check=True, exact=True)
            self._active = still
            for row, run in enumerate(self._rows):
                if run in measured:
                    self._ledgers[run].exact_error = reported_error(report, row)
        self._leave(ended)
        made = {run: self._ledgers[run].result(self._runs[run], self._task) for run in ended}
        self.results |= made
        return made


def _check_runs(runs: Sequence[Run]) -> None:
    """That they are runs, and can be one program."""
    check_type("runs", runs, Sequence, "it must be a list of runs")
    if not runs:
        raise ConfigurationError("runs", [], "there must be at least one")
    for run in runs:
        check_type("runs", run, Run, "each must be a Run")
    if len({run.structure for run in runs}) > 1:
        raise ConfigurationError(
            "runs",
            Description("different structures"),
            "runs trained together may differ only in numbers",
        )


def _row(states: RunState, row: int) -> RunState:
    return jax.tree.map(lambda leaf: leaf[row], states)
