"""Sequences in any form somebody has them, as one array: padded to the longest, with lengths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..errors import ConfigurationError, Description, as_array, described, kind_of

FORMS = "it must be integers (N, T), symbols, or numbers (N, T, I), features"


@dataclass(frozen=True)
class Sequences:
    """N sequences of T steps, the longest's: what is past a sequence's length is 0."""

    inputs: np.ndarray
    """Symbols, integers `(N, T)`, or features `(N, T, I)` in the device's precision."""
    lengths: np.ndarray | None = None
    """`(N,)`; None: all are T long."""

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def are_symbols(self) -> bool:
        """Whether inputs are symbols, not features."""
        return self.inputs.ndim == 2

    @property
    def live(self) -> np.ndarray:
        """`(N, T)`: which steps are within their sequence."""
        count = self.inputs.shape[1]
        if self.lengths is None:
            return np.ones((len(self), count), bool)
        return np.arange(count) < self.lengths[:, None]

    def of(self, rows: np.ndarray) -> "Sequences":
        """Some of them."""
        lengths = None if self.lengths is None else self.lengths[rows]
        return Sequences(self.inputs[rows], lengths)

    def padded_to(self, count: int) -> "Sequences":
        """The same with T = `count` steps, at least as many as there are."""
        missing = count - self.inputs.shape[1]
        if not missing:
            return self
        widths = [(0, 0), (0, missing)] + [(0, 0)] * (self.inputs.ndim - 2)
        lengths = np.full(len(self), self.inputs.shape[1]) if self.lengths is None else self.lengths
        return Sequences(np.pad(self.inputs, widths), lengths)


def as_sequences(name: str, inputs: Any, lengths: Any = None) -> Sequences:
    """Sequences from an array, one a row, or from a list of arrays of unequal length.

    Symbols are integers `(N, T)`, or a list of integers `(T_n,)`. Features are numbers `(N, T, I)`,
    or a list of numbers `(T_n, I)`; real numbers `(N, T)` are one feature. `lengths (N,)` say how
    much of each row of an array counts. A number that is missing is NaN. Raises
    `ConfigurationError` for anything else; `name` is what a message calls the inputs.
    """
    if isinstance(inputs, Sequences):
        return inputs
    if hasattr(inputs, "columns"):
        allowed = "a frame in long form is read by frame_task(frame, id=…, target=…)"
        raise ConfigurationError(name, kind_of(inputs), allowed)
    if isinstance(inputs, list | tuple):  # of frames or series, as pandas' groupby gives them
        inputs = [each.to_numpy() if hasattr(each, "to_numpy") else each for each in inputs]
    if _is_ragged(inputs):
        if lengths is not None:
            allowed = "sequences of unequal length have their own"
            raise ConfigurationError("lengths", kind_of(lengths), allowed)
        array, own_lengths = _padded(name, inputs)
    else:
        array, own_lengths = as_array(name, inputs), None
    array = _as_inputs(name, array)
    if lengths is not None:
        own_lengths = checked_lengths(lengths, *array.shape[:2])
        # What is past the end may have been anything, and nobody should take it for data.
        past = np.arange(array.shape[1]) >= own_lengths[:, None]
        array = np.where(past if array.ndim == 2 else past[..., None], 0, array)
    infinite = np.argwhere(np.isinf(array)) if array.dtype.kind == "f" else np.zeros((0, 0))
    if len(infinite):
        where = tuple(int(index) for index in infinite[0])
        raise ConfigurationError(
            name, Description(f"{array[where]} at {where}"), "all must be finite"
        )
    return Sequences(array, own_lengths)


def checked_lengths(lengths: Any, samples: int, count: int) -> np.ndarray:
    """Lengths `(N,)` from 1 to T."""
    given = as_array("lengths", lengths)
    allowed = f"it must be integers ({samples},) from 1 to {count}"
    if given.shape != (samples,) or given.dtype.kind not in "iu":
        raise ConfigurationError("lengths", described(given), allowed)
    if given.size and (given.min() < 1 or given.max() > count):
        out = given.min() if given.min() < 1 else given.max()
        raise ConfigurationError("lengths", int(out), allowed)
    return given.astype(np.int64)


def as_float(array: np.ndarray) -> np.ndarray:
    """In the device's precision, so that what is too large for it is found to be infinite."""
    with np.errstate(over="ignore"):
        return array.astype(jnp.result_type(float))


def _is_ragged(inputs: Any) -> bool:
    """Whether it is a list of sequences that are arrays of their own."""
    if isinstance(inputs, np.ndarray):
        return inputs.dtype == object and inputs.ndim == 1 and all(map(_is_a_sequence, inputs))
    if not isinstance(inputs, list | tuple) or not inputs or not all(map(_is_a_sequence, inputs)):
        return False
    return len({len(each) for each in inputs}) > 1


def _is_a_sequence(one: Any) -> bool:
    return isinstance(one, Sequence | np.ndarray) and not isinstance(one, str | bytes)


def _padded(name: str, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of unequal length as one array, and their lengths."""
    each = [as_array(f"{name}[{n}]", one) for n, one in enumerate(inputs)]
    first = each[0]
    for n, one in enumerate(each):
        allowed = f"{name}[0] is {described(first)}, and only the first axis may differ"
        if one.ndim == 0 or one.ndim != first.ndim or one.shape[1:] != first.shape[1:]:
            raise ConfigurationError(f"{name}[{n}]", described(one), allowed)
        if len(one) == 0:
            raise ConfigurationError(f"{name}[{n}]", described(one), "no axis may be empty")
        if one.dtype.kind not in "iufb":
            raise ConfigurationError(f"{name}[{n}]", described(one), "it must be numbers")
    lengths = np.array([len(one) for one in each])
    kind = np.result_type(*(one.dtype for one in each))
    array = np.zeros((len(each), lengths.max(), *first.shape[1:]), kind)
    for row, one in zip(array, each, strict=True):
        row[: len(one)] = one
    return array, lengths


def _as_inputs(name: str, array: np.ndarray) -> np.ndarray:
    """Symbols as they are, features in the device's precision."""
    if array.dtype == object:
        array = _numbers_of_objects(name, array)
    is_symbols = array.dtype.kind in "iu" and array.ndim == 2
    is_features = array.dtype.kind in "iufb" and array.ndim == 3
    is_one_feature = array.dtype.kind == "f" and array.ndim == 2
    if not (is_symbols or is_features or is_one_feature):
        raise ConfigurationError(name, described(array), FORMS)
    if array.size == 0:
        raise ConfigurationError(name, described(array), "no axis may be empty")
    if is_symbols:
        return array
    return as_float(array[..., None] if is_one_feature else array)


def _numbers_of_objects(name: str, array: np.ndarray) -> np.ndarray:
    """Numbers among which None stands for one that is missing."""
    try:
        return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ConfigurationError(name, described(array), FORMS) from None
