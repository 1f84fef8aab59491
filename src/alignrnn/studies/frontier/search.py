"""The longest length one setting of a rule solves, with every seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...configuration import Configuration, configuration
from ...errors import ConfigurationError, Description, check_integer
from ...registry import TASKS, is_own
from ...results import Store
from ...sweeps import Engine, Standing, climb

LENGTHS = (10, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500)


@dataclass(frozen=True)
class Search:
    """One setting, tried at each of the `lengths` from the shortest on with every seed, until
    `beyond` lengths more than the first were not solved by all of them.

    `sections` are those of a configuration: rule, optimizer, cell and protocol; `task_options` are
    those of the task but for its length. Raises `ConfigurationError` for what cannot be run, before
    anything is.
    """

    task: str
    sections: Mapping[str, Any]
    seeds: Sequence[int]
    lengths: Sequence[int] = LENGTHS
    beyond: int = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        check_integer("beyond", self.beyond, 0)
        is_known = is_own(self.task) or self.task in TASKS.names
        if not is_known or "length" not in TASKS.options(self.task):
            names = ", ".join(sorted(TASKS.names))
            raise ConfigurationError("task", self.task, f"it must have a length: {names}")
        if not self.lengths or not self.seeds:
            missing = "seeds" if self.lengths else "lengths"
            raise ConfigurationError(missing, Description("none"), "there must be one at least")
        for length in self.lengths:
            self.at(length)

    def at(self, length: int) -> list[Configuration]:
        """The runs of one length, one a seed."""
        task = {"name": self.task, **self.task_options, "length": length}
        return [configuration({**self.sections, "task": task, "seed": s}) for s in self.seeds]

    def run(
        self, store: Store, engine: Engine, while_waiting: Callable[[Standing], None]
    ) -> int | None:
        """Train what has no record yet; the longest length before the first that not all seeds
        solved, None if there is none."""

        def attempt(length: int) -> bool | None:
            configurations = self.at(length)
            engine.run(engine.sweep(configurations), while_waiting=while_waiting)
            if engine.stopping:
                return None
            return all(store[each].solved for each in configurations)

        return climb(self.lengths, attempt, beyond=self.beyond).longest
