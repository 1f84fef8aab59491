"""Epochs without a shuffled copy: where in its epoch's order a row stands is computed, not stored.

A permutation of n rows is drawn for each epoch as a Feistel cipher of the places, keyed by the
epoch: a few operations a sample. `jax.random.permutation` would sort all rows at every iteration.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int32, UInt32

from .._types import Count, PRNGKey

_ROUNDS = 6
_GOLDEN = 0x9E3779B9


def epoch_rows(
    key: PRNGKey, iteration: Count, batch_size: int, rows: int
) -> Int32[Array, " batch"]:
    """The rows of a batch: with p = iteration · B + 0, 1, … B - 1, row σ_e(p mod n) where e = ⌊p/n⌋
    is the epoch and σ_e its permutation of the n rows."""
    # p itself would not fit 32 bits: of n iterations, which are B epochs, the rest is counted.
    within = (iteration % rows).astype("uint32")
    places = within * jnp.uint32(batch_size) + jnp.arange(batch_size, dtype="uint32")
    epochs = (iteration // rows).astype("uint32") * jnp.uint32(batch_size) + places // rows
    first, second = jax.random.bits(key, (2,), "uint32")
    keys = _mixed(_mixed(epochs ^ first) + second)
    return permuted(keys, places % rows, rows).astype("int32")


def permuted(keys: UInt32[Array, " n"], places: UInt32[Array, " n"], rows: int) -> Array:
    """σ_k(p) for each key k and place p: for one key a permutation of 0 … rows - 1."""
    half = max(1, -(-(rows - 1).bit_length() // 2))
    mask = jnp.uint32((1 << half) - 1)

    def cipher(x: Array) -> Array:
        left, right = x >> half, x & mask
        for number in range(_ROUNDS):
            salt = jnp.uint32((number + 1) * _GOLDEN & 0xFFFFFFFF)
            left, right = right, left ^ (_mixed(right ^ _mixed(keys + salt)) & mask)
        return left << half | right

    # The cipher permutes 4^half places, at most 4 · rows: who lands outside goes on until inside.
    return jax.lax.while_loop(
        lambda x: jnp.any(x >= rows),
        lambda x: jnp.where(x >= rows, cipher(x), x),
        cipher(places),
    )


def _mixed(x: Array) -> Array:
    """A bijection of 32 bits in which each bit of x moves half of all (Mueller's hash)."""
    for _ in range(2):
        x = (x ^ (x >> 16)) * jnp.uint32(0x45D9F3B)
    return x ^ (x >> 16)
