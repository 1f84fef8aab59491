"""`alignrnn reproduce`: the paper's tables and figures, or the record of real data."""

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ..errors import ConfigurationError, Description, check_choice
from ..names import BudgetName
from .places import Where
from .signals import StopRequest
from .terminal import wide_console

if TYPE_CHECKING:
    from ..studies.real_data import DataSet

ALL, REAL_DATA = "all", "real-data"


@dataclass
class Reproduce:
    """Make the paper's tables and figures, with its numbers beside the measured ones; or the record
    of real data: local targets, TPTT, BPTT and the readout alone on real sequences.

    Writes report.html (one page that needs nothing else), report.md, the figures as PNG and PDF,
    a record of every run and runs.csv. Run again, it goes on where it was.
    """

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """table1 … table5, figure2 … figure5, or all of these; published, what the paper's numbers come
    from; or real-data, by itself."""
    budget: BudgetName = "quick"
    """quick: everything within ten minutes on two cores, with smaller grids and fewer iterations;
    standard: the published grid at K = 10, for hours; full: every K, no early stopping."""
    out: Annotated[
        Path | None,
        tyro.conf.arg(
            metavar="PATH", help_behavior_hint="(default: reproduction-BUDGET, real-data-BUDGET)"
        ),
    ] = None
    """Directory for records and report; new, or that of the same budget."""
    chorales: Annotated[
        Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="(default: music21's)")
    ] = None
    """For real-data: the JSON of the JSB chorales in their published split."""
    mnist: Annotated[
        Path | None, tyro.conf.arg(metavar="FOLDER", help_behavior_hint="(default: left out)")
    ] = None
    """For real-data: the folder with MNIST's files."""
    dry_run: bool = False
    """Only say what would be run, and about how long it would take."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    def run(self) -> bool:
        """Train, write; whether it was stopped from outside."""
        from ..studies.paper import EVERY

        if not self.names:
            allowed = f"say what: {', '.join((*EVERY, ALL, REAL_DATA))}"
            raise ConfigurationError("names", Description("nothing"), allowed)
        for name in self.names:
            check_choice("names", name, (*EVERY, ALL, REAL_DATA))
        if REAL_DATA in self.names:
            if len(self.names) > 1:
                others = ", ".join(name for name in self.names if name != REAL_DATA)
                raise ConfigurationError("names", others, f"{REAL_DATA} is a report by itself")
            return self._real_data()
        for option in ("chorales", "mnist"):
            if (value := getattr(self, option)) is not None:
                raise ConfigurationError(option, str(value), f"only {REAL_DATA} takes it")
        self.where.check()
        return self._paper()

    def _paper(self) -> bool:
        from ..studies.paper import BUDGETS, EVERY, MANIFESTS, reproduce
        from .preview import preview_reproduction

        names = list(MANIFESTS) if ALL in self.names else self.names
        budget, out = BUDGETS[self.budget], self.out or Path(f"reproduction-{self.budget}")
        if self.dry_run:
            preview_reproduction([EVERY[name] for name in names], budget, out)
            return False
        return self._made(lambda *how: reproduce(names, budget, out, *how), out)

    def _real_data(self) -> bool:
        from ..studies.real_data import BUDGETS, reproduce
        from .preview import preview_real_data

        self.where.check()
        sets = _data_sets(self.chorales, self.mnist)
        budget, out = BUDGETS[self.budget], self.out or Path(f"real-data-{self.budget}")
        if self.dry_run:
            preview_real_data(sets, budget, out)
            return False
        return self._made(lambda *how: reproduce(sets, budget, out, *how), out)

    def _made(self, reproduce: Any, out: Path) -> bool:
        """Follow a reproduction, and say where its report is."""
        from .progress import SweepProgress

        command = shlex.join(["alignrnn", *sys.argv[1:]])
        with (
            self.where.engine_options() as options,
            StopRequest() as stop,
            SweepProgress() as progress,
        ):
            stopped = reproduce(
                command, lambda standing, engine: progress.show(standing, engine, stop), options
            )
        console = wide_console()
        console.print(f"report: {out}/report.html, {out}/report.md", highlight=False)
        console.print(f"all runs: {out}/runs.csv (alignrnn runs {out})", highlight=False)
        if stopped:
            console.print("stopped; the same command goes on from here", highlight=False)
        return stopped


def _data_sets(chorales: Path | None, mnist: Path | None) -> "list[DataSet]":
    """Those that are there, each readable."""
    from ..studies.real_data import data_sets
    from ..tasks import named_task

    sets = data_sets(chorales, mnist)
    for option, given, ids in (
        ("chorales", chorales, ("chorales",)),
        ("mnist", mnist, ("mnist-rows",)),
    ):
        for data in sets:
            if given is not None and data.id in ids:
                try:
                    task = dict(data.task)
                    named_task(task.pop("name"), task, notices=False)
                except ConfigurationError as error:
                    raise ConfigurationError(option, error.value, error.allowed) from None
    return sets
