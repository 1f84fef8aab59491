"""Table V's search: raise the length until no setting of a rule's grid solves the task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...configuration import Configuration
from ...results import Record
from ...sweeps import Group, climb, groups_of
from .budgets import Budget
from .manifest import Lookup, Search, Setting, candidates


@dataclass(frozen=True)
class Runs:
    """How a search comes by records: it has them made, or takes those that are there."""

    until_solved: Callable[[Group], Record | None]
    """From runs of one group to the first that was solved."""
    complete: Callable[[Sequence[Configuration]], Sequence[Record]]
    """From runs to their records, each trained to its end."""
    ended: Callable[[Sequence[Configuration]], bool]
    """Whether all that will come of these runs is there."""


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


def walk(search: Search, budget: Budget, runs: Runs) -> tuple[list[Step], bool]:
    """The steps of a search, and whether it came to its end.

    At each length the setting that solved the one before is tried first, alone; then the grid, a
    group of equal structure after the other, until some setting solves it. So a length counts as
    solved exactly if a setting of the grid solves it with seed 0.
    """
    steps: list[Step] = []
    winner: Setting | None = None

    def attempt(length: int) -> bool | None:
        nonlocal winner
        grid = candidates(search.settings, budget, search.task, length)
        by_identity = {
            each.identity: setting for each, setting in zip(grid, search.settings, strict=True)
        }
        tries = groups_of(grid)
        if winner is not None:
            tries.insert(0, [winner.at(budget, search.task, length)])
        for group in tries:
            solved = runs.until_solved(group)
            if solved is not None:
                break
            if not runs.ended(group):
                return None
        else:
            steps.append(Step(length, None))
            return False
        winner = by_identity[solved.identity]
        seeds = range(1, search.seeds)
        others = [winner.at(budget, search.task, length, seed) for seed in seeds]
        records = runs.complete(others)
        if not runs.ended(others):
            return None
        steps.append(Step(length, solved, records))
        return True

    ended = climb(search.lengths, attempt).ended
    return steps, ended


def replay(search: Search, budget: Budget, lookup: Lookup) -> tuple[list[Step], bool]:
    """The steps that the records there are tell of, and whether the search had ended with them."""

    def there(configurations: Sequence[Configuration]) -> list[Record]:
        return [record for each in configurations if (record := lookup(each)) is not None]

    def first_solved(group: Group) -> Record | None:
        solved = [record for record in there(group) if record.solved]
        return min(solved, key=lambda record: record.iterations, default=None)

    def ended(configurations: Sequence[Configuration]) -> bool:
        return len(there(configurations)) == len(configurations)

    return walk(search, budget, Runs(first_solved, there, ended))
