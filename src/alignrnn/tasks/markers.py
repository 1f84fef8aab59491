"""Symbols placed at random positions within windows, among distractors (docs/algorithms.md, 6)."""

import jax.numpy as jnp

from .._types import PRNGKey, Symbols
from .base import Batch
from .draws import Window, draw_bits, integers

RESERVED = 2
"""Symbols 0 and 1 carry the information; the distractors are 2 to 5."""
ALPHABET = 6


def ordered_symbols(
    key: PRNGKey, steps: int, batch_size: int, windows: tuple[Window, ...]
) -> Batch:
    """A 0 or 1 somewhere in each window, v₀, v₁, …; the class is v₀ + 2 v₁ + 4 v₂ + …"""
    count = len(windows)
    bits = draw_bits(key, steps + 2 * count, batch_size)
    distractor_bits, value_bits, position_bits = jnp.split(bits, [steps, steps + count])
    inputs: Symbols = integers(distractor_bits, RESERVED, ALPHABET)
    values = integers(value_bits, 0, RESERVED)
    time = jnp.arange(steps, dtype="int32")[:, None]
    for row, window, value in zip(position_bits, windows, values, strict=True):
        position = integers(row, *window)
        inputs = jnp.where(time == position[None], value[None], inputs)
    weights = 2 ** jnp.arange(count, dtype="int32")[:, None]
    classes = jnp.sum(values * weights, axis=0, promote_integers=False)
    return Batch(inputs, classes[None])
