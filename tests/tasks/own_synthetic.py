"""A synthetic task of one's own."""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp

from alignrnn import Batch, SyntheticTask


class Last(SyntheticTask):
    """Say the last symbol of a sequence, 0 or 1; all others are 2."""

    name: ClassVar[str] = "last"
    input_size: ClassVar[int] = 3
    output_size: ClassVar[int] = 2
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def draw(self, key, batch_size, lengths):
        said = jax.random.randint(key, (batch_size,), 0, 2)
        time = jnp.arange(self.length)[:, None]
        last = jnp.broadcast_to(jnp.asarray(lengths) - 1, (1, batch_size))
        return Batch(jnp.where(time == last, said[None], 2), said[None])
