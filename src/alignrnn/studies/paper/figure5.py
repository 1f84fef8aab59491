"""Figure 5: what the regularization coefficient α does to the accuracy."""

import math
from collections.abc import Sequence

from ...configuration import Configuration
from ...reports import Picture, Section, relative_change_figure
from ...results import Record
from .accuracy import Number, Row, accuracy_tables, best_of, lra_settings
from .budgets import TITLES, Budget
from .manifest import Candidates, Lookup, Manifest, candidates
from .published import figure

PROBLEMS = (("random-permutation", 20), ("temporal-order", 20), ("temporal-order-3bit", 10))


def _grid(budget: Budget, task: str, length: int, alpha: float) -> list[Configuration]:
    settings = lra_settings(budget, budget.inner_steps[0], regularizations=(alpha,))
    return candidates(settings, budget, task, length)


class Figure5(Manifest):
    name = "figure5"
    title = "Figure 5: accuracy against α"

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        return [
            _grid(budget, task, length, alpha)
            for task, length in PROBLEMS
            for alpha in (0.0, *budget.regularizations)
        ]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        alphas = sorted(budget.regularizations)
        changes = {
            f"{TITLES[task]}, T = {length}": {
                alpha: _changes(budget, task, length, alpha, lookup) for alpha in alphas
            }
            for task, length in PROBLEMS
        }
        about = (
            "The change of accuracy from α = 0 to each α, in percent of the accuracy at α = 0. The "
            "line is of the best of the grid of learning rates and β, which ends with the first "
            "setting solved; each point is one setting that ran to its end, or equally far, with "
            "and without α. "
            f"The paper: “{figure('figure5')}”"
        )
        if not any(each for by_alpha in changes.values() for each, _ in by_alpha.values()):
            return Section(self.name, self.title, (about, "Not run yet, or nothing to compare."))
        best = "; ".join(
            f"{problem}: "
            + ", ".join(f"α = {alpha:g} {_in_words(best)}" for alpha, (_, best) in by_alpha.items())
            for problem, by_alpha in changes.items()
        )
        picture = Picture(
            name=self.name,
            figure=relative_change_figure(changes),
            caption="**Look at the line against 0**: above it, the best setting of the grid has "
            "become better with α, below it worse. A dot is one setting.",
            alternative=f"Three panels of points and lines. Change of the grid's best: {best}.",
        )
        tables = accuracy_tables(
            "Best validation accuracy (%) of the grid, for each α",
            "Problem",
            [
                Row(
                    f"{TITLES[task]}, T = {length}",
                    tuple(Number(_grid(budget, task, length, a)) for a in (0.0, *alphas)),
                )
                for task, length in PROBLEMS
            ],
            lookup,
            parts=tuple(f"α = {alpha:g}" for alpha in (0.0, *alphas)),
            parts_are="grid",
        )
        return Section(self.name, self.title, (about, picture, *tables))


def _changes(
    budget: Budget, task: str, length: int, alpha: float, lookup: Lookup
) -> tuple[list[float], float | None]:
    """Of every setting that has both records, in percent; and of the grid's best."""
    grid, plain = _grid(budget, task, length, alpha), _grid(budget, task, length, 0.0)
    settings = zip(map(lookup, grid), map(lookup, plain), strict=True)
    each = [_change(*pair) for pair in settings if _comparable(*pair)]
    of_best = _change(best_of(grid, lookup), best_of(plain, lookup))
    return [change for change in each if change is not None], of_best


def _comparable(after: Record | None, before: Record | None) -> bool:
    """Whether both ran to their ends, or as far as each other."""
    if after is None or before is None:
        return False
    given_up = "outpaced" in (after.status, before.status)
    return not given_up or after.iterations == before.iterations


def _change(after: Record | None, before: Record | None) -> float | None:
    """Relative, in percent; None where there is nothing to compare."""
    if after is None or before is None or not before.accuracy > 0 or after.best_error == math.inf:
        return None
    return 100 * (after.accuracy / before.accuracy - 1)


def _in_words(change: float | None) -> str:
    if change is None:
        return "not comparable"
    return f"{change:+.2f}%" if change else "no change"
