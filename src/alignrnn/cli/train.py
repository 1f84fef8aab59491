"""`alignrnn train`: one setting over seeds, from options to a directory of results."""

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ..errors import ConfigurationError, FailedRunsError, check_integer, check_number
from ..names import LogName
from .next_steps import next_steps
from .options import RunOptions, hint, told_as_options
from .places import Where
from .signals import StopRequest
from .trained import network_file_of

if TYPE_CHECKING:
    from ..configuration import Configuration
    from ..logs import Log
    from ..results import Record, Store
    from ..tasks import Task
    from ..training import Check


@dataclass(kw_only=True)
class Train(RunOptions):
    """Train networks on one task with one rule, over seeds, and keep what came out.

    Writes a directory: a record a run, a table of all, runs.csv, the networks and the pictures.
    Run again, the same command goes on where it was, whatever ended it; with more iterations, or
    more seeds, it goes on from what is there. Ctrl-C ends the training and keeps what was reached,
    and so does a terminal that is closed.
    """

    task: tyro.conf.Positional[str]
    """temporal-order, temporal-order-3bit, random-permutation, adding, copy, delayed-match,
    a data set (pixel-digits, japanese-vowels, basic-motions, osu-leaf, pixel-mnist, chorales,
    openml:NAME), or a file: my.npz with the arrays inputs and targets, my.csv or my.parquet in
    long form, my.ts."""

    # The task
    length: Annotated[int | None, hint(int, "the task's")] = None
    """T: time steps. A data set has its own."""
    grow_to: Annotated[tuple[int, ...], hint("INT", "it does not grow")] = ()
    """A curriculum of a synthetic task: once T is solved, go on with these, one after the other; of
    a range of lengths it is the end that grows. A seed that does not solve a length ends there."""
    grow_below: Annotated[float | None, hint(float, "--solved-below")] = None
    """The validation error that is low enough to go on to the next length."""

    # What to begin with
    start: Annotated[
        Path | None,
        tyro.conf.arg(name="from", metavar="RUN", help_behavior_hint="(default: new weights)"),
    ] = None
    """Go on from a network's .npz file, or from the best of a directory of runs: its weights, its
    cell, and what it does with features first. Rule and optimiser begin anew."""

    # The seeds
    seeds: int = 1
    """How many runs, with seeds one after another; all are trained at once."""
    seed: int = 0
    """The first seed."""
    diagnostics: bool = True
    """Record local losses and gradient norms per time step at every check."""

    # The machine and the output
    log: Annotated[
        tuple[LogName, ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="{csv,tensorboard}", help_behavior_hint="(default: none)"),
    ] = ()
    """While it trains, what each check finds: csv appends rows to log.csv in the directory,
    tensorboard (needs alignrnn[tensorboard]) writes event files, a run a seed. May be given
    twice."""
    out: Annotated[Path | None, hint(Path, "runs/TASK-RULE")] = None
    """Directory for the results; new, or that of the same setting."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    def run(self) -> bool:
        """Train, write, show; whether it was stopped from outside."""
        from ..logs import LOGS
        from ..reports import results_lines, save_figure
        from ..results import open_store, own_or_unused
        from ..sweeps import Engine
        from ..tasks import ArrayTask
        from ..training import EXPLANATIONS
        from .progress import TrainingProgress

        self.where.check()
        for each in self.log:
            LOGS[each][0].check_installed()
        configurations = self.configurations()
        task, protocol = configurations[0].build_task(), configurations[0].build_protocol()
        self._check_growth(configurations[0], task)
        name = _name_of(configurations[0])
        out = self.out or own_or_unused(self._usual_directories(task), name)
        stages: dict[str, list[Record]] = {}
        with (
            self.where.engine_options(len(configurations)) as options,
            open_store(out, name) as store,
            StopRequest() as stop,
        ):
            logs = self._logs(out)
            for count, longer in enumerate((*self.grow_to, None), 1):
                label = configurations[0].build_task().title
                on_check = functools.partial(_tell, logs) if logs else None
                engine = Engine(store, keeps_networks=True, on_check=on_check, **options)
                jobs = engine.sweep(configurations)
                _tell_recorded(logs, configurations, store)
                if not jobs:
                    which = f"{label}: " if self.grow_to else ""
                    print(f"{which}all of it is recorded already")
                with TrainingProgress(label, task.counts_errors) as progress:
                    engine.run(
                        jobs,
                        while_waiting=lambda now, engine=engine, progress=progress: (
                            progress.show_standing(now, engine, stop)
                        ),
                    )
                records = [record for each in configurations if (record := store.get(each))]
                if records:
                    stages[label] = records
                    for line in results_lines(f"{label}, {self.rule}", records):
                        print(line)
                solved = [record for record in records if record.solved]
                if stop.requested or longer is None or not solved:
                    break
                is_last = count == len(self.grow_to)
                below = self.solved_below if is_last else self._low_enough
                configurations = [_grown(record, longer, below, store) for record in solved]
            records = [record for each in stages.values() for record in each]
            for record in {record.status: record for record in records}.values():
                print(f"{record.status}: {EXPLANATIONS[record.status]}")
            pictures: list[str] = []
            if stages:
                panels = {label: {self.rule: each} for label, each in stages.items()}
                for file, figure in _pictures(panels):
                    store.write(out / file, functools.partial(save_figure, figure))
                    pictures.append(file)
        if isinstance(task, ArrayTask):
            print(_picked_by(len(task.validation_targets), protocol.validation_samples))
        steps = next_steps(
            out,
            pictures,
            task=self.task,
            task_options=self.task_options(),
            has_lengths=task.draws_validation,
            reports_steps=len(pictures) > 1,
        )
        is_kept = any(store.network(record.identity).is_file() for record in records)
        for line in steps if is_kept else [f"written to {out}"]:
            print(line)
        if stop.requested:
            print("stopped; the same command goes on from here")
        elif records and all(record.status == "diverged" for record in records):
            raise FailedRunsError("every run diverged")
        return stop.requested

    def _logs(self, out: Path) -> "list[Log]":
        """Opened, where they are asked for, and told of."""
        from ..logs import LOGS

        opened = []
        for name in dict.fromkeys(self.log):
            kind, file = LOGS[name]
            opened.append(kind(out / file, append=True))
            print(f"log: {out / file}", flush=True)
        return opened

    def _check_growth(self, first: "Configuration", task: "Task") -> None:
        """That every length there is to grow to can be, and is longer than the one before."""
        if self.grow_below is not None:
            check_number("grow_below", self.grow_below, above=0)
            if not self.grow_to:
                raise ConfigurationError("grow_below", self.grow_below, "it needs --grow-to")
        if self.grow_to and first.task.get("length") is None:
            raise ConfigurationError(
                "grow_to", list(self.grow_to), f"{task.name} has its own length"
            )
        last = task.length
        for longer in self.grow_to:
            check_integer("grow_to", longer, last + 1)
            last = longer

    @property
    def _low_enough(self) -> float:
        """The validation error at which a length that is not the last is done with."""
        return self.solved_below if self.grow_below is None else self.grow_below

    def configurations(self) -> "list[Configuration]":
        """The runs, one a seed; of a curriculum those of the first length."""
        from ..configuration import configuration

        check_integer("seeds", self.seeds, 1)
        sections = self.sections()
        sections["protocol"]["diagnostics"] = self.diagnostics
        if self.grow_to:
            sections["protocol"]["solved_below"] = self._low_enough
        length = {} if self.length is None else {"length": self.length}
        task = {"name": self.task, **length, **self.task_options()}
        start = {}
        if self.start is not None:
            start = {"start": {"name": str(network_file_of(self.start, None)[0])}}
        with told_as_options(self.task), _told_of_start():
            return [
                configuration({**sections, "task": task, "seed": seed, **start})
                for seed in range(self.seed, self.seed + self.seeds)
            ]

    def _cell_name(self) -> dict[str, Any]:
        """Of a network that is gone on from, the cell is its own unless --cell names one."""
        is_its_own = self.start is not None and not self.names_cell
        return {} if is_its_own else super()._cell_name()

    def _usual_directories(self, task) -> Iterator[Path]:
        """runs/TASK-RULE, and its numbered neighbours."""
        from ..registry import TASKS

        length = f"-T{task.span}" if self.task in TASKS.names else ""
        rule = self.rule.rpartition(":")[2]  # of one's own: the class alone
        name = f"{task.name}{length}-{rule}"
        yield Path("runs") / name
        yield from (Path("runs") / f"{name}-{number}" for number in itertools.count(2))


def _tell(logs: "Sequence[Log]", of: "Configuration", check: "Check") -> None:
    """Log what a check of a run found, under the name of its seed; of a task that can grow, and of
    the length."""
    length = of.task.get("lengths") or of.task.get("length")
    name = f"seed-{of.seed}" if length is None else f"T{length}-seed-{of.seed}"
    for log in logs:
        log.put(name, check)


def _tell_recorded(
    logs: "Sequence[Log]", configurations: "Sequence[Configuration]", store: "Store"
) -> None:
    """Log the runs that have a record, where they are not in the logs."""
    from ..results import checks_of

    for each in configurations if logs else ():
        if (record := store.get(each)) is not None:
            for check in checks_of(record, each.build_run().optimizer):
                _tell(logs, each, check)


def _grown(record: "Record", length: int, below: float, store: "Store") -> "Configuration":
    """The run that goes on from this one's network, with longer sequences, to this error."""
    from ..configuration import configuration

    data = dict(record.configuration)
    task = {**data["task"], "length": length}
    if "lengths" in task:
        task["lengths"] = f"{task['lengths'].partition('..')[0]}..{length}"
    network = store.network(record.identity)
    start = {"name": str(network.relative_to(store.path)), "folder": str(store.path)}
    protocol = {**data["protocol"], "solved_below": below}
    return configuration({**data, "task": task, "protocol": protocol, "start": start})


@contextlib.contextmanager
def _told_of_start() -> Iterator[None]:
    """A mistake in the network that is gone on from, told as one in --from."""
    try:
        yield
    except ConfigurationError as error:
        if not error.field.startswith("start"):
            raise
        raise ConfigurationError("from", error.value, error.allowed) from None


def _name_of(configuration: "Configuration") -> str:
    """What is the same for all seeds, however many iterations they may take."""
    from ..results import lineage

    task, rule = configuration.task["name"], configuration.rule["name"]
    setting = lineage(dataclasses.replace(configuration, seed=0))
    return f"train {task} {rule}, setting {setting}"


def _pictures(panels: Mapping[str, Mapping[str, Sequence[Any]]]) -> Iterator[tuple[str, Any]]:
    """Of what came out, by the names of their files."""
    from ..reports import layers_of, learning_curves, of_layer, per_step, signal_of

    yield "learning_curves.png", learning_curves(panels)
    every = [each.diagnostics for rules in panels.values() for each in chain(*rules.values())]
    recorded = next((each for each in every if each), {})
    highest = next(iter(layers_of(recorded)), None)
    signal = signal_of(of_layer(recorded, highest))
    if signal is not None:
        name = signal if highest is None else f"{highest}.{signal}"
        yield _PICTURES[signal], per_step(panels, name)


_PICTURES = {"local_loss": "local_losses.png", "error_norm": "errors.png"}


def _picked_by(held_out: int, checked: int) -> str:
    """Which samples have picked the best network of finite data."""
    if held_out <= checked:
        return f"each check was on all {held_out:,} held-out samples"
    return (
        f"each check was on a fixed random {checked:,} of the {held_out:,} held-out samples, the "
        "result is of all"
    )
