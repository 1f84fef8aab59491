"""Delayed match to sample: is the second stimulus the first one again (docs/algorithms.md, 6)."""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp

from .._types import Lengths, PRNGKey
from ..errors import check_integer
from .base import Batch
from .draws import LARGEST_RANGE, Bound, Window, draw_bits, integers
from .synthetic import SyntheticTask


class DelayedMatch(SyntheticTask):
    """With N stimuli (symbols 0 to N - 1), D distractors (N to N + D - 1) and w = ⌊T/10⌋: the
    sample s at p₀ ∈ [w, 2w) and the test s′ at p₁ ∈ [T - w, T), each place uniform; distractors
    elsewhere. The answer m, after the last step, is 1 for a match and 0 for none:

        m ~ {0, 1},  s ~ {0 … N - 1},  u ~ {1 … N - 1},  s′ = s if m = 1, else (s + u) mod N

    all uniform and independent. So half of all samples match, and s alone, s′ alone, the places
    and the distractors say nothing of the answer. Chance: a loss of ln 2 and an error of 1/2.
    Inputs `int32 (T, B)` of N + D symbols; targets `int32 (1, B)` of two classes.

    The places vary as in temporal order, so that no step count finds the sample. The test is in the
    last tenth: the answer follows it, and the sample is to be kept for T - 3w + 1 steps at least.
    Raises `ConfigurationError` for T < 10, N < 2, D < 1, and for N or D above 65,536.

    The task is that of working-memory experiments, Miller, Erickson & Desimone 1996.

    Examples:
        >>> import alignrnn as ar
        >>> task = ar.DelayedMatch(length=20, stimuli=4, distractors=2)
        >>> task.input_size, task.output_size
        (6, 2)
    """

    stimuli: int = eqx.field(static=True, default=4)
    """N: how many different stimuli there are, at least 2."""
    distractors: int = eqx.field(static=True, default=4)
    """D: how many different symbols fill the other steps, at least 1; with 1 they are a blank."""
    name: ClassVar[str] = "delayed-match"
    output_size: ClassVar[int] = 2
    output_kind: ClassVar[Literal["classes"]] = "classes"
    tolerance: ClassVar[None] = None

    def __check_init__(self):
        check_integer("stimuli", self.stimuli, 2, LARGEST_RANGE)
        check_integer("distractors", self.distractors, 1, LARGEST_RANGE)

    @property
    def input_size(self) -> int:
        return self.stimuli + self.distractors

    def draw(self, key: PRNGKey, batch_size: int, lengths: int | Lengths) -> Batch:
        bits = draw_bits(key, self.length + 5, batch_size)
        inputs = integers(bits[: self.length], self.stimuli, self.input_size)
        is_match, sample, other, *places = bits[self.length :]
        match = integers(is_match, 0, 2)
        first = integers(sample, 0, self.stimuli)
        others = (first + integers(other, 1, self.stimuli)) % self.stimuli
        second = jnp.where(match == 1, first, others)
        time = jnp.arange(self.length, dtype="int32")[:, None]
        windows = self._windows(lengths)
        for row, window, stimulus in zip(places, windows, (first, second), strict=True):
            place = integers(row, *window)
            inputs = jnp.where(time == place[None], stimulus[None], inputs)
        return Batch(inputs, match[None])

    @staticmethod
    def _windows(length: Bound) -> tuple[Window, Window]:
        """Where the sample and the test may be."""
        w = length // 10
        return (w, 2 * w), (length - w, length)
