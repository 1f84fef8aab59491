"""3-bit temporal order: three symbols and their order (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx

from .._types import PRNGKey
from .base import Batch, Task, check_length
from .markers import ALPHABET, ordered_symbols


class TemporalOrder3Bit(Task):
    """With w = ⌊T/10⌋: 0 or 1 at p₀ ∈ [w, 2w), p₁ ∈ [⌊3T/10⌋, ⌊3T/10⌋ + w) and
    p₂ ∈ [⌊6T/10⌋, ⌊6T/10⌋ + w); distractors 2 to 5 elsewhere; the class is v₀ + 2 v₁ + 4 v₂, of 8.
    Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.
    """

    length: int = eqx.field(static=True, default=20)
    """T: time steps, at least 10."""
    name: ClassVar[str] = "temporal-order-3bit"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = 8
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def __check_init__(self):
        check_length(self.length)

    @property
    def windows(self) -> tuple[range, range, range]:
        """Where the three symbols may be."""
        w = self.length // 10
        second, third = 3 * self.length // 10, 6 * self.length // 10
        return range(w, 2 * w), range(second, second + w), range(third, third + w)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        return ordered_symbols(key, self.length, batch_size, self.windows)
