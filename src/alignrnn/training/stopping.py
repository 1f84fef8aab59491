"""When a run ends, and how (docs/algorithms.md, 7)."""

from dataclasses import dataclass, field

from ..errors import check_integer, check_number
from ..names import Status

EXPLANATIONS: dict[Status, str] = {
    "solved": "the validation error fell below the limit",
    "max_iterations": "the iterations were used up; allow more, or raise the learning rate",
    "no_improvement": "no better validation error for too many checks; another step size may help",
    "diverged": "the loss was no longer finite; lower the learning rate or bound the gradients",
    "outpaced": "given up, too far behind the best of the runs beside it",
    "stopped": "ended from outside; what was reached is kept",
}

LARGEST_COUNT = 2**31 - 1
"""Iterations are counted in 32 bits on the device."""


@dataclass(frozen=True)
class Stopping:
    """The criteria; the defaults are the paper's protocol.

    - `solved_below`: solved at a validation error below this; None: never.
    - `max_iterations`: the most iterations.
    - `patience`: end after so many checks in a row without a better validation error; None: never.

    Examples:
        >>> import alignrnn as ar
        >>> ar.Stopping(max_iterations=1000, patience=None)
        Stopping(solved_below=0.0001, max_iterations=1000, patience=None)
    """

    solved_below: float | None = 1e-4
    max_iterations: int = 100_000
    patience: int | None = 30

    def __post_init__(self):
        if self.solved_below is not None:
            check_number("solved_below", self.solved_below, above=0)
        check_integer("max_iterations", self.max_iterations, 1, LARGEST_COUNT)
        if self.patience is not None:
            check_integer("patience", self.patience, 1)


@dataclass
class Progress:
    """What one run has shown so far, and what that means for it."""

    best_error: float = float("inf")
    best_iteration: int = 0
    checks_without_better: int = field(default=0)

    def check(
        self, criteria: Stopping, iteration: int, error: float, *, is_better: bool
    ) -> Status | None:
        """Take the validation error of a check; the status, if the run ends with it."""
        if is_better:
            self.best_error, self.best_iteration = error, iteration
            self.checks_without_better = 0
        else:
            self.checks_without_better += 1
        if criteria.solved_below is not None and error < criteria.solved_below:
            return "solved"
        if iteration >= criteria.max_iterations:
            return "max_iterations"
        return "no_improvement" if self.is_impatient(criteria) else None

    def is_impatient(self, criteria: Stopping) -> bool:
        """Whether too many checks have gone by without a better error."""
        return criteria.patience is not None and self.checks_without_better >= criteria.patience
