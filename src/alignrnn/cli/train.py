"""`alignrnn train`: one setting over seeds, from options to a directory of results."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ..errors import FailedRunsError, check_integer
from .options import RunOptions, hint
from .signals import StopRequest


@dataclass(kw_only=True)
class Train(RunOptions):
    """Train networks on one task with one rule, over seeds, and keep what came out.

    Writes a directory: config.json, runs.csv, history.csv, diagnostics.npz, the networks
    (seed-0.npz …) and the pictures. Ctrl-C ends the training and keeps what was reached, and so
    does a terminal that is closed.
    """

    task: tyro.conf.Positional[str]
    """temporal-order, temporal-order-3bit, random-permutation, adding, pixel-digits, or a file
    my.npz with the arrays inputs and targets."""

    # The task
    length: Annotated[int | None, hint(int, "20")] = None
    """T: time steps, at least 10. A data set has its own."""
    held_out: Annotated[float | None, hint(float, "0.2")] = None
    """For a file without validation arrays: the fraction of the samples to validate on."""
    tolerance: Annotated[float | None, hint(float, "none")] = None
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
        from ..reports import learning_curves, per_step, results_lines, save_figure
        from ..results import first_unused, new_directory, save_results, write_or_elsewhere
        from ..tasks import FILE_DEFAULTS, ArrayTask, named_task
        from ..training import Run, Training, use_cores
        from .progress import TrainingProgress

        use_cores(self.devices)
        check_integer("seeds", self.seeds, 1)
        protocol = self.make_protocol(diagnostics=self.diagnostics)
        rule, optimizer = self.make_rule(), self.make_optimizer()
        runs = [
            Run(rule, optimizer, self.make_network_options(), seed)
            for seed in range(self.seed, self.seed + self.seeds)
        ]
        options = {name: getattr(self, name) for name in ("length", *FILE_DEFAULTS)}
        task = named_task(self.task, options)
        label = f"{task.name} T={task.length}"
        out = self.out or first_unused(self._usual_directories(task))

        def write(path: Path) -> None:
            save_results(path, task, protocol, results)
            panels = {label: {self.rule: results}}
            save_figure(learning_curves(panels), path / "learning_curves.png")
            if protocol.diagnostics:
                save_figure(per_step(panels), path / "local_losses.png")

        with new_directory(out), StopRequest() as stop:
            with TrainingProgress(label, task.counts_errors) as progress:
                training = Training(task, runs, protocol)
                while training.training:
                    training.advance()
                    progress.show(training.snapshot())
                    if stop.requested:
                        training.end()
                results = [training.results[place] for place in range(len(runs))]
            try:
                write_or_elsewhere(out, write)
            finally:  # whoever cannot keep it may still read it
                for line in results_lines(f"{label}, {self.rule}", results):
                    print(line)
                for line in dict.fromkeys(f"{r.status}: {r.explanation}" for r in results):
                    print(line)
        if isinstance(task, ArrayTask):
            print(_picked_by(len(task.validation_targets), protocol.validation_samples))
        print(f"written to {out}")
        if all(result.status == "diverged" for result in results):
            raise FailedRunsError("every run diverged")
        return stop.requested

    def _usual_directories(self, task) -> Iterator[Path]:
        """runs/TASK-RULE, and its numbered neighbours."""
        from ..tasks import SYNTHETIC_TASKS

        length = f"-T{task.length}" if self.task in SYNTHETIC_TASKS else ""
        name = f"{task.name}{length}-{self.rule}"
        yield Path("runs") / name
        yield from (Path("runs") / f"{name}-{number}" for number in itertools.count(2))


def _picked_by(held_out: int, checked: int) -> str:
    """Which samples have picked the best network of finite data."""
    if held_out <= checked:
        return f"each check was on all {held_out:,} held-out samples"
    return (
        f"each check was on a fixed random {checked:,} of the {held_out:,} held-out samples, the "
        "result is of all"
    )
