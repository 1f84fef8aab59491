"""What a task is: sequences and their targets, sampled from a key."""

import abc
from typing import ClassVar

import equinox as eqx
import jax

from .._types import Count, Inputs, Labels, Lengths, PRNGKey, Targets, Weights
from ..data import Preparation
from ..names import OutputKind

_VALIDATION_SEED = 0xA11_6E


class Batch(eqx.Module):
    """Sequences, time first, and what to say at their end or at every step: S is 1 or T.

    Examples:
        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> batch = ar.Batch(jnp.zeros((5, 2, 3)), jnp.zeros((1, 2), "int32"))
        >>> batch.lengths is None  # both sequences have all five steps
        True
    """

    inputs: Inputs
    """Symbols `int32 (T, B)`, or features `float32 (T, B, I)`."""
    targets: Targets
    """Classes `int32 (S, B)`, or values or bits (0 or 1) `float32 (S, B, O)`."""
    weights: Weights | None = None
    """`float32 (S, B)`, how much each answer counts; 0: it is not scored. None: all alike."""
    lengths: Lengths | None = None
    """`int32 (B,)`; past its length a sequence's state is held, and nothing is scored. None: all
    sequences are T long."""


class Task(eqx.Module):
    """Where batches come from. `sample` is pure and runs inside jit.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> from typing import ClassVar
        >>> class First(ar.Task):
        ...     name: ClassVar[str] = "first"
        ...     length: ClassVar[int] = 5
        ...     input_size: ClassVar[int] = 2
        ...     output_size: ClassVar[int] = 2
        ...     output_kind: ClassVar[str] = "classes"
        ...     tolerance: ClassVar[None] = None
        ...
        ...     def sample(self, key, batch_size):
        ...         inputs = jax.random.randint(key, (self.length, batch_size), 0, 2)
        ...         return ar.Batch(inputs, inputs[:1])
        >>> First().sample(jax.random.key(0), 3).targets.shape
        (1, 3)
    """

    name: eqx.AbstractVar[str]
    length: eqx.AbstractVar[int]
    """T."""
    input_size: eqx.AbstractVar[int]
    """I: symbols in the alphabet, or features."""
    output_size: eqx.AbstractVar[int]
    """O: classes, or values."""
    output_kind: eqx.AbstractVar[OutputKind]
    """Whether outputs are logits of classes, real values, or logits of bits."""
    tolerance: eqx.AbstractVar[float | None]
    """For values: an answer is right if its squared error is at most this. None: there is no right
    or wrong, and the validation error is the mean squared error. Classes and bits ignore it; the
    error of bits is their loss, in nats an answer."""

    every_step: ClassVar[bool] = False
    """Whether there is an answer at every step, S = T, or one at the end, S = 1."""
    labels: ClassVar[Labels | None] = None
    """What each class is called, in order, and what the trained network says; None: 0 to O - 1."""
    preparation: ClassVar[Preparation | None] = None
    """What is done with features before the network sees them; the batches have it behind them."""

    @property
    def title(self) -> str:
        """Name and length, as a reader is told."""
        return f"{self.name} T={self.span}"

    @property
    def span(self) -> str:
        """The length; or the range that each sequence's own is from."""
        return str(self.length)

    @property
    def counts_errors(self) -> bool:
        """Whether answers are right or wrong; otherwise the error is their mean loss."""
        if self.output_kind == "bits":
            return False
        return self.output_kind == "classes" or self.tolerance is not None

    @property
    def draws_validation(self) -> bool:
        """Whether validation samples are fresh draws, of which any part speaks for the whole. A
        task that has a `validation` of its own has finite data, in whatever order."""
        return type(self).validation is Task.validation

    @abc.abstractmethod
    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        """A fresh batch."""

    def batch(self, key: PRNGKey, iteration: Count, batch_size: int) -> Batch:
        """What iteration `iteration` of a run trains on, whose data are drawn from `key`: a sample.
        A finite data set counts its epochs here."""
        return self.sample(jax.random.fold_in(key, iteration), batch_size)

    def validation(self, samples: int) -> Batch:
        """The validation set, the same for every run: `samples` of a synthetic task, or all that a
        finite data set holds out."""
        return self.sample(jax.random.key(_VALIDATION_SEED), samples)
