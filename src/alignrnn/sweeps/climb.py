"""A search over lengths: each is attempted in turn, until one is not solved."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Climb:
    """How a search over lengths went."""

    solved: Mapping[int, bool]
    """Whether it was solved, by each length attempted, from the shortest on."""
    ended: bool
    """False where it broke off: at a length of which it is not known whether it is solved."""

    @property
    def longest(self) -> int | None:
        """The last length before the first that was not solved; None if there is none."""
        longest = None
        for length, solved in self.solved.items():
            if not solved:
                break
            longest = length
        return longest


def climb(
    lengths: Iterable[int], attempt: Callable[[int], bool | None], *, beyond: int = 0
) -> Climb:
    """Attempt length after length, from the shortest on, until `beyond` lengths more than the first
    were not solved.

    What an attempt is, is up to the caller: it trains a grid or every seed, or looks at records
    alone. It says whether the length was solved; None where that is not known, because training
    was stopped or records are missing, and there the climb breaks off.
    """
    found: dict[int, bool] = {}
    for length in sorted(set(lengths)):
        solved = attempt(length)
        if solved is None:
            return Climb(found, ended=False)
        found[length] = solved
        if list(found.values()).count(False) > beyond:
            break
    return Climb(found, ended=True)
