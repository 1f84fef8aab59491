"""`alignrnn compare`: how the gradients of rules lie to BPTT's, on the same networks."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ..errors import ConfigurationError
from .options import PartsOptions, hint, told_as_options
from .signals import StopRequest
from .terminal import wide_console
from .trained import network_file_of

if TYPE_CHECKING:
    from ..studies.comparison import Comparison


@dataclass(kw_only=True)
class Compare(PartsOptions):
    """Compare the gradients of rules with BPTT's, of the same networks and the same batches: cosine
    and norm by parameter and by time step, at the start and along a training.

    Prints a table and writes parameters.csv, steps.csv, progress.csv and pictures. Ctrl-C keeps
    what was found.
    """

    task: tyro.conf.Positional[str]
    """A task, a data set or a file, as `alignrnn train` takes it."""
    rules: tuple[str, ...] = ()
    """Which rules: NAME, or with options NAME,option=value,…, as in lra-diff,target-step=unit.
    (default: all that take the cell, but rtrl, whose gradient is BPTT's)"""
    length: Annotated[int | None, hint(int, "the task's")] = None
    """T: time steps. A data set has its own."""

    # The training
    rule: str = "bptt"
    """The rule that trains the network on whose way all rules are compared; any that `alignrnn
    train` takes, with its options."""
    own: bool = False
    """Each rule trains a network of its own instead, and is compared on its way."""
    iterations: int = 1000
    """Iterations of the training; 0: compare at the start alone."""
    check_every: int = 100
    """Iterations between two looks at the rules."""
    batch_size: int = 20
    """B: samples an iteration, and of each batch that is looked at."""
    batches: int = 10
    """Batches that are looked at; what is shown is their mean."""
    seed: int = 0
    """Of the network, the batches, and what a rule draws."""
    start: Annotated[
        Path | None,
        tyro.conf.arg(name="from", metavar="RUN", help_behavior_hint="(default: new weights)"),
    ] = None
    """Begin with a trained network: its .npz file, or the best of a directory of runs."""
    out: Annotated[Path | None, hint(Path, "runs/compare-TASK")] = None
    """Directory for the tables and pictures."""

    def run(self) -> bool:
        """Compare, write, show; whether it was stopped from outside."""
        from ..configuration import configuration
        from ..files import check_directory, writable
        from ..reports import save_figure
        from ..studies.comparison import check_counts, compare, entrants_of, pictures
        from ..training import use_cores

        use_cores()
        check_counts(self.batch_size, self.batches, self.iterations, self.check_every)
        sections = self.sections()
        if self.own and len(sections["rule"]) > 1:
            given = ", ".join(each for each in sections["rule"] if each != "name")
            raise ConfigurationError("own", True, f"no rule trains all, so that {given} is of none")
        length = {} if self.length is None else {"length": self.length}
        task = {"name": self.task, **length, **self.task_options()}
        start = {}
        if self.start is not None:
            start = {"start": {"name": str(network_file_of(self.start, None)[0])}}
        with told_as_options(self.task):
            setting = configuration({**sections, "task": task, "seed": self.seed, **start})
        built, run = setting.build_task(), setting.build_run()
        rules = entrants_of(self.rules, run.cell)
        out = self.out or Path("runs") / f"compare-{built.name}-T{built.length}"
        check_directory("out", out)
        console = wide_console()
        with StopRequest() as stop:

            def told(found: "Comparison") -> bool:
                last = found.progress[-1]
                console.print(f"{last.rule}: iteration {last.iteration:,}", highlight=False)
                return stop.requested

            found = compare(
                *(built, rules),
                trained_by=None if self.own else run.rule,
                optimizer=run.optimizer,
                cell=run.cell,
                seed=self.seed,
                start=run.start,
                batch_size=self.batch_size,
                batches=self.batches,
                iterations=self.iterations,
                check_every=self.check_every,
                on_progress=told,
            )
        found.write(out)
        for name, figure in pictures(found):
            writable("out", out / name, functools.partial(save_figure, figure))
        for line in found.lines():
            print(line)
        print(f"written to {out}")
        return stop.requested

    def _cell_name(self) -> dict[str, Any]:
        """Of a network that is begun with, the cell is its own unless --cell names one."""
        is_its_own = self.start is not None and not self.names_cell
        return {} if is_its_own else super()._cell_name()
