"""`alignrnn demo`: four tasks, three rules, three seeds each, a table and two pictures."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ..reports import learning_curves, per_step, results_table, save_figure
from ..results import new_directory, save_results
from ..rules import BPTT, LRADiff, Rule
from ..tasks import RandomPermutation, Task, TemporalOrder, TemporalOrder3Bit, pixel_digits
from ..training import Optimizer, Protocol, Run, RunResult, Stopping, train_many, use_cores
from .progress import StopRequest, TrainingProgress

SEEDS = 3


@dataclass(frozen=True)
class Experiment:
    """One cell of the demonstration."""

    task: Task
    rule_name: str
    rule: Rule
    learning_rate: float
    max_iterations: int

    @property
    def label(self) -> str:
        return f"{self.task.name} T={self.task.length}"


@dataclass
class Demo:
    """Train four tasks with LRA-diff, regularised LRA-diff and BPTT over three seeds each, and show
    what came out. Some minutes on two cores. Writes a table, pictures and all results."""

    out: Path = Path("demo")
    """Directory for the results; a demonstration that is there already is written over."""

    def run(self) -> bool:
        """Train all, write, show; whether it was stopped from outside."""
        use_cores()
        console = Console()
        rows: list[tuple[str, str, list[RunResult]]] = []
        panels: dict[str, dict[str, list[RunResult]]] = {}
        with StopRequest() as stop:
            for experiment in experiments():
                results = _train(experiment, stop)
                rows.append((experiment.label, experiment.rule_name, results))
                panels.setdefault(experiment.label, {})[experiment.rule_name] = results
                solved = sum(result.status == "solved" for result in results)
                console.print(
                    f"{experiment.label}, {experiment.rule_name}: {solved} of {SEEDS} solved",
                    highlight=False,
                )
                if stop.requested:
                    break
        return stop.requested
