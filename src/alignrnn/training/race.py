"""Many runs of which only the best matters: those far behind are given up (successive halving)."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import check_integer, check_number
from .together import Training


@dataclass(frozen=True)
class Race:
    """At `first`, 2·`first`, 4·`first`, … iterations, of the runs still training, those in the
    worse half whose best validation error so far is above `margin` times the lowest end as
    `outpaced`. Where all are alike, at chance for instance, none is given up.

    After Jamieson & Talwalkar 2016; the margin is ours.
    """

    first: int = 1_000
    margin: float = 1.1

    def __post_init__(self):
        check_integer("first", self.first, 1)
        check_number("margin", self.margin, at_least=1)

    def behind(self, training: Training) -> list[int]:
        """The indices of those to give up now, at a check; none between two."""
        if not training.checked:
            return []
        outpaced = self.outpaced(training.iteration, training.best_errors())
        return [training.training[index] for index in outpaced]

    def outpaced(self, iteration: int, errors: Sequence[float]) -> list[int]:
        """The indices of those to give up, from the best errors so far."""
        rounds, rest = divmod(iteration, self.first)
        if rest or rounds.bit_count() != 1:
            return []
        ranked = sorted(range(len(errors)), key=lambda index: errors[index])
        behind = ranked[(len(errors) + 1) // 2 :]
        return [index for index in behind if errors[index] > self.margin * errors[ranked[0]]]
