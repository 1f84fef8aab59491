"""How much is trained on real data: quick, standard, full."""

from dataclasses import dataclass

from ...names import BudgetName


@dataclass(frozen=True)
class Budget:
    """Of every data set, way to learn and cell: which rates are tried, and how often."""

    name: BudgetName
    about: str
    learning_rates: tuple[float, ...]
    target_steps: tuple[float, ...]
    """α_i of TPTT."""
    seeds: tuple[int, ...]
    """Of the runs that are measured."""
    share: float
    """Of a data set's iterations."""
    selection_seed: int = 100
    """Of the runs a setting is chosen by; none that is measured has it."""

    @property
    def banner(self) -> str | None:
        """What has to stand on a report that says little."""
        if self.name != "quick":
            return None
        return (
            "Quick budget: one learning rate, one seed, few iterations. Numbers show that "
            "everything runs, not how well a rule learns."
        )


BUDGETS: dict[BudgetName, Budget] = {
    each.name: each
    for each in (
        Budget(
            name="quick",
            about="one rate, one seed, a twentieth of the iterations",
            learning_rates=(0.01,),
            target_steps=(1.0,),
            seeds=(0,),
            share=0.05,
        ),
        Budget(
            name="standard",
            about="four rates, three seeds",
            learning_rates=(0.03, 0.01, 0.003, 0.001),
            target_steps=(1.0, 10.0),
            seeds=(0, 1, 2),
            share=1,
        ),
        Budget(
            name="full",
            about="six rates, ten seeds, twice the iterations",
            learning_rates=(0.1, 0.03, 0.01, 0.003, 0.001, 0.0003),
            target_steps=(0.1, 1.0, 10.0, 100.0),
            seeds=tuple(range(10)),
            share=2,
        ),
    )
}
