"""Table IV: the grid over the normalisation constants c₁ and c₂, temporal order, T = 20."""

from collections.abc import Sequence
from itertools import product

from ...configuration import Configuration
from ...reports import Section
from .accuracy import Number, Row, accuracy_tables, k_of, lra_settings
from .budgets import Budget
from .manifest import Candidates, Lookup, Manifest, candidates
from .published import normalization_rows

TASK, LENGTH = "temporal-order", 20


def _cell(budget: Budget, inner_steps: int, c1: float, c2: float) -> list[Configuration]:
    settings = lra_settings(budget, inner_steps, gradient_bound=c1, displacement_bound=c2)
    return candidates(settings, budget, TASK, LENGTH)


class Table4(Manifest):
    name = "table4"
    title = "Table IV: the normalisation constants"

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        return [
            _cell(budget, inner_steps, c1, c2)
            for inner_steps in budget.inner_steps
            for c1, c2 in product(budget.bounds, repeat=2)
        ]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        printed = {(k, c1, c2): value for k, c1, c2, value in normalization_rows()}

        rows = [
            Row(
                f"c₁ = {c1:g}, c₂ = {c2:g}{k_of(budget, k)}",
                (Number(_cell(budget, k, c1, c2), printed.get((k, c1, c2))),),
            )
            for k in budget.inner_steps
            for c1, c2 in product(budget.bounds, repeat=2)
        ]
        tables = accuracy_tables(
            f"Temporal order, T = {LENGTH}{k_of(budget)}: best validation accuracy (%)",
            "Constants",
            rows,
            lookup,
        )
        about = (
            "Every pair of c₁ (gradients) and c₂ (displacements), each with the grid of learning "
            "rates and β; 0 switches that normalisation off. The paper printed one row for each "
            "K: c₁ = 0, c₂ = 0.1."
        )
        return Section(self.name, self.title, (about, *tables))
