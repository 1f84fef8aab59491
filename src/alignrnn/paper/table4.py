"""Table IV: the grid over the normalisation constants c₁ and c₂, temporal order, T = 20."""

from collections.abc import Sequence
from itertools import product

from ..configuration import Configuration
from ..reports import Cell, Section, Table
from .accuracy import accuracy_cell, lra_settings
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

        def row(inner_steps: int, c1: float) -> tuple[Cell | str, ...]:
            cells = [
                accuracy_cell(
                    _cell(budget, inner_steps, c1, c2),
                    lookup,
                    printed.get((inner_steps, c1, c2)),
                    has_print=(inner_steps, c1, c2) in printed,
                )
                for c2 in budget.bounds
            ]
            return (str(inner_steps), f"{c1:g}", *cells)

        table = Table(
            caption=f"Temporal order, T = {LENGTH}: best validation accuracy (%)",
            header=("K", "c₁", *(f"c₂ = {c2:g}" for c2 in budget.bounds)),
            rows=tuple(row(k, c1) for k in budget.inner_steps for c1 in budget.bounds),
        )
        about = (
            "Every pair of c₁ (gradients) and c₂ (displacements), each with the grid of learning "
            "rates and β; 0 switches that normalisation off. The paper printed one row for each "
            "K: c₁ = 0, c₂ = 0.1."
        )
        return Section(self.name, self.title, (about, table))
