"""Table V's search: raise the length until no setting of a rule's grid solves the task."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...configuration import Configuration
from ...results import Record
from ...sweeps import Group, groups_of
from .budgets import Budget
from .manifest import Lookup, Search, Setting, candidates

Solve = Callable[[Group], Record | None]
"""From runs of one group to the first that was solved."""
Finish = Callable[[Sequence[Configuration]], Sequence[Record]]
"""From runs to their records, each trained to its end."""


class Unfinished(Exception):  # noqa: N818
    """Raised where records are missing that a search needs."""


@dataclass(frozen=True)
class Step:
    """One length of a search."""

    length: int
    solved: Record | None
    """The first setting that solved it, with seed 0; None: no setting of the grid did."""
    others: Sequence[Record] = ()
    """The same setting with the other seeds."""

    @property
    def solved_seeds(self) -> int:
        """Of all seeds run."""
        return sum(record.solved for record in (self.solved, *self.others) if record is not None)


def walk(search: Search, budget: Budget, solve: Solve, finish: Finish) -> Iterator[Step]:
    """Length after length, the last of them unsolved unless all lengths were.

    At each length the setting that solved the one before is tried first, alone; then the grid, a
    group of equal structure after the other, until some setting solves it. So a length counts as
    solved exactly if a setting of the grid solves it with seed 0.
    """
    winner: Setting | None = None
    for length in search.lengths:
        grid = candidates(search.settings, budget, search.task, length)
        by_identity = {
            each.identity: setting for each, setting in zip(grid, search.settings, strict=True)
        }
        tries = groups_of(grid)
        if winner is not None:
            tries.insert(0, [winner.at(budget, search.task, length)])
        solved = next(filter(None, map(solve, tries)), None)
        if solved is None:
            yield Step(length, None)
            return
        winner = by_identity[solved.identity]
        seeds = range(1, search.seeds)
        others = [winner.at(budget, search.task, length, seed) for seed in seeds]
        yield Step(length, solved, finish(others))


def replay(search: Search, budget: Budget, lookup: Lookup) -> tuple[list[Step], bool]:
    """The steps that the records there are tell of, and whether the search had ended with them."""

    def solve(group: Group) -> Record | None:
        records = [lookup(each) for each in group]
        there = [record for record in records if record is not None]
        solved = [record for record in there if record.solved]
        if not solved and len(there) < len(group):
            raise Unfinished
        return min(solved, key=lambda record: record.iterations, default=None)

    def finish(configurations: Sequence[Configuration]) -> Sequence[Record]:
        there = [record for each in configurations if (record := lookup(each)) is not None]
        if len(there) < len(configurations):
            raise Unfinished
        return there

    steps: list[Step] = []
    try:
        for step in walk(search, budget, solve, finish):
            steps.append(step)
    except Unfinished:
        return steps, False
    return steps, True
