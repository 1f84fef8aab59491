"""Symbols placed at random positions within windows, among distractors (ALGORITHMS 6)."""

import jax
import jax.numpy as jnp

from .._types import Classes, PRNGKey, Symbols
from .base import Batch

RESERVED = 2
"""Symbols 0 and 1 carry the information; the distractors are 2 to 5."""
ALPHABET = 6


def draw_positions(key: PRNGKey, window: range, batch_size: int) -> Classes:
    """One position a sample, uniform in the window."""
    return jax.random.randint(key, (batch_size,), window.start, window.stop)


def ordered_symbols(
    key: PRNGKey, length: int, batch_size: int, windows: tuple[range, ...]
) -> Batch:
    """A 0 or 1 somewhere in each window, v₀, v₁, …; the class is v₀ + 2 v₁ + 4 v₂ + …"""
    distractor_key, value_key, *position_keys = jax.random.split(key, 2 + len(windows))
    inputs: Symbols = jax.random.randint(distractor_key, (length, batch_size), RESERVED, ALPHABET)
    values = jax.random.randint(value_key, (len(windows), batch_size), 0, RESERVED)
    time = jnp.arange(length)[:, None]
    for position_key, window, value in zip(position_keys, windows, values, strict=True):
        position = draw_positions(position_key, window, batch_size)
        inputs = jnp.where(time == position[None], value[None], inputs)
    weights = 2 ** jnp.arange(len(windows))
    return Batch(inputs, jnp.sum(values * weights[:, None], axis=0))
