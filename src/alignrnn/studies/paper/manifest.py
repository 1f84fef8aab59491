"""What a manifest is: one table or figure of the paper, its runs, and how it is drawn."""

import abc
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...configuration import Configuration, configuration
from ...reports import Section
from ...results import Record
from .budgets import Budget

Candidates = Sequence[Configuration]
"""The runs behind one number, the best of them. Once one is solved, none can do better."""

Lookup = Callable[[Configuration], Record | None]
"""The record of a configuration, where there is one yet."""


@dataclass(frozen=True)
class Setting:
    """One setting of a rule's grid: rule and optimiser sections, without task, length and seed.

    `protocol` is what it changes of the budget's; `wrapped` the name of a task that the task is
    wrapped into, as `of`.
    """

    rule: Mapping[str, Any]
    optimizer: Mapping[str, Any]
    protocol: Mapping[str, Any] = field(default_factory=dict)
    wrapped: str | None = None

    def at(self, budget: Budget, task: str, length: int, seed: int = 0) -> Configuration:
        """The configuration of a run with it."""
        names = {"name": task} if self.wrapped is None else {"name": self.wrapped, "of": task}
        own = {"rule": self.rule, "optimizer": self.optimizer, "seed": seed}
        own |= {"task": {**names, "length": length}, "protocol": self.protocol}
        return _configured(budget, json.dumps(own))


def candidates(
    settings: Sequence[Setting], budget: Budget, task: str, length: int
) -> list[Configuration]:
    """A grid of settings on one task and length."""
    return [setting.at(budget, task, length) for setting in settings]


@functools.lru_cache(maxsize=10_000)
def _configured(budget: Budget, own: str) -> Configuration:
    """Made once: a report asks for the same runs again and again."""
    given = json.loads(own)
    shared = budget.shared
    return configuration({**shared, **given, "protocol": shared["protocol"] | given["protocol"]})


@dataclass(frozen=True)
class Search:
    """Table V's search: the longest length of a task that some setting of a rule's grid solves.

    `settings` is the grid, tried at each of the `lengths` in turn (see `search.walk`); `seeds` is
    how many seeds a setting that solved a length is run with.
    """

    task: str
    rule: str
    """Its column in Table V."""
    settings: Sequence[Setting]
    lengths: Sequence[int]
    seeds: int


class Manifest(abc.ABC):
    """A table or figure of the paper."""

    name: str
    """`table1` … `figure5`."""
    title: str

    @abc.abstractmethod
    def cells(self, budget: Budget) -> Sequence[Candidates]:
        """The runs it is made of, by the number they are for."""

    def searches(self, budget: Budget) -> Sequence[Search]:
        """The searches it needs besides."""
        return ()

    @abc.abstractmethod
    def section(self, budget: Budget, lookup: Lookup) -> Section:
        """The table or figure from the records there are, published numbers beside it."""
