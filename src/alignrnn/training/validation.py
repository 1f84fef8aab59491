"""Validation in slices: exact where that is asked for, and in a shorter way at every check.

The shorter way must not mislead. Of fresh draws any part speaks for the whole, so slices are taken
only until enough samples were wrong. A finite data set may be in any order, by class for instance:
there a check goes through all of it, or where it is larger, through a fixed random sample.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Count, Flag, Scalar
from ..losses import answer_losses
from ..names import OutputKind
from ..network import RNN
from ..spread import spread
from ..tasks import Batch, Task

VALIDATION_SLICE = 500
"""Samples a slice."""
ENOUGH_WRONG = 10
"""The early way out of fresh draws: no further slice once so many samples were wrong."""
_SHUFFLE_SEED = 0x5A_4D


class ValidationSet(eqx.Module):
    """A task's validation set, cut into slices `(slices, …)`; the last is filled up with answers
    that do not count."""

    batches: Batch
    """Time-major, each with weights."""
    output_kind: OutputKind = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)
    counts_errors: bool = eqx.field(static=True)
    checked_slices: int = eqx.field(static=True)
    """How many of them a check goes through, at most; the rest only where it has to be exact."""
    has_early_way_out: bool = eqx.field(static=True)

    def __init__(self, task: Task, samples: int):
        batch: Batch = task.validation(samples)
        count = batch.inputs.shape[1]
        checked = count if task.draws_validation else min(count, samples)
        slice_size = min(VALIDATION_SLICE, count)
        if checked < count:
            slice_size = -(-checked // -(-checked // VALIDATION_SLICE))
        slices = -(-count // slice_size)
        rows = jnp.arange(slices * slice_size)
        index = jnp.where(rows < count, rows, 0)
        self.has_early_way_out = task.draws_validation and task.counts_errors
        self.checked_slices = slices
        if checked < count:
            shuffled = jax.random.permutation(jax.random.key(_SHUFFLE_SEED), count)
            index = shuffled[index]
            self.checked_slices = -(-checked // slice_size)
        scored = len(batch.targets)
        weights = jnp.ones((scored, count)) if batch.weights is None else batch.weights
        if batch.lengths is not None and scored > 1:
            steps = jnp.arange(scored, dtype=batch.lengths.dtype)[:, None]
            weights = weights * (steps < batch.lengths[None]).astype(weights.dtype)

        def slice_of(index: Array, is_own: Array) -> Batch:
            return Batch(
                batch.inputs[:, index],
                batch.targets[:, index],
                weights[:, index] * is_own[None].astype(weights.dtype),
                None if batch.lengths is None else batch.lengths[index],
            )

        shape = slices, slice_size
        self.batches = jax.vmap(slice_of)(index.reshape(shape), (rows < count).reshape(shape))
        self.output_kind, self.tolerance = task.output_kind, task.tolerance
        self.counts_errors = task.counts_errors


def spread_batch(batch: Batch) -> Batch:
    """A batch whose samples are split over the devices that share it."""
    return Batch(
        spread(batch.inputs, 1),
        spread(batch.targets, 1),
        None if batch.weights is None else spread(batch.weights, 1),
        None if batch.lengths is None else spread(batch.lengths, 0),
    )


class ErrorCount(eqx.Module):
    """Wrong answers (or the sum of their losses) among those seen, each as much as it counts."""

    wrong: Scalar
    seen: Scalar

    @property
    def rate(self) -> Scalar:
        """The validation error. On the host, from the counts, it is exact."""
        return self.wrong / self.seen


def count_errors(network: RNN, validation: ValidationSet, exact: Flag) -> ErrorCount:
    """The wrong samples, or their losses where none is right or wrong, or validation is by loss.

    Unless `exact`, a check goes the shorter way (see above), but goes on while none was wrong. So
    no wrong sample always means none in the whole set, and the verdict on "solved" is the same.
    """
    slices = len(validation.batches.inputs)

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
        batch: Any = spread_batch(jax.tree.map(lambda leaf: leaf[index], validation.batches))
        each = _errors(network, batch, validation)
        wrong = so_far.wrong + jnp.sum(each * batch.weights)
        seen = so_far.seen + jnp.sum(batch.weights)
        return index + 1, ErrorCount(wrong, seen)

    zero = jnp.zeros((), float)
    start = (jnp.zeros((), jnp.int32), ErrorCount(zero, zero))
    return jax.lax.while_loop(unfinished, add, start)[1]


def _errors(network: RNN, batch: Batch, validation: ValidationSet) -> Float[Array, "scored batch"]:
    kind = validation.output_kind
    if validation.counts_errors:
        return answer_errors(network, batch, kind, validation.tolerance)
    return answer_losses(network.outputs(batch.inputs, batch.lengths), batch.targets, kind)


def answer_errors(
    network: RNN, batch: Batch, kind: OutputKind, tolerance: float | None
) -> Float[Array, "scored batch"]:
    """1 for a wrong answer, 0 for a right one; its loss where there is no right or wrong.

    Outputs that are not finite are wrong.
    """
    outputs = network.outputs(batch.inputs, batch.lengths)
    if kind == "classes":
        right = jnp.argmax(outputs, axis=-1) == batch.targets
        right &= jnp.all(jnp.isfinite(outputs), axis=-1)
        return 1 - right.astype(outputs.dtype)
    losses = answer_losses(outputs, batch.targets, kind)
    if kind == "bits" or tolerance is None:
        return losses
    return 1 - (losses <= tolerance).astype(outputs.dtype)
