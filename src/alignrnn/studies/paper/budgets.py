"""How much is run for the paper's tables and figures: quick, standard, full."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from ...names import BudgetName
from ...training import Race

TASKS = ("temporal-order", "temporal-order-3bit", "random-permutation")
TITLES = {
    "temporal-order": "Temporal order",
    "temporal-order-3bit": "3-bit temporal order",
    "random-permutation": "Random permutation",
}
LENGTHS = (10, 20, 30)
"""Of Tables I to III."""


@dataclass(frozen=True)
class Budget:
    """The grid every table and figure is made from, and when a run ends.

    `bounds` are the c₁ and c₂ of Table IV; `clips` the bounds on BPTT's gradient;
    `tptt_target_steps` and `tptt_learning_rates` are α_i and α_f of TPTT; `longest` the
    lengths tried for Table V; `seeds` how many seeds a setting that solved a length there is run
    with.
    """

    name: BudgetName
    about: str
    inner_steps: tuple[int, ...]
    learning_rates: tuple[float, ...]
    target_steps: tuple[float, ...]
    regularizations: tuple[float, ...]
    bounds: tuple[float, ...]
    clips: tuple[float, ...]
    tptt_target_steps: tuple[float, ...]
    tptt_learning_rates: tuple[float, ...]
    longest: tuple[int, ...]
    seeds: int
    max_iterations: int
    patience: int
    """Checks without a better validation error after which a run ends; 0: never."""
    tptt_patience: int
    """The same of TPTT's runs."""
    flow_iterations: int
    """Iterations of Figures 2 to 4."""
    until_solved: bool = True
    """Whether the runs behind a number end once one of them is solved, for none can do better."""
    race: Race | None = None
    """Whether those far behind the others are given up."""
    hidden_size: int = 100
    validation_samples: int = 10_000

    @property
    def banner(self) -> str | None:
        """What has to stand on a report that is not by the paper's protocol."""
        if self.name != "quick":
            return None
        return (
            "Quick budget: smaller grids and fewer iterations than the paper's protocol. "
            "Numbers show that everything runs, not how far a rule goes."
        )

    @property
    def shared(self) -> dict[str, Any]:
        """What all its configurations share: the sections cell and protocol."""
        return {
            "cell": {"hidden_size": self.hidden_size},
            "protocol": {
                "max_iterations": self.max_iterations,
                "patience": self.patience,
                "validation_samples": self.validation_samples,
            },
        }

    @property
    def settings(self) -> list[tuple[str, str]]:
        """What a reader has to know of it, as facts."""
        iterations = f"at most {self.max_iterations:,}" + (
            f", or {self.patience} checks without a better validation error"
            + (f"; TPTT's {self.tptt_patience}" if self.tptt_patience != self.patience else "")
            if self.patience
            else ", no early stopping"
        )
        return [
            ("Budget", f"{self.name}: {self.about}"),
            ("Inner steps K", _listed(self.inner_steps)),
            ("Learning rates", _listed(self.learning_rates)),
            ("Target steps β", _listed(self.target_steps)),
            (
                "TPTT",
                f"α_i {_listed(self.tptt_target_steps)}; learning rates "
                f"{_listed(self.tptt_learning_rates)} with Nesterov's momentum of 0.9; α_g 0.1",
            ),
            ("Regularization α", _listed(self.regularizations)),
            ("Iterations of a run", iterations),
            *([("Settings of a cell", self._side_by_side)] if self.until_solved else []),
            (
                "Network",
                f"{self.hidden_size} tanh units, orthogonal initial weights, batch of 20",
            ),
            (
                "Solved",
                f"0 wrong of {self.validation_samples:,} validation samples, looked at every 100 "
                "iterations",
            ),
        ]

    @property
    def _side_by_side(self) -> str:
        together = "side by side until the first of them is solved"
        if self.race is None:
            return together
        first = self.race.first
        return (
            f"{together}; at {first:,}, {2 * first:,}, {4 * first:,}, … iterations, of those left, "
            "the worse half is given up where its best error so far is above "
            f"{self.race.margin:g} times the lowest"
        )


def _listed(values: tuple) -> str:
    return ", ".join(f"{value:g}" for value in values)


_EVERY_LENGTH = (10, 20, 30, 40, 50, 60, 70, 80, 100, 120, 150, 200, 300)

BUDGETS: dict[BudgetName, Budget] = {
    "quick": Budget(
        name="quick",
        about="everything within ten minutes on two cores",
        inner_steps=(10,),
        learning_rates=(0.1,),
        target_steps=(10.0,),
        regularizations=(0.1,),
        bounds=(0.0, 0.1),
        clips=(1.0,),
        tptt_target_steps=(1.0,),
        tptt_learning_rates=(0.1,),
        longest=(10, 20),
        seeds=1,
        max_iterations=500,
        patience=0,
        tptt_patience=0,
        flow_iterations=300,
    ),
    "standard": Budget(
        name="standard",
        about="the published grid at K = 10, settings far behind given up",
        inner_steps=(10,),
        learning_rates=(0.1, 0.01, 0.001),
        target_steps=(10.0, 1.0, 0.1, 0.01),
        regularizations=(2.0, 1.0, 0.1),
        bounds=(0.0, 0.1, 1.0),
        clips=(1.0, 0.0),
        tptt_target_steps=(3.0, 1.0),
        tptt_learning_rates=(0.1, 0.03, 0.01),
        longest=_EVERY_LENGTH,
        seeds=3,
        max_iterations=100_000,
        patience=30,
        tptt_patience=300,
        flow_iterations=2_000,
        race=Race(),
    ),
}
BUDGETS["full"] = dataclasses.replace(
    BUDGETS["standard"],
    name="full",
    about="the published grid, every K, no early stopping",
    inner_steps=(10, 20, 30),
    patience=0,
    tptt_patience=0,
    flow_iterations=10_000,
    until_solved=False,
    race=None,
)
