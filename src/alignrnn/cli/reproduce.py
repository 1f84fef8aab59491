"""`alignrnn reproduce`: the paper's tables and figures, and one report."""

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ..errors import ConfigurationError, Description, check_choice
from ..names import BudgetName
from .places import Where
from .signals import StopRequest
from .terminal import wide_console

ALL = "all"


@dataclass
class Reproduce:
    """Make the paper's tables and figures, with its numbers beside the measured ones.

    Writes report.html (one page that needs nothing else), report.md, the figures as PNG and PDF,
    a record of every run and runs.csv. Run again, it goes on where it was.
    """

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """table1 … table5, figure2 … figure5, or all."""
    budget: BudgetName = "quick"
    """quick: everything within ten minutes on two cores, with smaller grids and fewer iterations;
    standard: the published grid at K = 10, for hours; full: every K, no early stopping."""
    out: Annotated[
        Path | None,
        tyro.conf.arg(metavar="PATH", help_behavior_hint="(default: reproduction-BUDGET)"),
    ] = None
    """Directory for records and report; new, or that of the same budget."""
    dry_run: bool = False
    """Only say what would be run, and about how long it would take."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    def run(self) -> bool:
        """Train, write; whether it was stopped from outside."""
        from ..studies.paper import BUDGETS, MANIFESTS, reproduce
        from .preview import preview_reproduction
        from .progress import SweepProgress

        if not self.names:
            allowed = f"say what: {', '.join((*MANIFESTS, ALL))}"
            raise ConfigurationError("names", Description("nothing"), allowed)
        for name in self.names:
            check_choice("names", name, (*MANIFESTS, ALL))
        self.where.check()
        names = list(MANIFESTS) if ALL in self.names else self.names
        out = self.out or Path(f"reproduction-{self.budget}")
        if self.dry_run:
            preview_reproduction([MANIFESTS[name] for name in names], BUDGETS[self.budget], out)
            return False
        command = shlex.join(["alignrnn", *sys.argv[1:]])
        with (
            self.where.engine_options() as options,
            StopRequest() as stop,
            SweepProgress() as progress,
        ):
            stopped = reproduce(
                names,
                BUDGETS[self.budget],
                out,
                command,
                lambda standing, engine: progress.show(standing, engine, stop),
                options,
            )
        console = wide_console()
        console.print(f"report: {out}/report.html, {out}/report.md", highlight=False)
        console.print(f"all runs: {out}/runs.csv (alignrnn runs {out})", highlight=False)
        if stopped:
            console.print("stopped; the same command goes on from here", highlight=False)
        return stopped
