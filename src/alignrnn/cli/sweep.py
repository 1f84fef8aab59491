"""`alignrnn sweep` and `alignrnn runs`: from a grid file to records, and what is in them."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import jax
import tyro

from ..benchmarks import MatrixProduct
from ..errors import ConfigurationError, check_choice, check_integer
from ..reports import axes_table, duration, runs_table
from ..results import (
    Row,
    Store,
    columns_of,
    is_sweep,
    open_store,
    ordered,
    read_store,
    row_of,
    select,
    varying,
)
from ..sweeps import Engine, Grid, estimate, groups_of, load_grid
from .places import Where
from .progress import StopRequest, SweepProgress
from .terminal import wide_console

SHOWN = ("id", "status", "iterations", "accuracy", "error", "seconds")
"""Columns of `runs` besides those in which its runs differ."""


@dataclass
class Sweep:
    """Train every run of a grid file; run again, it goes on where it was.

    A grid file is TOML: sections task, rule, optimizer, network and protocol, whose lists are axes,
    and a seed; see examples/small.toml. Writes a record a run and a table of all, runs.csv.
    """

    grid: tyro.conf.Positional[Path]
    """The grid file."""
    out: Path | None = None
    """Directory for the records; new, or that of the same sweep. Needed unless --dry-run."""
    dry_run: bool = False
    """Only say what would be run, and about how long it would take."""
    where: tyro.conf.OmitArgPrefixes[Where] = field(default_factory=Where)

    def run(self) -> bool:
        """Preview, train, record; whether it was stopped from outside."""
        self.where.check()
        if self.out is None and not self.dry_run:
            raise ConfigurationError("out", "nothing", "a sweep needs a directory: --out DIR")
        grid = load_grid(self.grid)
        if self.out is None or self.dry_run:
            begun = self.out is not None and is_sweep(self.out)
            _preview(grid, read_store(self.out) if self.out is not None and begun else None)
            return False
        with (
            self.where.engine_options() as options,
            open_store(self.out, grid.name) as store,
        ):
            engine = Engine(store, **options)
            _preview(grid, store, engine.parallel)
            jobs = engine.sweep(grid.configurations)
            with StopRequest() as stop, SweepProgress() as progress:
                engine.run(jobs, while_waiting=lambda now: progress.show(now, engine, stop))
            rows = ordered([row_of(record) for record in store], Runs.sort)
        console = wide_console()
        console.print(runs_table(rows, _columns(rows), limit=20))
        console.print(f"{len(rows)} records and runs.csv in {self.out}", highlight=False)
        if stop.requested:
            console.print("stopped; the same command goes on from here", highlight=False)
        return stop.requested


@dataclass
class Runs:
    """List the runs recorded in a directory: filter, sort, or print all of it as CSV."""

    directory: tyro.conf.Positional[Path]
    """The directory of a sweep or of a reproduction."""
    where: tuple[str, ...] = ()
    """Conditions that must all hold: rule.target_step=10 'accuracy>=0.99' status=solved."""
    sort: str = "error"
    """Column to sort by; with a - before it, the largest first: --sort=-iterations."""
    columns: tuple[str, ...] = ()
    """Columns to show (default: how runs ended, and in what they differ)."""
    limit: Annotated[
        int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="(default: 50, CSV: all)")
    ] = None
    """The most lines; 0: all."""
    csv: bool = False
    """Print CSV, all columns unless --columns names some."""

    def run(self) -> bool:
        """Read and print."""
        limit = self.limit if self.limit is not None else 0 if self.csv else 50
        check_integer("limit", limit, 0)
        rows = [row_of(record) for record in read_store(self.directory)]
        every = columns_of(rows)
        for column in self.columns if rows else ():
            check_choice("columns", column, every)
        kept = select(ordered(rows, self.sort), self.where)
        if self.csv:
            names = self.columns or every
            table = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
            table.writeheader()
            table.writerows(kept[: limit or None])
            return False
        console = wide_console()
        console.print(runs_table(kept, self.columns or _columns(kept), limit=limit))
        if len(kept) < len(rows) or not rows:
            console.print(f"{len(kept)} of {len(rows)} runs", highlight=False)
        return False


def _preview(grid: Grid, store: Store | None, parallel: int | None = None) -> None:
    """Say what the grid varies, how many runs are to be made, and about how long that takes."""
    console = wide_console()
    console.print(axes_table(grid.configurations))
    missing = [each for each in grid.configurations if store is None or store.get(each) is None]
    recorded = len(grid.configurations) - len(missing)
    if not missing:
        console.print(f"all {recorded} runs are recorded already", highlight=False)
        return
    devices = parallel or jax.device_count()
    expected = estimate(missing, MatrixProduct(jax.devices()).gigaflops(), devices)
    besides = f", besides {recorded} recorded already" if recorded else ""
    console.print(
        f"{_counted(len(missing), 'run')}{besides}, in "
        f"{_counted(len(groups_of(missing)), 'group')} on {_counted(devices, 'device')}: about "
        f"{duration(expected.at_first_chance)} if each ends as soon as its patience allows, "
        f"at most {duration(expected.at_most)}",
        highlight=False,
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _columns(rows: Sequence[Row]) -> list[str]:
    """How runs ended, and the columns in which they differ."""
    every, differing = columns_of(rows), varying(rows)
    known = [column for column in SHOWN if column in every]
    apart = [column for column in every if column in ("task", "rule", *differing)]
    return known + [column for column in apart if column not in (*SHOWN, "best_iteration")]
