"""Random permutation: remember the first symbol to the end (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp

from .._types import PRNGKey
from .base import Batch, Task, check_length
from .draws import draw_bits, integers

RESERVED = 2
"""Symbols 0 and 1 come first, and only there."""
ALPHABET = 100


class RandomPermutation(Task):
    """The first symbol is 0 or 1, all others are drawn from 2 to 99; predict the symbol after the
    last step, which equals the first: 100 classes. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.
    """

    length: int = eqx.field(static=True, default=20)
    """T: time steps, at least 10."""
    name: ClassVar[str] = "random-permutation"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = ALPHABET
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def __check_init__(self):
        check_length(self.length)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        bits = draw_bits(key, self.length, batch_size)
        first = integers(bits[0], 0, RESERVED)
        rest = integers(bits[1:], RESERVED, ALPHABET)
        return Batch(jnp.concatenate([first[None], rest]), first[None])
