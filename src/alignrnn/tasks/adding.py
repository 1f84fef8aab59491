"""Adding: the mean of two marked values (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp

from .._types import PRNGKey
from .base import Batch, Task, check_length
from .draws import draw_bits, fractions, integers


class Adding(Task):
    """Two channels, marker (0 or 1) and value ~ U[0, 1). With w = ⌊T/10⌋, the markers are at
    p₀ ∈ [0, w) and p₁ ∈ [w, w + ⌊4T/10⌋); the target is (value₀ + value₁)/2, and a sample counts as
    right if its squared error is at most 0.04. Raises `ConfigurationError` for T < 10.

    Hochreiter & Schmidhuber 1997, in the form of the published experiments.
    """

    length: int = eqx.field(static=True, default=20)
    """T: time steps, at least 10."""
    name: ClassVar[str] = "adding"
    input_size: ClassVar[int] = 2
    output_size: ClassVar[int] = 1
    output_kind: ClassVar[Literal["values"]] = "values"
    tolerance: ClassVar[float] = 0.04

    def __check_init__(self):
        check_length(self.length)

    @property
    def windows(self) -> tuple[range, range]:
        """Where the two markers may be."""
        w = self.length // 10
        return range(0, w), range(w, w + 4 * self.length // 10)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        bits = draw_bits(key, self.length + len(self.windows), batch_size)
        values = fractions(bits[: self.length])
        positions = jnp.stack(
            [
                integers(row, window.start, window.stop)
                for row, window in zip(bits[self.length :], self.windows, strict=True)
            ]
        )
        time = jnp.arange(self.length, dtype="int32")[:, None, None]
        markers = jnp.any(time == positions[None], axis=1).astype(values.dtype)
        targets = jnp.sum(values * markers, axis=0) / 2
        return Batch(jnp.stack([markers, values], axis=-1), targets[None, :, None])
