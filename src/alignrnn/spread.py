"""One batch over several devices: each holds some of its samples, and nobody else needs to know.

XLA's partitioner splits what is computed, and puts in the sums over all samples where they are
needed. So a loss, a norm or a rule's own quantity of the batch is that of the whole batch, up to
rounding, whatever the rule. What is here only says that samples are to be split, and keeps them
split where T steps of B samples become one matrix.
"""

from typing import Any

import jax
from jax.sharding import PartitionSpec
from jaxtyping import Array

AXIS = "batch"
"""Of the mesh of devices."""


def sharers() -> int:
    """Devices that share each batch in the program being traced."""
    return jax.sharding.get_abstract_mesh().shape.get(AXIS, 1)


def spread(array: Array, axis: int) -> Array:
    """The array, whose samples lie along this axis, split where samples are and can be."""
    if sharers() == 1 or array.shape[axis] % sharers():
        return array
    spec = PartitionSpec(*[None] * axis, AXIS)
    return jax.lax.with_sharding_constraint(array, spec)


def sharers_of(steps: Any) -> int:
    """Devices among which arrays `(T, B, …)` of a batch are split; 1: they are whole."""
    samples = jax.tree.leaves(steps)[0].shape[1]
    return 1 if samples % sharers() else sharers()


def as_rows(steps: Array) -> Array:
    """T steps of B samples, `(T, B, …)`, as T·B samples, for one plain product.

    Of a batch that is split, one device's samples of all steps follow one another: rows in the
    order of the steps would be of all devices, which then had to send each other everything.
    """
    if sharers_of(steps) == 1:
        return steps.reshape(-1, *steps.shape[2:])
    return as_parts(steps).reshape(-1, *steps.shape[2:])


def as_parts(steps: Array) -> Array:
    """The same by device, `(devices, T·B/devices, …)`."""
    count, _, *rest = steps.shape
    parts = steps.reshape(count, sharers(), -1, *rest).swapaxes(0, 1)
    return parts.reshape(sharers(), -1, *rest)


def as_steps(rows: Array, count: int) -> Array:
    """`as_rows` undone, for T steps."""
    rest = rows.shape[1:]
    if (len(rows) // count) % sharers():
        return rows.reshape(count, -1, *rest)
    parts = rows.reshape(sharers(), count, -1, *rest)
    return parts.swapaxes(0, 1).reshape(count, -1, *rest)
