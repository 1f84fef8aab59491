"""Copy memory: say at the end of a sequence what was at its beginning."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from alignrnn import Batch, Task


class Copy(Task):
    """`symbols` random ones of an alphabet of 8, then blanks; at the last steps they are asked for,
    one after another. Every other step's answer is not scored."""

    symbols: int = eqx.field(static=True, default=3)
    """How many symbols to copy."""
    length: int = eqx.field(static=True, default=10)
    """T: time steps."""
    name: ClassVar[str] = "copy"
    input_size: ClassVar[int] = 10
    output_size: ClassVar[int] = 8
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None
    every_step: ClassVar[bool] = True

    def sample(self, key, batch_size):
        first = jax.random.randint(key, (self.symbols, batch_size), 0, 8)
        blanks = jnp.full((self.length - 2 * self.symbols, batch_size), 8, first.dtype)
        asked = jnp.full((self.symbols, batch_size), 9, first.dtype)
        silent = jnp.zeros((self.length - self.symbols, batch_size), first.dtype)
        targets = jnp.concatenate([silent, first])
        is_asked = jnp.arange(self.length) >= self.length - self.symbols
        weights = jnp.broadcast_to(is_asked[:, None], targets.shape).astype(float)
        return Batch(jnp.concatenate([first, blanks, asked]), targets, weights)
