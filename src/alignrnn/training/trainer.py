"""Training to the end, in one call."""

from collections.abc import Callable, Sequence

from .._types import Device
from ..cells import Cell, Stack
from ..network import RNN
from ..rules import Rule
from ..tasks import Task
from .checkpoint import Checkpoint
from .optimizers import Optimizer, as_optimizer
from .race import Race
from .runs import Check, Protocol, Run, RunResult, as_cell, as_rule
from .together import Snapshot, Training


def train(
    task: Task | str,
    rule: Rule | str,
    *,
    optimizer: Optimizer | str | None = None,
    cell: Cell | Stack | str | None = None,
    seed: int = 0,
    protocol: Protocol | None = None,
    start: RNN | None = None,
    on_check: Callable[[Check], None] | None = None,
) -> RunResult:
    """Train one network on a task with a rule: `train_many` of one run.

    Where their defaults will do, a name is enough: `train("temporal-order", "bptt")`, with
    `optimizer="adam"` and `cell="gru"`. With `start`, a network, training goes on from it, see
    `Run`. `on_check` is told what each check found, while it trains: a `CSVLog`, a
    `TensorBoardLog`, or any function of a `Check`. Raises `ConfigurationError` for what cannot be
    used.
    """
    run = Run(
        as_rule(rule),
        Optimizer() if optimizer is None else as_optimizer(optimizer),
        seed=seed,
        start=start,
        **({} if cell is None else {"cell": as_cell(cell)}),
    )
    return train_many(task, [run], protocol, on_check=on_check)[0]


def train_many(
    task: Task | str,
    runs: Sequence[Run],
    protocol: Protocol | None = None,
    *,
    on_progress: Callable[[Snapshot], None] | None = None,
    on_check: Callable[[Check], None] | None = None,
    race: Race | None = None,
    devices: Sequence[Device] | None = None,
    tile: int | None = None,
    batch_over: int | None = None,
    start_from: Checkpoint | None = None,
) -> list[RunResult]:
    """Train many networks on one task as one compiled program; results in the order of the runs.

    The arguments are those of `Training`, which is the way to do anything between two calls of the
    program. `on_progress` is told how things stand after each of them (about a second), `on_check`
    what each check found of each run, as in `train`; with `start_from`, first of the checks before
    it. With a `race`, runs far behind the others are given up.
    """
    training = Training(
        *(task, runs, protocol),
        devices=devices,
        tile=tile,
        batch_over=batch_over,
        start_from=start_from,
    )
    told = 0
    while training.training:
        training.advance()
        if on_check is not None:
            for check in training.checks(after=told):
                on_check(check)
            told = training.iteration
        if race is not None:
            training.end(race.behind(training), "outpaced")
        if on_progress is not None:
            on_progress(training.snapshot())
    return [training.results[index] for index in range(len(runs))]
