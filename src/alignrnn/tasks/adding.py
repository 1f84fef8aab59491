"""Adding: the mean of two marked values (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import jax.numpy as jnp

from .._types import Lengths, PRNGKey
from .base import Batch
from .draws import Bound, Window, draw_bits, fractions, integers
from .synthetic import SyntheticTask


class Adding(SyntheticTask):
    """Two channels, marker (0 or 1) and value ~ U[0, 1). With w = ⌊T/10⌋, the markers are at
    p₀ ∈ [0, w) and p₁ ∈ [w, w + ⌊4T/10⌋); the target is (value₀ + value₁)/2, and a sample counts as
    right if its squared error is at most 0.04. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> batch = ar.Adding(length=10).sample(jax.random.key(0), 3)
        >>> batch.inputs.shape, batch.targets.shape
        ((10, 3, 2), (1, 3, 1))
        >>> batch.inputs[:, :, 0].sum(axis=0).tolist()  # two markers each
        [2.0, 2.0, 2.0]
    """

    name: ClassVar[str] = "adding"
    input_size: ClassVar[int] = 2
    output_size: ClassVar[int] = 1
    output_kind: ClassVar[Literal["values"]] = "values"
    tolerance: ClassVar[float] = 0.04

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        windows = self._windows(lengths)
        bits = draw_bits(key, self.length + len(windows), batch_size)
        values = fractions(bits[: self.length])
        positions = jnp.stack(
            [
                integers(row, *window)
                for row, window in zip(bits[self.length :], windows, strict=True)
            ]
        )
        time = jnp.arange(self.length, dtype="int32")[:, None, None]
        markers = jnp.any(time == positions[None], axis=1).astype(values.dtype)
        targets = jnp.sum(values * markers, axis=0) / 2
        return Batch(jnp.stack([markers, values], axis=-1), targets[None, :, None])

    @staticmethod
    def _windows(length: Bound) -> tuple[Window, Window]:
        """Where the two markers may be."""
        w = length // 10
        return (0, w), (w, w + 4 * length // 10)
