"""What a command would train, and about how long that takes."""

from collections.abc import Sequence
from pathlib import Path

import jax

from ..configuration import Configuration
from ..reports import aligned, axes_table, beside, duration
from ..results import Store, is_store, read_store
from ..studies import real_data
from ..studies.benchmarks import MatrixProduct
from ..studies.frontier import Search
from ..studies.paper import Budget, Lookup, Manifest, plan
from ..sweeps import Estimate, Grid, estimate, groups_of
from .terminal import wide_console


def preview(grid: Grid, store: Store | None, parallel: int | None = None) -> None:
    """Say what a grid varies, how many runs are to be made, and about how long that takes."""
    console = wide_console()
    console.print(axes_table(grid.configurations))
    missing = [each for each in grid.configurations if store is None or store.get(each) is None]
    recorded = len(grid.configurations) - len(missing)
    if not missing:
        console.print(f"all {recorded} runs are recorded already", highlight=False)
        return
    besides = f", besides {recorded} recorded already" if recorded else ""
    devices = parallel or jax.device_count()
    time = _expected(missing, devices)
    print(
        f"{_counted(len(missing), 'run')}{besides}, {_side_by_side(missing, devices)}: "
        f"about {duration(time.at_first_chance)} if each ends as soon as its patience allows, "
        f"at most {duration(time.at_most)}, compiling included"
    )


def preview_reproduction(manifests: Sequence[Manifest], budget: Budget, out: Path) -> None:
    """Say how many runs stand behind each table and figure, and how many are there already."""
    store = read_store(out) if is_store(out) else None
    lookup: Lookup = store.get if store is not None else lambda _: None
    plans = [plan(manifest, budget, lookup) for manifest in manifests]
    columns = [
        aligned(["", *(each.name for each in plans)]),
        aligned(["numbers", *(f"{each.numbers:,}" for each in plans)], right=True),
        aligned(["runs at most", *(f"{each.runs:,}" for each in plans)], right=True),
        aligned(["of them left", *(f"{len(each.missing):,}" for each in plans)], right=True),
    ]
    for line in beside(columns):
        print(line)
    _say_at_most([run for each in plans for run in each.missing])


def preview_real_data(
    sets: Sequence[real_data.DataSet], budget: real_data.Budget, out: Path
) -> None:
    """Say how many runs each data set is for, and how many are there already."""
    store = read_store(out) if is_store(out) else None
    lookup: Lookup = store.get if store is not None else lambda _: None
    runs = {data.title: real_data.planned([data], budget, lookup) for data in sets}
    missing = {title: [r for r in each if lookup(r) is None] for title, each in runs.items()}
    columns = [
        aligned(["", *runs]),
        aligned(["runs", *(f"{len(each):,}" for each in runs.values())], right=True),
        aligned(["of them left", *(f"{len(each):,}" for each in missing.values())], right=True),
    ]
    for line in beside(columns):
        print(line)
    _say_at_most([run for each in missing.values() for run in each])


def preview_search(search: Search, out: Path) -> None:
    """Say how many runs a search may need, and how many are there already."""
    store = read_store(out) if is_store(out) else None
    every = [run for length in search.lengths for run in search.at(length)]
    missing = [run for run in every if store is None or store.get(run) is None]
    lengths = ", ".join(map(str, search.lengths))
    seeds = _counted(len(search.seeds), "seed")
    print(
        f"T = {lengths} with {seeds} each, until {search.beyond + 1} of them "
        f"{'is' if search.beyond == 0 else 'are'} not solved by every seed: "
        f"{_counted(len(every), 'run')} at most, {len(every) - len(missing):,} recorded already"
    )
    _say_at_most(missing)


def _say_at_most(missing: Sequence[Configuration]) -> None:
    unique = list({each.identity: each for each in missing}.values())
    if not unique:
        print("all of it is recorded already")
        return
    devices = jax.device_count()
    time = _expected(unique, devices)
    print(
        f"{_counted(len(unique), 'run')} left at most, {_side_by_side(unique, devices)}: "
        f"at most {duration(time.at_most)}, compiling included"
    )


def _side_by_side(missing: Sequence[Configuration], devices: int) -> str:
    return f"in {_counted(len(groups_of(missing)), 'group')} on {_counted(devices, 'device')}"


def _expected(missing: Sequence[Configuration], devices: int) -> Estimate:
    """How long runs would take on this machine, whose speed is measured, which takes a second."""
    return estimate(missing, MatrixProduct(jax.devices()).gigaflops(), devices)


def _counted(number: int, what: str) -> str:
    """1 run, 2 runs."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
