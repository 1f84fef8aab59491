"""The random numbers of a batch, cut from one block of random bits: a program with one draw
compiles in two thirds of the time of one with four, and a grid compiles many (docs/performance.md).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int32, UInt32

from .._types import PRNGKey

Bits = UInt32[Array, "..."]
Bound = int | Int32[Array, " batch"]
"""Of all samples, or of each its own."""
Window = tuple[Bound, Bound]
"""The first position and the one after the last."""

LARGEST_RANGE = 2**16
"""Of so many integers, each is as likely as any other to a part in 2¹⁶."""


def draw_bits(key: PRNGKey, rows: int, batch_size: int) -> UInt32[Array, "rows batch"]:
    """32 random bits for each row and sample."""
    return jax.random.bits(key, (rows, batch_size), "uint32")  # 64 bits by default in float64


def integers(bits: Bits, start: Bound, stop: Bound) -> Int32[Array, "..."]:
    """Integers in [start, stop), each as likely as any other to a part in 2³² / (stop - start)."""
    width = jnp.asarray(stop - start).astype("uint32")
    return start + (bits % width).astype("int32")


def fractions(bits: Bits) -> Float[Array, "..."]:
    """Multiples of 2⁻²⁴ in [0, 1), uniform."""
    return (bits >> 8).astype(float) * 2.0**-24
