"""Figures 2 to 4: what flows through the layers of an unrolled network while it trains."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...reports import Picture, Section, flow_figure, percent
from ...results import Record
from ...sweeps import expand
from .budgets import Budget
from .manifest import Candidates, Lookup, Manifest
from .published import figure

TASK, LENGTH = "temporal-order", 10
CHECKS = 100
"""Points of a curve."""
ALIVE = 1e-6
"""Of the largest local loss; a layer with more than this has one worth speaking of."""


class GradientFlow(Manifest):
    """Per layer L1 to L9 of a network over ten steps, over training: local loss, norms of ΔW_hh
    and ΔW_xh; and the global loss."""

    options: ClassVar[Mapping[str, Any]]
    """Of the rule, besides those all three share."""
    about: ClassVar[str]
    look: ClassVar[str]
    """What there is to see."""

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
        if not record.history["iteration"]:
            return Section(self.name, self.title, (about, "It ended before its first check."))
        flow = flow_in_words(record)
        picture = Picture(
            name=self.name,
            figure=flow_figure(record.history, record.diagnostics),
            caption=(
                f"**{self.look}** L1 is the first layer, L9 the last but one. "
                f"Temporal order, T = {LENGTH}, K = 10, β = 10, learning rate 0.1, one seed, "
                f"{record.iterations:,} iterations. "
                "W_hh has no gradient at L1, where the state before is 0. A value of 0 is not "
                "drawn on a logarithmic scale."
            ),
            alternative=(
                "Four panels over training iterations: local loss, norm of ΔW_hh and norm of "
                "ΔW_xh, a curve each for layers L1 to L9 on a logarithmic scale, and the global "
                f"loss. {flow}"
            ),
        )
        measured = f"{flow} Best accuracy: {percent(record.accuracy)}%."
        return Section(self.name, self.title, (about, picture, measured))


def flow_in_words(record: Record) -> str:
    """How many layers had a local loss worth speaking of when there last was one to compare with,
    and since when there is none."""
    iterations = record.history["iteration"]
    local_losses = np.asarray(record.diagnostics["local_loss"], float)
    comparable = [
        check
        for check, losses in enumerate(local_losses)
        if np.isfinite(losses).all() and losses.any()
    ]
    if not comparable:
        return "At no check was there a local loss to compare with: all are 0, or not finite."
    last = comparable[-1]
    *layers, _ = local_losses[last]
    alive = sum(loss > ALIVE * local_losses[last].max() for loss in layers)
    layers_alive = (
        f"{alive} of the {len(layers)} layers have a local loss of more than a millionth of the "
        "largest."
    )
    if last == len(iterations) - 1:
        return f"Measured at the end of training: {layers_alive}"
    return (
        f"{_what_ended(record, last + 1)} At iteration {iterations[last]:,}, the last check "
        f"before, {layers_alive}"
    )


def _what_ended(record: Record, first: int) -> str:
    """What became of the losses from the check `first` on, none of which can be compared with."""
    iterations, loss = record.history["iteration"], np.asarray(record.history["loss"], float)
    since = f"from iteration {iterations[first]:,} on"
    if np.any(np.asarray(record.diagnostics["local_loss"], float)[first:]):
        return f"The local losses are not finite {since}, or exactly 0."
    nonzero = np.flatnonzero(loss)
    zero = int(nonzero[-1]) + 1 if nonzero.size else 0
    if zero < len(loss):
        return (
            f"The global loss is exactly 0 in float32 from iteration {iterations[zero]:,} on, and "
            f"every local loss {since}: no error is left to send back."
        )
    return f"Every local loss is exactly 0 {since}."


class Figure2(GradientFlow):
    name = "figure2"
    title = "Figure 2: gradient flow, plain"
    options: ClassVar = {"gradient_bound": 1.0, "displacement_bound": 1.0}
    look = "Look at how far apart the curves lie: the signal lost from a layer to the one below."
    about = "RNN-LRA-diff as in Algorithm 1, c₁ = c₂ = 1."


class Figure3(GradientFlow):
    name = "figure3"
    title = "Figure 3: gradient flow, forced normalisation"
    options: ClassVar = {
        "gradient_bound": 1.0,
        "displacement_bound": 1.0,
        "normalization": "forced",
    }
    look = "Look at the gradients: all of norm 1, while the local losses stay apart."
    about = "Every gradient and displacement brought to norm 1, however small it was."


class Figure4(GradientFlow):
    name = "figure4"
    title = "Figure 4: gradient flow, regularised"
    options: ClassVar = {
        "gradient_bound": 1.0,
        "displacement_bound": 1.0,
        "regularization": 1.0,
    }
    look = "Look at how close the curves lie to each other, against those of Figure 2."
    about = "Regularize of Algorithm 2 with α = 1 in place of Normalize, c₁ = c₂ = 1."
