"""`alignrnn sweep`: from a grid file to records."""

from dataclasses import dataclass, field
from pathlib import Path

import tyro

from ..errors import ConfigurationError, Description
from .places import Where
from .runs import Runs, show_runs
from .signals import StopRequest
from .terminal import wide_console


@dataclass
class Sweep:
    """Train every run of a grid file; run again, it goes on where it was.

    A grid file is TOML: sections task, rule, optimizer, cell and protocol, whose lists are axes,
    and a seed; see examples/small.toml. Writes a record a run and a table of all, runs.csv.
    """

    grid: tyro.conf.Positional[Path]
    """The grid file."""
    out: Path | None = None
    """Directory for the records; new, or that of the same sweep. Needed unless --dry-run."""
    keep_networks: bool = False
    """Keep each run's network at its best validation error, networks/ID.npz, and its last state,
    from which the same run with more iterations goes on."""
    dry_run: bool = False
    """Only say what would be run, and about how long it would take."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    def run(self) -> bool:
        """Preview, train, record; whether it was stopped from outside."""
        from ..results import is_store, open_store, ordered, read_store, row_of
        from ..sweeps import Engine, load_grid
        from .preview import preview
        from .progress import SweepProgress

        self.where.check()
        if self.out is None and not self.dry_run:
            raise ConfigurationError(
                "out", Description("nothing"), "a sweep needs a directory: --out DIR"
            )
        grid = load_grid(self.grid)
        if self.out is None or self.dry_run:
            begun = self.out is not None and is_store(self.out)
            preview(grid, read_store(self.out) if self.out is not None and begun else None)
            return False
        with (
            self.where.engine_options(len(grid.configurations)) as options,
            open_store(self.out, grid.name) as store,
        ):
            engine = Engine(store, keeps_networks=self.keep_networks, **options)
            preview(grid, store, engine.parallel)
            jobs = engine.sweep(grid.configurations)
            with StopRequest() as stop, SweepProgress() as progress:
                engine.run(jobs, while_waiting=lambda now: progress.show(now, engine, stop))
            rows = ordered([row_of(record) for record in store], Runs.sort)
        console = wide_console()
        show_runs(rows, limit=20)
        console.print(f"{len(rows)} records and runs.csv in {self.out}", highlight=False)
        if stop.requested:
            console.print("stopped; the same command goes on from here", highlight=False)
        return stop.requested
