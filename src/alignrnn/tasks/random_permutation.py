"""Random permutation: remember the first symbol to the end (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import jax.numpy as jnp

from .._types import Lengths, PRNGKey
from .base import Batch
from .draws import draw_bits, integers
from .synthetic import SyntheticTask

RESERVED = 2
"""Symbols 0 and 1 come first, and only there."""
ALPHABET = 100


class RandomPermutation(SyntheticTask):
    """The first symbol is 0 or 1, all others are drawn from 2 to 99; predict the symbol after the
    last step, which equals the first: 100 classes. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> batch = ar.RandomPermutation(length=10).sample(jax.random.key(0), 3)
        >>> (batch.inputs[0] == batch.targets[0]).all().item()
        True
    """

    name: ClassVar[str] = "random-permutation"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = ALPHABET
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:  # noqa: ARG002
        bits = draw_bits(key, self.length, batch_size)
        first = integers(bits[0], 0, RESERVED)
        rest = integers(bits[1:], RESERVED, ALPHABET)
        return Batch(jnp.concatenate([first[None], rest]), first[None])
