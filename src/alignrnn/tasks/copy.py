"""Copy memory: say in order, at the end, what stood at the beginning (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp

from .._types import Lengths, PRNGKey
from ..errors import ConfigurationError, check_integer
from .base import Batch
from .draws import LARGEST_RANGE, draw_bits, integers
from .synthetic import SyntheticTask


class Copy(SyntheticTask):
    """With n symbols a₀ … aₙ₋₁, each uniform on an alphabet of A (0 to A - 1), a blank A and a mark
    A + 1:

        x_t = a_t     for t < n              target_t = a_{t - (T - n)}   for t ≥ T - n
        x_t = A + 1   for t = T - n - 1      weight_t = 1 for t ≥ T - n, else 0
        x_t = A       elsewhere

    So each symbol is to be kept for T - n steps, and only the n steps of recall are scored: an
    error of 0 is perfect recall. Chance: a loss of ln A and an error of 1 - 1/A, which is also the
    best of a network without memory. Inputs `int32 (T, B)` of A + 2 symbols; targets `int32 (T, B)`
    of A classes, 0 where they are not scored; weights `float32 (T, B)`.

    Raises `ConfigurationError` for n < 1, for A below 2 or above 65,536, and for T < 2n + 1, which
    has no room for the symbols, the mark and the recall.

    Hochreiter & Schmidhuber 1997; the form is that of Arjovsky, Shah & Bengio 2016, whose delay
    T' is T - 2n. Their blank answers before the recall are not asked for here.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> task = ar.Copy(length=12, symbols=3)
        >>> batch = task.sample(jax.random.key(0), 2)
        >>> (batch.inputs[:3] == batch.targets[-3:]).all().item(), batch.weights[:, 0].sum().item()
        (True, 3.0)
    """

    length: int = eqx.field(static=True, default=30)
    """T: time steps, at least 2 · symbols + 1."""
    symbols: int = eqx.field(static=True, default=10)
    """n: how many symbols to copy."""
    alphabet: int = eqx.field(static=True, default=8)
    """A: how many different symbols there are to copy, at least 2."""
    name: ClassVar[str] = "copy"
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None
    every_step: ClassVar[bool] = True

    def __check_init__(self):
        check_integer("symbols", self.symbols, 1)
        check_integer("alphabet", self.alphabet, 2, LARGEST_RANGE)
        check_integer("length", self.length, 1)
        if self.length < self.least:
            allowed = f"with symbols = {self.symbols} it must be at least {self.least}"
            raise ConfigurationError("length", self.length, allowed)

    @property
    def least(self) -> int:
        return 2 * self.symbols + 1

    @property
    def input_size(self) -> int:
        return self.alphabet + 2

    @property
    def output_size(self) -> int:
        return self.alphabet

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        count = self.symbols
        symbols = integers(draw_bits(key, count, batch_size), 0, self.alphabet)
        time = jnp.arange(self.length, dtype="int32")[:, None]
        # From here on, of each sequence, the steps of recall count 0, 1, …
        ends = jnp.broadcast_to(jnp.asarray(lengths, "int32"), (1, batch_size))
        recall = time - (ends - count)
        silent = jnp.where(recall == -1, self.alphabet + 1, self.alphabet).astype("int32")
        is_asked = (recall >= 0) & (recall < count)
        place = jnp.clip(recall, 0, count - 1)
        recalled = jnp.take_along_axis(symbols, place, axis=0)
        return Batch(
            jnp.concatenate([symbols, silent[count:]]),
            jnp.where(is_asked, recalled, 0),
            is_asked.astype(float),
        )
