"""What a task is: sequences and their targets, sampled from a key."""

import abc
from typing import ClassVar

import equinox as eqx
import jax

from .._types import Inputs, Labels, OutputKind, PRNGKey, Targets
from ..errors import check_integer

SHORTEST = 10
"""Below it, a tenth of the length is no window to place a symbol in."""

_VALIDATION_SEED = 0xA11_6E


class Batch(eqx.Module):
    """Sequences, time first, and what to say at their end."""

    inputs: Inputs
    """Symbols `int32 (T, B)`, or features `float32 (T, B, I)`."""
    targets: Targets
    """Classes `int32 (B,)`, or values `float32 (B, O)`."""


class Task(eqx.Module):
    """Where batches come from. `sample` is pure and runs inside jit."""

    name: eqx.AbstractVar[str]
    length: eqx.AbstractVar[int]
    """T."""
    input_size: eqx.AbstractVar[int]
    """I: symbols in the alphabet, or features."""
    output_size: eqx.AbstractVar[int]
    """O: classes, or values."""
    output_kind: eqx.AbstractVar[OutputKind]
    tolerance: eqx.AbstractVar[float | None]
    """For values: a sample is right if its squared error is at most this. None: there is no right
    or wrong, and the validation error is the mean squared error. Classes ignore it."""

    labels: ClassVar[Labels | None] = None
    """What each class is called, in order, and what the trained network says; None: 0 to O - 1."""

    @property
    def counts_errors(self) -> bool:
        """Whether samples are right or wrong; otherwise the error is the mean squared error."""
        return self.output_kind == "classes" or self.tolerance is not None

    @property
    def draws_validation(self) -> bool:
        """Whether validation samples are fresh draws, of which any part speaks for the whole. A
        task that has a `validation` of its own has finite data, in whatever order."""
        return type(self).validation is Task.validation

    @abc.abstractmethod
    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        """A fresh batch."""

    def validation(self, samples: int) -> Batch:
        """The validation set, the same for every run: `samples` of a synthetic task, or all that a
        finite data set holds out."""
        return self.sample(jax.random.key(_VALIDATION_SEED), samples)


def check_length(length: int) -> None:
    """A synthetic task's length."""
    check_integer("length", length, SHORTEST)
