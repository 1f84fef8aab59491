"""What a way to learn came to on a data set with a cell."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...configuration import Configuration
from ...results import Record
from .data_sets import DataSet
from .scores import Scores
from .ways import Way

Lookup = Callable[[Configuration], Record | None]
"""The record of a configuration, where there is one yet."""


def chosen_of(tried: Sequence[Configuration], lookup: Lookup) -> Configuration | None:
    """The setting of the lowest validation loss; of several, the one that came there first. None
    before all are there."""
    records = [lookup(each) for each in tried]
    there = [record for record in records if record is not None and record.status != "stopped"]
    if len(there) < len(tried):
        return None
    best = min(there, key=lambda record: (record.best_error, record.best_iteration))
    return next(each for each in tried if each.identity == best.identity)


@dataclass(frozen=True)
class Outcome:
    """The measured runs of a chosen setting, as far as they are there."""

    data: DataSet
    way: Way
    cell: str
    chosen: Configuration | None
    records: Sequence[Record]
    scores: Sequence[Scores | None]
    """Of each record."""

    def each(self, part: str) -> list[float]:
        """The score of each run on a part: accuracy in percent, or nats a frame; worst for a run
        whose answers are no numbers."""
        measure, factor = ("nll", 1.0) if self.data.is_music else ("accuracy", 100.0)
        worst = math.inf if self.data.is_music else 0.0
        return [
            factor * scores[part].get(measure, worst)
            for scores in self.scores
            if scores is not None
        ]

    def reaches(self, other: "Outcome") -> bool:
        """Whether on the test part it is at least as good as another, within the spread of seeds:
        its best run is no worse than the worst of the other's."""
        own, others = self.each("test"), other.each("test")
        if self.data.is_music:
            return min(own) <= max(others)
        return max(own) >= min(others)
