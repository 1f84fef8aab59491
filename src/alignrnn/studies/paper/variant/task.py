"""The paper's tasks, validated as for its tables: from the state after the first symbol."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ...._types import PRNGKey
from ....errors import check_choice
from ....names import OutputKind
from ....tasks import Batch, Task, named_task
from ..budgets import TASKS


class FirstSymbolTwice(Task):
    """A task of the paper whose validation begins with z_0 = φ(x_1 W_xh + b_h), not with z_0 = 0.

    That state is the one after a first step on x_1. So a validation sequence is the task's own with
    its first symbol put in front once more: T + 1 steps. Training batches are the task's own.

    Raises `ConfigurationError` for another task than the paper's three, and for T < 10.
    """

    of: str = eqx.field(static=True, default="temporal-order")
    """Which of the paper's tasks: temporal-order, temporal-order-3bit or random-permutation."""
    length: int = eqx.field(static=True, default=20)
    """T: time steps of training, at least 10."""

    def __check_init__(self):
        check_choice("of", self.of, TASKS)
        assert self._task

    @property
    def _task(self) -> Any:
        return named_task(self.of, {"length": self.length})

    @property
    def name(self) -> str:
        return f"{self.of}, first symbol twice"

    @property
    def input_size(self) -> int:
        return self._task.input_size

    @property
    def output_size(self) -> int:
        return self._task.output_size

    @property
    def output_kind(self) -> OutputKind:
        return self._task.output_kind

    @property
    def tolerance(self) -> float | None:
        return self._task.tolerance

    @property
    def draws_validation(self) -> bool:
        return True  # they are fresh draws, of which any part speaks for the whole

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        return self._task.sample(key, batch_size)

    def validation(self, samples: int) -> Batch:
        batch = self._task.validation(samples)
        return Batch(jnp.concatenate([batch.inputs[:1], batch.inputs]), batch.targets)
