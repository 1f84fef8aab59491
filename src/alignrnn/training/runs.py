"""What a run is, before (its configuration) and after (its result)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..cells import Cell, Elman, Stack
from ..errors import ConfigurationError, Description, check_integer, check_switch, check_type
from ..names import Status
from ..network import RNN
from ..registry import CELLS, RULES
from ..rules import Rule
from .optimizers import Optimizer, as_optimizer
from .stopping import EXPLANATIONS, LARGEST_COUNT, Stopping

LARGEST_SEED = 2**32 - 1
"""A key takes 32 bits of a seed: of larger ones, several would be the same run."""


_UNSAID = Elman()
"""The cell of a run that names none: of one that goes on from a network, that network's."""


@dataclass(frozen=True)
class Run:
    """One run's own configuration. `seed` decides everything that is random in it.

    Where their defaults will do, a name is enough for a rule (`"bptt"`), for an optimiser and for a
    cell (`"gru"`). With `start`, a network, training begins at its weights instead of at those the
    seed draws; rule and optimiser begin anew, and the cell is its own. Raises `ConfigurationError`
    for anything else.
    """

    rule: Rule
    optimizer: Optimizer = field(default_factory=Optimizer)
    cell: Cell | Stack = field(default_factory=lambda: _UNSAID)
    seed: int = 0
    start: RNN | None = None

    def __post_init__(self):
        object.__setattr__(self, "rule", as_rule(self.rule))
        object.__setattr__(self, "optimizer", as_optimizer(self.optimizer))
        if self.start is not None:
            allowed = "it must be a network; that of a file is alignrnn.load(path)"
            check_type("start", self.start, RNN, allowed)
            if self.cell is _UNSAID:
                object.__setattr__(self, "cell", self.start.cell)
        object.__setattr__(self, "cell", as_cell(self.cell))
        if self.start is not None and self.start.cell != self.cell:
            allowed = f"the network it starts from has {self.start.cell}"
            raise ConfigurationError("cell", Description(str(self.cell)), allowed)
        check_integer("seed", self.seed, 0, LARGEST_SEED)
        self.rule.check_cells(self.cell.each)

    @property
    def structure(self) -> tuple:
        """Runs of equal structure can be trained as one program."""
        return self.rule.structure, self.optimizer.structure, self.cell


def as_rule(given: Rule | str) -> Rule:
    """The rule given, or by its name one with its defaults."""
    if isinstance(given, str):
        return RULES.of(given)()
    check_type("rule", given, Rule, "it must be a rule, such as LRADiff(), or the name of one")
    return given


def as_cell(given: Cell | Stack | str) -> Cell | Stack:
    """The cell given, or by its name one with its defaults."""
    if isinstance(given, str):
        return CELLS.of(given)()
    allowed = "it must be a cell, such as GRU(64), or the name of one; training starts anew from it"
    check_type("cell", given, Cell | Stack, allowed)
    return given


@dataclass(frozen=True)
class Protocol:
    """What is the same for all runs trained together; the defaults are the paper's
    (docs/algorithms.md, 7).

    - `batch_size`: samples an iteration, B.
    - `validation_samples`: size of a synthetic task's validation set. Of finite data, a check goes
      through all that is held out, or through a fixed random sample of so many where that is more.
    - `check_every`: iterations between validation checks.
    - `stopping`: when a run ends.
    - `diagnostics`: record what happens at each time step, at every check.
    """

    batch_size: int = 20
    validation_samples: int = 10_000
    check_every: int = 100
    stopping: Stopping = field(default_factory=Stopping)
    diagnostics: bool = False

    def __post_init__(self):
        check_integer("batch_size", self.batch_size, 1)
        check_integer("validation_samples", self.validation_samples, 1)
        check_integer("check_every", self.check_every, 1, LARGEST_COUNT)
        check_type("stopping", self.stopping, Stopping, "it must be a Stopping, such as Stopping()")
        check_switch("diagnostics", self.diagnostics)


@dataclass(frozen=True)
class History:
    """One entry a check, `(C,)`; the diagnostics `(C, T)`, by name, where they were recorded."""

    iteration: np.ndarray
    loss: np.ndarray
    """Global loss, the mean over the iterations since the check before."""
    error: np.ndarray
    """Validation error as the check found it, in its shorter way (see `validation.py`)."""
    diagnostics: dict[str, np.ndarray]


@dataclass(frozen=True)
class Check:
    """One entry of a run's history, as whoever follows the training is told of it."""

    run: int
    """Of which of the runs, by its place in the order given."""
    iteration: int
    loss: float
    """See `History`."""
    error: float
    """See `History`."""
    learning_rate: float
    """Of the last update before the check, its decay in it."""
    diagnostics: Mapping[str, np.ndarray]
    """By name, `(T,)`; empty where they are not recorded."""


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    run: Run
    status: Status
    iterations: int
    """Iterations made; of a diverged run, the one whose loss was not finite."""
    best_error: float
    """The exact validation error of `network`; infinite if the run ended before any check."""
    best_iteration: int
    network: RNN
    """The network at its best validation error."""
    history: History
    counts_errors: bool
    """Whether the error is a fraction of wrong samples, rather than a mean squared error."""
    seconds: float
    """Wall time spent on this run: its share of every call of its batch, compilation included."""

    @property
    def accuracy(self) -> float:
        """Fraction of right validation samples; NaN where samples are not right or wrong, or the
        run ended before any check."""
        is_fraction = self.counts_errors and math.isfinite(self.best_error)
        return 1 - self.best_error if is_fraction else math.nan

    @property
    def explanation(self) -> str:
        """What the status means and, where the run failed, what may help."""
        return EXPLANATIONS[self.status]
