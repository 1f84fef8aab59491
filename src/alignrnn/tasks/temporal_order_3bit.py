"""3-bit temporal order: three symbols and their order (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

from .._types import Lengths, PRNGKey
from .base import Batch
from .draws import Bound, Window
from .markers import ALPHABET, ordered_symbols
from .synthetic import SyntheticTask


class TemporalOrder3Bit(SyntheticTask):
    """With w = ⌊T/10⌋: 0 or 1 at p₀ ∈ [w, 2w), p₁ ∈ [⌊3T/10⌋, ⌊3T/10⌋ + w) and
    p₂ ∈ [⌊6T/10⌋, ⌊6T/10⌋ + w); distractors 2 to 5 elsewhere; the class is v₀ + 2 v₁ + 4 v₂, of 8.
    Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.

    Examples:
        >>> import alignrnn as ar
        >>> task = ar.TemporalOrder3Bit(length=30)
        >>> task.title, task.input_size, task.output_size
        ('temporal-order-3bit T=30', 6, 8)
    """

    name: ClassVar[str] = "temporal-order-3bit"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = 8
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        return ordered_symbols(key, self.length, batch_size, self._windows(lengths))

    @staticmethod
    def _windows(length: Bound) -> tuple[Window, ...]:
        """Where the three symbols may be."""
        w = length // 10
        second, third = 3 * length // 10, 6 * length // 10
        return (w, 2 * w), (second, second + w), (third, third + w)
