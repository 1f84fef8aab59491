"""Figures 2 to 4: what flows through the layers of an unrolled network while it trains."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..reports import Picture, Section, flow_figure, percent
from ..sweeps import expand
from .budgets import Budget
from .manifest import Candidates, Lookup, Manifest
from .published import figure

TASK, LENGTH = "temporal-order", 10
CHECKS = 100
"""Points of a curve."""


class GradientFlow(Manifest):
    """Per layer L1 to L9 of a network over ten steps, over training: local loss, norms of ΔW_hh
    and ΔW_xh; and the global loss."""

    options: ClassVar[Mapping[str, Any]]
    """Of the rule, besides those all three share."""
    about: ClassVar[str]

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        every = max(1, budget.flow_iterations // CHECKS)
        protocol = {
            "max_iterations": budget.flow_iterations,
            "patience": 0,
            "solved_below": 0,
            "check_every": every,
            "validation_samples": 1_000,
            "diagnostics": True,
        }
        shared = {"name": "lra-diff", "target_step": 10.0, "inner_steps": 10}
        return [
            expand(
                {
                    **budget.shared,
                    "task": {"name": TASK, "length": LENGTH},
                    "rule": {**shared, **self.options},
                    "optimizer": {"learning_rate": 0.1},
                    "protocol": protocol,
                }
            )
        ]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        ((configuration,),) = self.cells(budget)
        record = lookup(configuration)
        about = f"{self.about} The paper on its own figure: “{figure(self.name)}”"
        if record is None:
            return Section(self.name, self.title, (about, "Not run yet."))
        alive = _alive_layers(record.diagnostics["local_loss"])
        picture = Picture(
            name=self.name,
            figure=flow_figure(record.history, record.diagnostics),
            caption=(
                f"Temporal order, T = {LENGTH}, K = 10, β = 10, learning rate 0.1, one seed, "
                f"{record.iterations:,} iterations. L1 is the first layer, L9 the last but one. "
                "W_hh has no gradient at L1, where the state before is 0."
            ),
            alternative=(
                "Four panels over training iterations: local loss, norm of ΔW_hh and norm of "
                "ΔW_xh, a curve each for layers L1 to L9 on a logarithmic scale, and the global "
                f"loss. At the end of training {alive} of the 9 layers have a local loss of more "
                "than a millionth of the largest."
            ),
        )
        measured = (
            f"Measured at the end of training: {alive} of the 9 layers have a local loss of more "
            f"than a millionth of the largest; best accuracy {percent(record.accuracy)}%."
        )
        return Section(self.name, self.title, (about, picture, measured))


def _alive_layers(local_loss: Sequence[Sequence[float]]) -> int:
    last = list(local_loss[-1])[: LENGTH - 1]
    return sum(value > 1e-6 * max(local_loss[-1]) for value in last)


class Figure2(GradientFlow):
    name = "figure2"
    title = "Figure 2: gradient flow, plain"
    options: ClassVar = {"gradient_bound": 1.0, "displacement_bound": 1.0}
    about = "RNN-LRA-diff as in Algorithm 1, c₁ = c₂ = 1."


class Figure3(GradientFlow):
    name = "figure3"
    title = "Figure 3: gradient flow, forced normalisation"
    options: ClassVar = {
        "gradient_bound": 1.0,
        "displacement_bound": 1.0,
        "normalization": "forced",
    }
    about = "Every gradient and displacement brought to norm 1, however small it was."


class Figure4(GradientFlow):
    name = "figure4"
    title = "Figure 4: gradient flow, regularised"
    options: ClassVar = {
        "gradient_bound": 1.0,
        "displacement_bound": 1.0,
        "regularization": 1.0,
    }
    about = "Regularize of Algorithm 2 with α = 1 in place of Normalize, c₁ = c₂ = 1."
