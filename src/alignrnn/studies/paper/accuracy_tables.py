"""Tables I to III: RNN-LRA-diff, best validation accuracy per task, K and length."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...configuration import Configuration
from ...reports import Section
from .accuracy import Number, Row, accuracy_tables, k_of, lra_settings
from .budgets import LENGTHS, TASKS, TITLES, Budget
from .manifest import Candidates, Lookup, Manifest, candidates
from .published import accuracy


class AccuracyTable(Manifest):
    """A table of one part, or of several side by side, each with options of its own."""

    published: ClassVar[str]
    about: ClassVar[str]
    parts: ClassVar[Mapping[str | None, tuple[str, Mapping[str, Any]]]]
    """By the part's name among the published numbers: its heading, and the rule's options."""
    parts_are: ClassVar[str] = ""
    """What the parts differ in."""

    def _cell(
        self, budget: Budget, part: str | None, task: str, inner_steps: int, length: int
    ) -> list[Configuration]:
        settings = lra_settings(budget, inner_steps, **self.parts[part][1])
        return candidates(settings, budget, task, length)

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        return [
            self._cell(budget, part, task, inner_steps, length)
            for part in self.parts
            for task in TASKS
            for inner_steps in budget.inner_steps
            for length in LENGTHS
        ]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        def number(part: str | None, task: str, inner_steps: int, length: int) -> Number:
            runs = self._cell(budget, part, task, inner_steps, length)
            return Number(runs, accuracy(self.published, part, task, inner_steps, length))

        rows = [
            Row(
                f"{TITLES[task]}, T = {length}{k_of(budget, k)}",
                tuple(number(part, task, k, length) for part in self.parts),
            )
            for task in TASKS
            for k in budget.inner_steps
            for length in LENGTHS
        ]
        tables = accuracy_tables(
            f"Best validation accuracy (%) over the grid of learning rates and β{k_of(budget)}",
            "Problem",
            rows,
            lookup,
            parts=tuple(heading for heading, _ in self.parts.values()),
            parts_are=self.parts_are,
        )
        return Section(self.name, self.title, (self.about, *tables))


class Table1(AccuracyTable):
    name = "table1"
    title = "Table I: RNN-LRA-diff"
    published = "table1_lra_diff"
    parts: ClassVar = {None: ("", {})}
    about = (
        "Algorithm 1 with the mean squared error as local loss and Normalize with c₁ = c₂ = 1. "
        "The paper's numbers are the best of its whole grid."
    )


class Table2(AccuracyTable):
    name = "table2"
    title = "Table II: the local loss"
    published = "table2_local_loss"
    parts: ClassVar = {
        "log_penalty": ("log penalty", {"local_loss": "log_penalty"}),
        "mse": ("mse", {"local_loss": "mse"}),
    }
    parts_are = "local loss"
    about = "As Table I, with the log penalty of eq. 8 and with the mean squared error."


class Table3(AccuracyTable):
    name = "table3"
    title = "Table III: normalisation"
    published = "table3_normalization"
    parts: ClassVar = {
        "no_normalization": (
            "without",
            {"gradient_bound": 0.0, "displacement_bound": 0.0},
        ),
        "normalization": ("with", {"gradient_bound": 1.0, "displacement_bound": 1.0}),
    }
    parts_are = "normalisation"
    about = "As Table I, with c₁ = c₂ = 0, which switches Normalize off, and with c₁ = c₂ = 1."
