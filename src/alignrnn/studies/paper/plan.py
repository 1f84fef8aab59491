"""What the manifests would train, before any of it is."""

from dataclasses import dataclass

from ...configuration import Configuration
from .budgets import Budget
from .manifest import Candidates, Lookup, Manifest, candidates
from .search import replay


@dataclass(frozen=True)
class Plan:
    """The runs behind a table or figure."""

    name: str
    numbers: int
    """How many numbers or curves they are for."""
    runs: int
    """All that may be made: a search ends with the first length it does not solve, and the
    settings behind a number may end with the first that is solved."""
    missing: tuple[Configuration, ...]
    """Those that may still be made."""


def plan(manifest: Manifest, budget: Budget, lookup: Lookup) -> Plan:
    """The runs of a manifest that the records there are leave to be made."""
    cells = list(manifest.cells(budget))
    missing = [each for cell in cells for each in _missing(cell, budget, lookup)]
    searches = manifest.searches(budget)
    for search in searches:
        grids = [candidates(search.settings, budget, search.task, t) for t in search.lengths]
        # Whichever setting solves a length is run with the other seeds: it is as long as the first.
        seeds = [
            search.settings[0].at(budget, search.task, length, seed)
            for length in search.lengths
            for seed in range(1, search.seeds)
        ]
        cells += [*grids, seeds]
        steps, ended = replay(search, budget, lookup)
        if not ended:
            left = grids[len(steps) :]
            done = {step.length for step in steps}
            asked = [each for grid in left for each in grid]
            asked += [each for each in seeds if each.task["length"] not in done]
            missing += [each for each in asked if lookup(each) is None]
    unique = {each.identity: each for each in missing}
    runs = {each.identity for cell in cells for each in cell}
    numbers = len(searches) or len(cells)
    return Plan(manifest.name, numbers, len(runs), tuple(unique.values()))


def _missing(cell: Candidates, budget: Budget, lookup: Lookup) -> list[Configuration]:
    """None where nothing could be better any more."""
    records = [record for each in cell if (record := lookup(each)) is not None]
    if budget.until_solved and any(record.solved for record in records):
        return []
    return [each for each in cell if lookup(each) is None]
