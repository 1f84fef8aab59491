"""`alignrnn runs`: what is in the records of a directory."""

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ..errors import check_choice, check_integer
from .terminal import wide_console


@dataclass
class Runs:
    """List the runs recorded in a directory: filter, sort, or print all of it as CSV."""

    directory: tyro.conf.Positional[Path]
    """The directory of a training, a sweep, a reproduction or a frontier."""
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
        from ..results import columns_of, ordered, read_store, row_of, select

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
        show_runs(kept, limit=limit, columns=self.columns)
        if len(kept) < len(rows) or not rows:
            print(f"{len(kept)} of {len(rows)} runs")
        return False


def show_runs(
    rows: Sequence[Mapping[str, Any]], *, limit: int, columns: Sequence[str] = ()
) -> None:
    """The first `limit` runs (0: all) as a table that fits the terminal."""
    from ..reports import runs_lines

    for line in runs_lines(rows, wide_console().width, limit=limit, columns=columns):
        print(line)
