"""`alignrnn train`: one setting over seeds, from options to a directory of results."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ..errors import check_integer
from ..reports import learning_curves, per_step, results_table, save_figure
from ..results import new_directory, save_results
from ..tasks import DEFAULT_LENGTH, FILE_DEFAULTS, SYNTHETIC_TASKS, Task, named_task
from ..training import Run, train_many, use_cores
from .options import RunOptions, hint
from .progress import StopRequest, TrainingProgress
from .terminal import wide_console


@dataclass(kw_only=True)
class Train(RunOptions):
    """Train networks on one task with one rule, over seeds, and keep what came out.

    Writes a directory: config.json, runs.csv, history.csv, diagnostics.npz, the networks
    (seed-0.npz …) and the pictures. Ctrl-C ends the training and keeps what was reached.
    """

    task: tyro.conf.Positional[str]
    """temporal-order, temporal-order-3bit, random-permutation, adding, pixel-digits, or a file
    my.npz with the arrays inputs and targets."""

    # The task
    length: Annotated[int | None, hint(int, str(DEFAULT_LENGTH))] = None
    """T: time steps, at least 10. A data set has its own."""
    held_out: Annotated[float | None, hint(float, str(FILE_DEFAULTS["held_out"]))] = None
    """For a file without validation arrays: the fraction of the samples to validate on."""
    tolerance: Annotated[float | None, hint(float, str(FILE_DEFAULTS["tolerance"]))] = None
    """For a file with real targets: the squared error up to which a sample counts as right."""

    # The seeds
    seeds: int = 1
    """How many runs, with seeds one after another; all are trained at once."""
    seed: int = 0
    """The first seed."""
    diagnostics: bool = True
    """Record local losses and gradient norms per time step at every check."""

    # The machine and the output
    devices: Annotated[int | None, hint(int, "all cores")] = None
    """CPU devices to train on."""
    out: Annotated[Path | None, hint(Path, "runs/TASK-RULE")] = None
    """Directory for the results; must be new or empty."""

    def run(self) -> bool:
        """Train, write, show; whether it was stopped from outside."""
        use_cores(self.devices)
        check_integer("seeds", self.seeds, 1)
        protocol = self.make_protocol(diagnostics=self.diagnostics)
        rule, optimizer = self.make_rule(), self.make_optimizer()
        runs = [
            Run(rule, optimizer, self.make_network_options(), seed)
            for seed in range(self.seed, self.seed + self.seeds)
        ]
        task = self._task()
        out = new_directory(self.out if self.out is not None else self._unused_directory(task))
        label = f"{task.name} T={task.length}"
        with StopRequest() as stop, TrainingProgress(label, task.counts_errors) as progress:
            results = train_many(task, runs, protocol, on_progress=progress.show, should_stop=stop)
        save_results(out, task, protocol, results)
        panels = {label: {self.rule: results}}
        save_figure(learning_curves(panels), out / "learning_curves.png")
        if protocol.diagnostics:
            save_figure(per_step(panels), out / "local_losses.png")
        console = wide_console()
        console.print(results_table([(label, self.rule, results)]))
        for line in dict.fromkeys(f"{r.status}: {r.explanation}" for r in results):
            console.print(line, highlight=False)
        console.print(f"written to {out}", highlight=False, soft_wrap=True)
        return stop.requested

    def _task(self) -> Task:
        options = {name: getattr(self, name) for name in ("length", *FILE_DEFAULTS)}
        return named_task(self.task, options)

    def _unused_directory(self, task: Task) -> Path:
        """runs/TASK-RULE, or the first of its numbered neighbours that is not there yet."""
        length = f"-T{task.length}" if self.task in SYNTHETIC_TASKS else ""
        name = f"{task.name}{length}-{self.rule}"
        numbered = (Path("runs") / f"{name}-{number}" for number in itertools.count(2))
        candidates = itertools.chain([Path("runs") / name], numbered)
        return next(path for path in candidates if not path.exists())
