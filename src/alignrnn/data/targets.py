"""What is to be said of sequences, in any form: of which kind, and at which steps."""

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from ..errors import (
    ConfigurationError,
    Description,
    as_array,
    check_choice,
    check_switch,
    described,
)
from ..names import OutputKind
from .sequences import Sequences, as_float

FORMS = (
    "it must be labels (N,), integers, texts or booleans, or real numbers (N,) or (N, O); at every "
    "step (N, T) and (N, T, O)"
)


@dataclass(frozen=True)
class Targets:
    """One answer a sequence, S = 1, or one a step, S = T."""

    values: np.ndarray
    """Labels `(N, S)`, or values or bits `(N, S, O)`; where nothing is scored, any that occurs."""
    kind: OutputKind
    every_step: bool
    weights: np.ndarray | None = None
    """`(N, S)`, how much each counts; 0: it is not scored. None: all alike."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def scored(self) -> np.ndarray:
        """The values that count, one a row."""
        if self.weights is None:
            return self.values.reshape(-1, *self.values.shape[2:])
        return self.values[self.weights > 0]

    @property
    def strata(self) -> np.ndarray | None:
        """Of which class each sequence is, `(N,)`, so that each is held out alike; None where
        sequences have no class."""
        is_one_label = self.kind == "classes" and not self.every_step
        return self.values[:, 0] if is_one_label else None

    def of(self, rows: np.ndarray) -> "Targets":
        """Those of some of the sequences."""
        weights = None if self.weights is None else self.weights[rows]
        return Targets(self.values[rows], self.kind, self.every_step, weights)

    def padded_to(self, count: int) -> "Targets":
        """The same with T = `count` steps, those added not scored."""
        missing = count - self.values.shape[1]
        if not self.every_step or not missing:
            return self
        ends = [(0, 0), (0, missing)]
        values = np.pad(self.values, ends + [(0, 0)] * (self.values.ndim - 2), mode="edge")
        weights = np.ones(self.values.shape[:2]) if self.weights is None else self.weights
        return Targets(values, self.kind, True, np.pad(weights, ends))


def as_targets(
    name: str,
    targets: Any,
    given: Sequences,
    *,
    kind: OutputKind | None = None,
    every_step: bool | None = None,
    weights: Any = None,
) -> Targets:
    """Targets of these sequences from an array, one a row, or from a list with an array a sequence.

    What they are follows from type and shape, unless `kind` and `every_step` say so:

    - integers and texts are labels, `(N,)` of sequences and `(N, T)` of steps; so are booleans
      `(N,)`;
    - real numbers are values, `(N,)` or `(N, O)` of sequences and `(N, T, O)` of steps;
    - booleans `(N, O)` are bits of sequences, `(N, T, O)` of steps. With `kind="bits"` so are any
      numbers that are 0 or 1; with `kind="classes"` whole numbers that are real ones, as a table
      has them where some are missing, are labels.

    An answer of a step that is missing (None, NaN, an empty text, a masked entry) is not scored.
    Raises `ConfigurationError` for anything else, and for a sequence without its answer.
    """
    if kind is not None:
        check_choice("output_kind", kind, get_args(OutputKind))
    if every_step is not None:
        check_switch("every_step", every_step)
    array, is_missing = _plain(name, _together(name, targets, given))
    if kind == "classes" and array.dtype.kind == "f":
        array = _whole(array, is_missing)
    if array.dtype.kind not in "iUbf" or array.ndim not in (1, 2, 3):
        raise ConfigurationError(name, described(array), FORMS)
    if len(array) != len(given):
        raise ConfigurationError(
            name,
            Description(f"{len(array)} rows"),
            f"{name.replace('targets', 'inputs')} has {len(given)}",
        )
    if array.size == 0:
        raise ConfigurationError(name, described(array), "no axis may be empty")
    found, at_steps = _reading(array, kind, every_step)
    steps = given.inputs.shape[1]
    array, is_missing = _scored_axis(name, array, is_missing, found, at_steps)
    if at_steps and array.shape[1] != steps:
        allowed = f"with an answer at every step it must have {steps} steps, as its inputs have"
        raise ConfigurationError(name, described(array), allowed)
    array = _checked_values(name, array, is_missing, found)
    own = _weights(name, weights, is_missing, given, at_steps)
    unscored = is_missing if own is None else is_missing | (own == 0)
    if own is not None and unscored.all():
        raise ConfigurationError(name, Description("no answer that counts"), "some answer must")
    # In the place of what is not scored stands something that is, so that it adds no label.
    if unscored.any():
        array = array.copy()
        array[unscored] = array[~unscored][0]
    return Targets(array, found, at_steps, own)


def _reading(
    array: np.ndarray, kind: OutputKind | None, every_step: bool | None
) -> tuple[OutputKind, bool]:
    """Of which kind targets are, and whether there is one at every step."""
    letter, axes = array.dtype.kind, array.ndim
    if kind is None:
        if letter == "b":
            is_label = axes == 1 or (axes == 2 and every_step is True)
            kind = "classes" if is_label else "bits"
        else:
            kind = "values" if letter == "f" else "classes"
    if every_step is None:
        every_step = axes == 3 or (axes == 2 and kind == "classes")
    return kind, every_step


def _scored_axis(
    name: str, array: np.ndarray, is_missing: np.ndarray, kind: OutputKind, every_step: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Labels `(N, S)`, values and bits `(N, S, O)`, and which answers `(N, S)` are missing."""
    rows, axes = len(array), array.ndim
    if kind == "classes":
        fits, shape = axes == 1 + every_step, (rows, -1)
    elif every_step:
        fits, shape = axes in (2, 3), (*array.shape[:2], -1)
    else:
        fits, shape = axes in (1, 2), (rows, 1, array.size // rows)
    if not fits or (kind == "classes" and array.dtype.kind == "f"):
        raise ConfigurationError(name, described(array), FORMS)
    array, is_missing = array.reshape(shape), is_missing.reshape(shape)
    return array, is_missing if kind == "classes" else np.any(is_missing, axis=2)


def _checked_values(
    name: str, array: np.ndarray, is_missing: np.ndarray, kind: OutputKind
) -> np.ndarray:
    if kind == "classes":
        return array
    if array.dtype.kind == "U":
        raise ConfigurationError(name, described(array), f"with {kind} it must be numbers")
    array = as_float(array)
    outside = ~np.isfinite(array) if kind == "values" else (array != 0) & (array != 1)
    outside &= ~is_missing[..., None]
    if outside.any():
        at = np.argwhere(outside)[0]
        # A sequence's only answer is at step 0 of one.
        where = tuple(int(index) for index in (at if array.shape[1] > 1 else at[[0, 2]]))
        allowed = "all must be finite" if kind == "values" else "bits are 0 or 1"
        raise ConfigurationError(name, Description(f"{array[tuple(at)]} at {where}"), allowed)
    return array


def _weights(
    name: str, weights: Any, is_missing: np.ndarray, given: Sequences, every_step: bool
) -> np.ndarray | None:
    """How much each answer `(N, S)` counts; nothing past a sequence's length, or where there is no
    answer."""
    shape = is_missing.shape
    own = None
    if weights is not None:
        own = as_array("weights", weights)
        if own.size == np.prod(shape) and own.ndim <= 2 and len(own) == shape[0]:
            own = own.reshape(shape)
        if own.shape != shape or own.dtype.kind not in "iufb":
            allowed = f"it must be a number an answer, {shape if every_step else shape[:1]}"
            raise ConfigurationError("weights", described(own), allowed)
        own = as_float(own)
        if not (np.isfinite(own) & (own >= 0)).all():
            out = own[~(np.isfinite(own) & (own >= 0))].flat[0].item()
            raise ConfigurationError("weights", out, "all must be finite and at least 0")
    counts = np.ones(shape, bool)
    if every_step:
        counts = given.live & ~is_missing
    elif is_missing.any() and (own is None or (own[is_missing] > 0).any()):
        row = int(np.flatnonzero(is_missing.any(axis=1))[0])
        found = Description(f"nothing for sequence {row}")
        raise ConfigurationError(name, found, "every sequence needs its answer; all must be finite")
    if counts.all():
        return own
    return np.where(counts, 1.0 if own is None else own, 0.0)


def _together(name: str, targets: Any, given: Sequences) -> Any:
    """Answers a step of sequences of unequal length as one array, None past their ends."""
    is_list = isinstance(targets, list | tuple) or (
        isinstance(targets, np.ndarray) and targets.dtype == object and targets.ndim == 1
    )
    if not is_list or given.lengths is None or not len(targets):
        return targets
    if not all(isinstance(each, list | tuple | np.ndarray) for each in targets):
        return targets
    if len(targets) != len(given) or len({len(each) for each in targets}) == 1:
        return targets
    each = [_as_array(f"{name}[{n}]", one) for n, one in enumerate(targets)]
    shape = each[0].shape[1:]
    is_plain = len({_kind_of(one) for one in each}) == 1 and _kind_of(each[0]) != "O"
    kind = np.result_type(*(one.dtype for one in each)) if is_plain else np.dtype(object)
    size = len(each), given.inputs.shape[1], *shape
    # Of objects each entry is looked at, which takes seconds where there are millions.
    together: Any = np.ma.masked_all(size, kind) if is_plain else np.full(size, None, object)
    for n, (one, length) in enumerate(zip(each, given.lengths, strict=True)):
        if one.shape != (length, *shape):
            allowed = f"its sequence has {length} steps, and all must be of one width"
            raise ConfigurationError(f"{name}[{n}]", described(one), allowed)
        together[n, :length] = one
    return together


def _kind_of(array: np.ndarray) -> str:
    """Numbers, N, booleans, texts, or anything else, O: within a kind NumPy's own rules hold."""
    return {"i": "N", "u": "N", "f": "N"}.get(array.dtype.kind, array.dtype.kind)


def _plain(name: str, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Targets as numbers, texts or booleans, and which are missing."""
    if isinstance(targets, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(targets)
        array, is_missing = _plain(
            name, targets.filled(targets.flat[0] if masked.all() else _some(targets))
        )
        return array, is_missing | masked
    array = _as_array(name, targets)
    if array.dtype.kind == "O":
        return _of_objects(name, array)
    if array.dtype.kind == "f":
        return array, np.isnan(array)
    if array.dtype.kind == "U":
        return array, array == ""
    return _integers(name, array), np.zeros(array.shape, bool)


def _as_array(name: str, values: Any) -> np.ndarray:
    """An array; of a list with texts one of objects, or NumPy would make texts of its numbers, and
    a label of what is missing."""
    array = as_array(name, values)
    is_mixed = array.dtype.kind == "U" and not isinstance(values, np.ndarray)
    return np.array(values, object) if is_mixed else array


def _whole(array: np.ndarray, is_missing: np.ndarray) -> np.ndarray:
    """Real numbers as integers, 0 for what is missing, if they are whole and 64 bits hold them."""
    known = np.where(is_missing, 0, array)
    are_whole = np.all(known % 1 == 0) and np.all(np.abs(known) < 2**63)
    return known.astype(np.int64) if are_whole else array


def _some(targets: np.ma.MaskedArray) -> Any:
    return targets.compressed()[0]


def _of_objects(name: str, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Texts, numbers or booleans of any origin, None and NaN for what is missing."""
    flat = array.ravel()
    missing = np.array([_is_missing(each) for each in flat], bool)
    known = [each for each in flat if not _is_missing(each)]
    made = np.asarray(known) if known else np.zeros(0)
    is_one_kind = made.ndim == 1 and made.dtype.kind in "iubfU"
    is_text = made.dtype.kind == "U"
    if not is_one_kind or (is_text and not all(isinstance(each, str) for each in known)):
        raise ConfigurationError(name, described(array), FORMS)
    if not known:
        raise ConfigurationError(name, Description("no answer at all"), "some must be given")
    filled = np.full(len(flat), made[0], made.dtype)  # texts of any length
    filled[~missing] = made
    return _integers(name, filled.reshape(array.shape)), missing.reshape(array.shape)


def _is_missing(value: Any) -> bool:
    if value is None or value is np.ma.masked:
        return True
    if isinstance(value, str):
        return value == ""
    return type(value).__name__ in ("NAType", "NaTType") or bool(np.all(value != value))


def _integers(name: str, array: np.ndarray) -> np.ndarray:
    """Integers of any size as 64 bits; all else as it is."""
    if array.dtype.kind != "u":
        return array
    if array.size and array.max() > np.iinfo(np.int64).max:
        raise ConfigurationError(name, int(array.max()), "labels are integers of 64 bits")
    return array.astype(np.int64)
