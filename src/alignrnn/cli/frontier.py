"""`alignrnn frontier`: the longest length a setting solves with every seed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ..errors import check_integer
from .options import RunOptions, told_as_options
from .places import Where
from .signals import StopRequest
from .terminal import wide_console


@dataclass(kw_only=True)
class Frontier(RunOptions):
    """Try one setting of a rule at length after length, until not every seed solves it.

    Writes a record a run, runs.csv, and a report with a picture of accuracy and iterations against
    length. Run again, it goes on where it was. Searches of other rules, settings and tasks with
    the same directory stand side by side in its report.
    """

    task: tyro.conf.Positional[str]
    """temporal-order, temporal-order-3bit, random-permutation, adding, copy, delayed-match, or a
    class of one's own: my_task.py:MyTask."""
    lengths: Annotated[
        tuple[int, ...],
        tyro.conf.arg(help_behavior_hint="(default: 10 20 30 50 70 100 150 200 300 400 500)"),
    ] = ()
    """The lengths to try, from the shortest on."""
    beyond: int = 0
    """How many lengths more are tried after one that was not solved by every seed."""
    seeds: int = 3
    """How many runs of a length, with seeds one after another."""
    seed: int = 0
    """The first seed."""
    label: Annotated[
        str | None, tyro.conf.arg(metavar="TEXT", help_behavior_hint="(default: what differs)")
    ] = None
    """What tables and pictures call this setting on this task; kept in labels.json."""
    out: Path = Path("runs/frontier")
    """Directory for records and report; new, or that of other searches."""
    dry_run: bool = False
    """Only say what would be run, and about how long it would take."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    sets: ClassVar[frozenset[str]] = frozenset({"length", "run_in"})

    def run(self) -> bool:
        """Search, write; whether it was stopped from outside."""
        from ..results import open_store
        from ..studies.frontier import LENGTHS, Search, checked_label, put_label, write_frontier
        from ..sweeps import Engine
        from .preview import preview_search
        from .progress import SweepProgress

        self.where.check()
        check_integer("seeds", self.seeds, 1)
        if self.label is not None:
            checked_label(self.label)
        seeds = range(self.seed, self.seed + self.seeds)
        with told_as_options():
            search = Search(
                self.task,
                self.sections(),
                seeds,
                self.lengths or LENGTHS,
                self.beyond,
                self.task_options(),
            )
        if self.dry_run:
            preview_search(search, self.out)
            return False
        with (
            self.where.engine_options() as options,
            open_store(self.out, "frontier") as store,
            StopRequest() as stop,
            SweepProgress() as progress,
        ):
            if self.label is not None:
                put_label(store, search.at(search.lengths[0])[0], self.label)
            engine = Engine(store, **options)
            try:
                longest = search.run(
                    store, engine, lambda standing: progress.show(standing, engine, stop)
                )
            finally:
                write_frontier(store)
        console = wide_console()
        console.print(
            f"{self.task}, {self.rule}: "
            + ("no length solved" if longest is None else f"solved up to T = {longest}")
            + (" so far" if stop.requested else ""),
            highlight=False,
        )
        console.print(f"report: {self.out}/report.html, {self.out}/report.md", highlight=False)
        if stop.requested:
            console.print("stopped; the same command goes on from here", highlight=False)
        return stop.requested
