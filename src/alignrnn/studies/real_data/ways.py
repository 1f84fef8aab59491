"""The ways to learn that are compared, and the settings that are tried of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...configuration import Configuration, configuration
from .budgets import Budget
from .data_sets import DataSet

CELLS = {"elman": "Elman", "gru": "GRU"}


@dataclass(frozen=True)
class Way:
    """A rule as it is tried here."""

    title: str
    rule: Mapping[str, Any]
    cells: tuple[str, ...] = tuple(CELLS)
    """Those it is tried with."""
    has_target_step: bool = False
    """Whether its target step is searched for, besides the learning rate."""
    is_local: bool = False
    decays: bool = True
    """Whether its weights decay where a data set's training has a weight decay."""


STATES = Way(
    "Local targets, states",
    {"name": "lra-diff", "target_step": "unit", "clip": 1.0},
    is_local=True,
)
PRE_ACTIVATIONS = Way(
    "Local targets, pre-activations",
    {**STATES.rule, "align": "pre_activations"},
    cells=("elman",),
    is_local=True,
)
"""Of a GRU, whose state is its pre-activation, it is the same as `STATES`."""
TPTT = Way(
    "TPTT",
    {"name": "tptt", "inverse_initializer": "transpose", "clip": 1.0},
    cells=("elman",),
    has_target_step=True,
)
BPTT = Way("BPTT", {"name": "bptt", "clip": 1.0})
READOUT = Way("The readout alone", {"name": "readout", "clip": 1.0}, decays=False)
"""A decay would take away the recurrent weights, which nothing brings back."""
WAYS = (STATES, PRE_ACTIVATIONS, TPTT, BPTT, READOUT)


def candidates(way: Way, cell: str, data: DataSet, budget: Budget) -> list[Configuration]:
    """The settings of a way that are tried on a data set, with the seed that chooses."""
    steps: Sequence[dict[str, Any]] = [{}]
    if way.has_target_step:
        steps = [{"target_step": step} for step in budget.target_steps]
    return [
        _configuration(way, {**way.rule, **step}, rate, cell, data, budget)
        for step in steps
        for rate in budget.learning_rates
    ]


def measured(chosen: Configuration, budget: Budget) -> list[Configuration]:
    """The runs of a chosen setting that are measured: one a seed."""
    return [configuration({**chosen.as_dict(), "seed": seed}) for seed in budget.seeds]


def _configuration(
    way: Way, rule: Mapping[str, Any], rate: float, cell: str, data: DataSet, budget: Budget
) -> Configuration:
    iterations = max(data.check_every, round(budget.share * data.iterations))
    optimizer: dict[str, Any] = {"name": "adam"}
    if data.weight_decay and way.decays:
        optimizer = {"name": "adamw", "weight_decay": data.weight_decay}
    return configuration(
        {
            "task": data.task,
            "rule": rule,
            "cell": {"name": cell, "hidden_size": data.hidden_size},
            "optimizer": {
                **optimizer,
                "learning_rate": rate,
                "decay": "exponential",
                "decay_iterations": iterations / 3,
            },
            "protocol": {
                "batch_size": data.batch_size,
                "max_iterations": iterations,
                "check_every": data.check_every,
                "patience": 0,
                "solved_below": 0,
            },
            "seed": budget.selection_seed,
        }
    )
