"""Tasks whose sequences are drawn: all of one length, or each of a length of its own."""

import abc
import dataclasses
import re

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Lengths, PRNGKey
from ..errors import ConfigurationError, check_integer, check_switch
from .base import Batch, Task
from .draws import draw_bits, integers

SHORTEST = 10
"""Below it, a tenth of the length is no window to place a symbol in."""


class SyntheticTask(Task):
    """Sequences drawn from a key. A subclass defines `draw`: what a sequence of any length is.

    With `lengths`, a range such as "20..100", each sequence has a length L of its own, uniform on
    20, 21, …, 100, and everything that is placed within it (windows, marks, the recall) is placed
    by that length. The batch is T = 100 steps with `lengths (B,)`: a sequence begins at the first
    step, and its last state is held. With `run_in`, r steps of what the task fills its sequences
    with (distractors, unmarked values, blanks) go before it, r uniform on 0, 1, …, T - L: so the
    state in which a sequence finds the network is one of many. Validation draws likewise.

    Raises `ConfigurationError` for a length, or a range, that the task has no room in.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> task = ar.TemporalOrder(lengths="20..100", run_in=True)
        >>> batch = task.sample(jax.random.key(0), 3)
        >>> batch.inputs.shape, batch.lengths.shape
        ((100, 3), (3,))
    """

    length: int = eqx.field(static=True, default=20)
    """T: time steps, at least 10."""
    lengths: str | None = eqx.field(static=True, default=None, kw_only=True)
    """Draw each sequence's own length from a range, such as 20..100; T is its end. (default: all
    are T long)"""
    run_in: bool = eqx.field(static=True, default=False, kw_only=True)
    """With lengths: let distractors go before each sequence, as many as fit into T or fewer."""

    def __post_init__(self):
        check_switch("run_in", self.run_in)
        if self.lengths is None:
            if self.run_in:
                raise ConfigurationError("run_in", True, "it needs lengths, such as 20..100")
            return
        _, longest = parsed_range(self.lengths)
        default = next(f.default for f in dataclasses.fields(self) if f.name == "length")
        if self.length not in (default, longest):
            allowed = f"with lengths = {self.lengths} it is their last, {longest}"
            raise ConfigurationError("length", self.length, allowed)
        self.length = longest

    def __check_init__(self):
        if self.lengths is None:
            check_integer("length", self.length, self.least)
        elif self.shortest < self.least:
            allowed = f"the shortest must be at least {self.least}"
            raise ConfigurationError("lengths", self.lengths, allowed)

    @property
    def least(self) -> int:
        """The shortest length there is room in."""
        return SHORTEST

    @property
    def shortest(self) -> int:
        """Of the lengths that are drawn; T where all are T long."""
        return self.length if self.lengths is None else parsed_range(self.lengths)[0]

    @property
    def span(self) -> str:
        return self.lengths or str(self.length)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        if self.lengths is None:
            return self.draw(key, batch_size, self.length)
        of_lengths, of_rest = jax.random.split(key)
        of_length, of_run_in = draw_bits(of_lengths, 2, batch_size)
        lengths: Lengths = integers(of_length, self.shortest, self.length + 1)
        drawn = self.draw(of_rest, batch_size, lengths)
        if not self.run_in:
            return Batch(drawn.inputs, drawn.targets, drawn.weights, lengths)
        before = integers(of_run_in, 0, self.length - lengths + 1)
        inputs, ends = _delayed(drawn.inputs, before), lengths + before
        if not self.every_step:
            return Batch(inputs, drawn.targets, drawn.weights, ends)
        weights = None if drawn.weights is None else _delayed(drawn.weights, before)
        return Batch(inputs, _delayed(drawn.targets, before), weights, ends)

    @abc.abstractmethod
    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        """T steps of sequences of these lengths: of T for all, or `(B,)`, each one's own. Beyond
        its length a sequence is filled up with what says nothing."""


def _delayed(array: Array, by: Lengths) -> Array:
    """Each sample `(T, B, …)` so many steps later; what falls out at the end comes first."""
    time = jnp.arange(len(array))[:, None]
    index = (time - by[None]) % len(array)
    return jnp.take_along_axis(array, index.reshape(*index.shape, *(1,) * (array.ndim - 2)), axis=0)


def parsed_range(text: object) -> tuple[int, int]:
    """The first and the last length of a range. Raises `ConfigurationError` for what is none."""
    allowed = "it must be a range of lengths, such as 20..100"
    found = re.fullmatch(r"([0-9]{1,9})\.\.([0-9]{1,9})", text) if isinstance(text, str) else None
    if found is None:
        raise ConfigurationError("lengths", text, allowed)
    first, last = int(found[1]), int(found[2])
    if first >= last:
        raise ConfigurationError("lengths", text, f"{allowed}, from the shorter to the longer")
    return first, last
