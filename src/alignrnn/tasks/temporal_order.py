"""Temporal order: which of two symbols came first, and which second (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

from .._types import Lengths, PRNGKey
from .base import Batch
from .draws import Bound, Window
from .markers import ALPHABET, ordered_symbols
from .synthetic import SyntheticTask


class TemporalOrder(SyntheticTask):
    """With w = ⌊T/10⌋: 0 or 1 at p₀ ∈ [w, 2w) and at p₁ ∈ [⌊5T/10⌋, ⌊5T/10⌋ + w); distractors 2
    to 5 elsewhere; the class is v₀ + 2 v₁, of 4. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> task = ar.TemporalOrder(length=20)
        >>> batch = task.sample(jax.random.key(0), 3)
        >>> batch.inputs.shape, batch.targets.shape, task.output_size
        ((20, 3), (1, 3), 4)
    """

    name: ClassVar[str] = "temporal-order"
    input_size: ClassVar[int] = ALPHABET
    output_size: ClassVar[int] = 4
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        return ordered_symbols(key, self.length, batch_size, self._windows(lengths))

    @staticmethod
    def _windows(length: Bound) -> tuple[Window, ...]:
        """Where the two symbols may be."""
        w, middle = length // 10, 5 * length // 10
        return (w, 2 * w), (middle, middle + w)
