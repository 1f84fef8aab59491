"""Temporal order: which of two symbols came first, and which second (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx

from .._types import PRNGKey
from .base import Batch, Task, check_length
from .markers import ALPHABET, ordered_symbols


class TemporalOrder(Task):
    """With w = ⌊T/10⌋: 0 or 1 at p₀ ∈ [w, 2w) and at p₁ ∈ [⌊5T/10⌋, ⌊5T/10⌋ + w); distractors 2
    to 5 elsewhere; the class is v₀ + 2 v₁, of 4. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.
    """

    length: int = eqx.field(static=True, default=20)
    """T: time steps, at least 10."""
    name: ClassVar[str] = "temporal-order"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = 4
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def __check_init__(self):
        check_length(self.length)

    @property
    def windows(self) -> tuple[range, range]:
        """Where the two symbols may be."""
        w, middle = self.length // 10, 5 * self.length // 10
        return range(w, 2 * w), range(middle, middle + w)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        return ordered_symbols(key, self.length, batch_size, self.windows)
