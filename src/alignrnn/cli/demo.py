"""`alignrnn demo`: four tasks, three rules, three seeds each, a table and two pictures."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ..reports import learning_curves, per_step, results_table, save_figure
from ..results import save_results, writable
from ..rules import BPTT, LRADiff, Rule
from ..tasks import RandomPermutation, Task, TemporalOrder, TemporalOrder3Bit, pixel_digits
from ..training import Optimizer, Protocol, Run, RunResult, Stopping, train_many, use_cores
from .progress import StopRequest, TrainingProgress
from .terminal import wide_console

SEEDS = 3
CHECK_EVERY = 50
"""Half the protocol's interval: the curves are short."""


@dataclass(frozen=True)
class Experiment:
    """One line of the demonstration's table."""

    task: Task
    rule_name: str
    rule: Rule
    max_iterations: int

    @property
    def label(self) -> str:
        return f"{self.task.name} T={self.task.length}"


UNIT_GAIN = 1000.0
"""β = B·H/2 passes a displacement on undiminished. The paper's grid ends at 10, a hundredth of it,
where the signal is gone after a few steps: `alignrnn train temporal-order --target-step 10`."""


def experiments() -> list[Experiment]:
    """One setting a rule, the same on every task."""
    rules: dict[str, Rule] = {
        "LRA-diff": LRADiff(UNIT_GAIN),
        "LRA-diff, regularised": LRADiff(UNIT_GAIN, regularization=0.1, regularize=("weights",)),
        "BPTT, clipped": BPTT(clip=1.0),
    }
    tasks: list[tuple[Task, int]] = [
        (TemporalOrder(20), 3_000),
        (TemporalOrder3Bit(10), 3_000),
        (RandomPermutation(20), 3_000),
        (pixel_digits(), 2_000),
    ]
    return [
        Experiment(task, name, rule, max_iterations)
        for task, max_iterations in tasks
        for name, rule in rules.items()
    ]


@dataclass
class Demo:
    """Train four tasks with LRA-diff, regularised LRA-diff and BPTT over three seeds each, and show
    what came out.

    Some minutes on two cores. Writes the learning curves, the local losses of every time step, and
    all results. Ctrl-C ends it and shows what there is.
    """

    out: Path = Path("demo")
    """Directory for the results; those of an earlier demonstration are written over."""

    def run(self) -> bool:
        """Train all, write, show; whether it was stopped from outside."""
        use_cores()
        writable("out", self.out, lambda path: path.mkdir(parents=True, exist_ok=True))
        console = wide_console()
        rows: list[tuple[str, str, list[RunResult]]] = []
        panels: dict[str, dict[str, list[RunResult]]] = {}
        with StopRequest() as stop:
            for experiment in experiments():
                results = self._train(experiment, stop)
                rows.append((experiment.label, experiment.rule_name, results))
                panels.setdefault(experiment.label, {})[experiment.rule_name] = results
                _tell(console, experiment, results)
                if stop.requested:
                    break
        save_figure(learning_curves(panels), self.out / "learning_curves.png")
        save_figure(per_step(panels), self.out / "local_losses.png")
        console.print()
        console.print(results_table(rows))
        console.print()
        console.print(f"Pictures: {self.out}/learning_curves.png, {self.out}/local_losses.png")
        console.print(f"Results and networks: {self.out}/TASK/RULE/")
        return stop.requested

    def _train(self, experiment: Experiment, stop: StopRequest) -> list[RunResult]:
        runs = [Run(experiment.rule, Optimizer(learning_rate=0.1), seed=s) for s in range(SEEDS)]
        protocol = Protocol(
            check_every=CHECK_EVERY,
            stopping=Stopping(max_iterations=experiment.max_iterations, patience=None),
            diagnostics=True,
        )
        label = f"{experiment.label}, {experiment.rule_name}"
        with TrainingProgress(label, experiment.task.counts_errors) as progress:
            results = train_many(
                experiment.task, runs, protocol, on_progress=progress.show, should_stop=stop
            )
        rule_folder = experiment.rule_name.lower().replace(", ", "-")
        folder = self.out / experiment.task.name / rule_folder
        writable("out", folder, lambda path: path.mkdir(parents=True, exist_ok=True))
        save_results(folder, experiment.task, protocol, results)
        return results


def _tell(console: Console, experiment: Experiment, results: list[RunResult]) -> None:
    solved = sum(result.status == "solved" for result in results)
    seconds = max(result.seconds for result in results)
    console.print(
        f"{experiment.label}, {experiment.rule_name}: {solved} of {SEEDS} solved, {seconds:.0f} s",
        highlight=False,
    )
