"""What the host keeps of one run while it trains, and makes its result of."""

import bisect
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from ..names import Status
from ..network import RNN
from ..tasks import Task
from .program import Reply, RunState
from .runs import Check, History, Run, RunResult
from .stopping import Progress, Stopping

ENTRY = ("iteration", "loss", "error")
"""Of a check, in this order."""


class Ledger:
    """One run's history and standing."""

    def __init__(self):
        self.progress = Progress()
        self.status: Status | None = None
        self.iterations = 0
        self.checked_iteration = 0
        self.exact_error = float("inf")
        self.seconds = 0.0
        self.state: RunState | None = None
        """Its last, once it has ended."""
        self.entries: list[tuple[int, float, float]] = []
        self.diagnostics: list[dict[str, np.ndarray]] = []

    def take(self, report: Reply, row: int, stopping: Stopping, is_check: bool) -> Status | None:
        """Take one row of a report; the status, if the run ends with it."""
        if report.diverged_at[row]:
            self.iterations = int(report.diverged_at[row])
            return "diverged"
        if not is_check:
            return None
        iteration, error = self.iterations, reported_error(report, row)
        loss = float(report.loss_sum[row]) / (iteration - self.checked_iteration)
        self.checked_iteration = iteration
        self.entries.append((iteration, loss, error))
        if report.diagnostics is not None:
            self.diagnostics.append(
                {name: np.asarray(each[row]) for name, each in report.diagnostics.items()}
            )
        return self.progress.check(
            stopping, iteration, error, is_better=bool(report.is_better[row])
        )

    def checks(self, run: Run, place: int, after: int) -> Iterator[Check]:
        """Those after this iteration, of the run at this place."""
        first = bisect.bisect_right(self.entries, after, key=lambda entry: entry[0])
        for at, (iteration, loss, error) in enumerate(self.entries[first:], first):
            rate = run.optimizer.rate_after(iteration - 1)
            diagnostics = self.diagnostics[at] if self.diagnostics else {}
            yield Check(place, iteration, loss, error, rate, diagnostics)

    def result(self, run: Run, task: Task) -> RunResult:
        """What a run that has ended came to."""
        assert self.status is not None
        assert self.state is not None
        columns = list(zip(*self.entries, strict=True)) or [()] * len(ENTRY)
        names = self.diagnostics[0] if self.diagnostics else ()
        return RunResult(
            run=run,
            status=self.status,
            iterations=self.iterations,
            best_error=self.exact_error,
            best_iteration=self.progress.best_iteration,
            network=_network(self.state, task),
            history=History(
                iteration=np.array(columns[0], int),
                loss=np.array(columns[1], float),
                error=np.array(columns[2], float),
                diagnostics={
                    name: np.stack([entry[name] for entry in self.diagnostics]) for name in names
                },
            ),
            counts_errors=task.counts_errors,
            seconds=self.seconds,
        )


def _network(state: RunState, task: Task) -> RNN:
    """The best one, with what the task knows of the data it was made for."""
    best = jax.tree.map(jnp.asarray, state.best_network)
    return best.speaking(task.labels, task.preparation)


def reported_error(report: Reply, row: int) -> float:
    """Of whole counts, so that 1 wrong of 10,000 is exactly 0.0001, which is not below it."""
    return float(report.errors.wrong[row]) / float(report.errors.seen[row])
