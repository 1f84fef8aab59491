"""Validation in slices: exact where that is asked for, and in a shorter way at every check.

The shorter way must not mislead. Of fresh draws any part speaks for the whole, so slices are taken
only until enough samples were wrong. A finite data set may be in any order, by class for instance:
there a check goes through all of it, or where it is larger, through a fixed random sample.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Count, Flag, Inputs, Scalar, Targets
from ..networks import Network
from ..tasks import Batch, Task

SLICE = 500
"""Samples a slice."""
ENOUGH_WRONG = 10
"""The early way out of fresh draws: no further slice once so many samples were wrong."""
_SHUFFLE_SEED = 0x5A_4D


class ValidationSet(eqx.Module):
    """A task's validation set, cut into slices `(S, …)`; the last is filled up with weight 0."""

    inputs: Array
    targets: Array
    weights: Float[Array, "slices samples"]
    tolerance: float | None = eqx.field(static=True)
    counts_errors: bool = eqx.field(static=True)
    checked_slices: int = eqx.field(static=True)
    """How many of them a check goes through, at most; the rest only where it has to be exact."""
    has_early_way_out: bool = eqx.field(static=True)

    def __init__(self, task: Task, samples: int):
        batch: Batch = task.validation(samples)
        count = len(batch.targets)
        checked = count if task.draws_validation else min(count, samples)
        slice_size = -(-checked // -(-checked // SLICE)) if checked < count else min(SLICE, count)
        slices = -(-count // slice_size)
        rows = jnp.arange(slices * slice_size)
        index = jnp.where(rows < count, rows, 0)
        self.has_early_way_out = task.draws_validation and task.counts_errors
        self.checked_slices = slices
        if checked < count:
            shuffled = jax.random.permutation(jax.random.key(_SHUFFLE_SEED), count)
            index = shuffled[index]
            self.checked_slices = -(-checked // slice_size)
        index = index.reshape(slices, slice_size)
        self.inputs = jnp.moveaxis(batch.inputs[:, index], 1, 0)
        self.targets = batch.targets[index]
        self.weights = (rows < count).astype(float).reshape(slices, slice_size)
        self.tolerance = task.tolerance
        self.counts_errors = task.counts_errors


class ErrorCount(eqx.Module):
    """Wrong samples (or the sum of their squared errors) among those seen."""

    wrong: Scalar
    seen: Scalar

    @property
    def rate(self) -> Scalar:
        """The validation error. On the host, from the counts, it is exact."""
        return self.wrong / self.seen


def count_errors(network: Network, validation: ValidationSet, exact: Flag) -> ErrorCount:
    """The wrong samples, or the squared errors where none is right or wrong.

    Unless `exact`, a check goes the shorter way (see above), but goes on while none was wrong. So
    no wrong sample always means none in the whole set, and the verdict on "solved" is the same.
    """
    slices = len(validation.weights)

    def unfinished(carry: tuple[Count, ErrorCount]) -> Flag:
        index, so_far = carry
        more = index < slices
        if validation.has_early_way_out:
            return more & (exact | (so_far.wrong < ENOUGH_WRONG))
        if validation.checked_slices < slices:
            return more & (exact | (index < validation.checked_slices) | (so_far.wrong == 0))
        return more

    def add(carry: tuple[Count, ErrorCount]) -> tuple[Count, ErrorCount]:
        index, so_far = carry
        weights = validation.weights[index]
        each = sample_errors(
            network, validation.inputs[index], validation.targets[index], validation.tolerance
        )
        wrong, seen = so_far.wrong + jnp.sum(each * weights), so_far.seen + jnp.sum(weights)
        return index + 1, ErrorCount(wrong, seen)

    zero = jnp.zeros((), float)
    start = (jnp.zeros((), jnp.int32), ErrorCount(zero, zero))
    return jax.lax.while_loop(unfinished, add, start)[1]


def sample_errors(
    network: Network, inputs: Inputs, targets: Targets, tolerance: float | None
) -> Float[Array, " batch"]:
    """1 for a wrong sample, 0 for a right one; the squared error where there is no right or wrong.

    Outputs that are not finite are wrong.
    """
    outputs = network.outputs(inputs)
    if targets.ndim == 1:
        right = jnp.argmax(outputs, axis=1) == targets
        right &= jnp.all(jnp.isfinite(outputs), axis=1)
        return 1 - right.astype(outputs.dtype)
    squared = jnp.sum(jnp.square(outputs - targets), axis=1)
    if tolerance is None:
        return squared
    return 1 - (squared <= tolerance).astype(outputs.dtype)
