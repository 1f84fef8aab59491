"""Anyone's own sequences as a task: finite data with a held-out part."""

import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .._types import Labels, OutputKind, PRNGKey
from ..errors import (
    ConfigurationError,
    Description,
    Notice,
    as_array,
    check_integer,
    check_number,
    check_type,
    described,
)
from . import suspicions
from .base import Batch, Task
from .labels import as_classes, untrained

LARGEST_INTEGER = 2**31 - 2
"""Symbols and classes are 32-bit integers on the device, and one more must fit as their number."""

_FILE_ARRAYS = ("inputs", "targets", "validation_inputs", "validation_targets")


class ArrayTask(Task):
    r"""A finite set of sequences of one length. Batches are drawn from the training part with
    replacement; validation is the held-out part, complete.

    **Arguments:**

    - `inputs`: symbols, integers `(N, T)` from 0; or features, real `(N, T, I)`.
    - `targets`: labels `(N,)`, any integers, texts or booleans; or real values `(N, O)` (or `(N,)`,
      O = 1). The labels that occur become classes 0 to C - 1 in their order; a trained network
      predicts the labels as they were given.
    - `validation`: a pair (inputs, targets) of one's own. Without it a fraction `held_out` of the
      samples is kept back, of each class alike, by a fixed draw (`split_seed`).
    - `symbols`: size of the alphabet; default: the largest seen + 1. `classes`: with it labels are
      integers from 0 to `classes` - 1, each with an output whether it occurs or not.
    - `tolerance`: for values, the squared error up to which a sample counts as right; without it
      the validation error is the mean squared error.
    - `notices`: warn, in one line each, where the data suggest another reading or a scaling.

    Raises `ConfigurationError` for wrong shapes or types, values that are not finite, labels or
    symbols out of range, and too few samples.
    """

    inputs: Array
    targets: Array
    validation_inputs: Array
    validation_targets: Array
    name: str = eqx.field(static=True)
    length: int = eqx.field(static=True)
    input_size: int = eqx.field(static=True)
    output_size: int = eqx.field(static=True)
    output_kind: OutputKind = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)
    labels: Labels | None = eqx.field(static=True)
    """The label of each class; None where labels were 0 to C - 1 already, or there are none."""

    def __init__(
        self,
        inputs,
        targets,
        *,
        validation: tuple | None = None,
        held_out: float = 0.2,
        split_seed: int = 0,
        symbols: int | None = None,
        classes: int | None = None,
        tolerance: float | None = None,
        name: str = "arrays",
        notices: bool = True,
    ):
        inputs, targets = _checked_pair("inputs", inputs, "targets", targets)
        if notices and targets.ndim == 2 and tolerance is None:
            _warn(suspicions.of_values(targets))
        if notices and targets.dtype.kind == "i" and classes is None:
            _warn(suspicions.of_labels(targets))
        if validation is None:
            check_number("held_out", held_out, above=0)
            check_integer("split_seed", split_seed, 0)
            if held_out >= 1:
                raise ConfigurationError("held_out", held_out, "it must be below 1")
            kept, held = _split(targets, held_out, split_seed)
            inputs, validation_inputs = inputs[kept], inputs[held]
            targets, validation_targets = targets[kept], targets[held]
        else:
            allowed = "it must be (inputs, targets); held_out is the fraction to hold out"
            check_type("validation", validation, tuple | list, allowed)
            if len(validation) != 2:
                raise ConfigurationError(
                    "validation",
                    Description(f"{len(validation)} arrays"),
                    "it must be (inputs, targets)",
                )
            validation_inputs, validation_targets = _checked_pair(
                "validation_inputs", validation[0], "validation_targets", validation[1]
            )
            _check_alike("validation_inputs", validation_inputs, inputs)
            _check_alike("validation_targets", validation_targets, targets)
        if tolerance is not None:
            check_number("tolerance", tolerance, at_least=0)

        self.name = name
        self.length = inputs.shape[1]
        self.tolerance = tolerance
        if inputs.ndim == 2:
            self.input_size = _range_size(
                "symbols", symbols, {"inputs": inputs, "validation_inputs": validation_inputs}
            )
        else:
            _check_unused("symbols", symbols, "inputs are features")
            self.input_size = inputs.shape[2]
        if notices and symbols is None:
            _warn(suspicions.of_inputs(inputs))
        self.labels = None
        if targets.ndim == 1:
            if classes is None:
                if notices:
                    _warn(untrained(targets, validation_targets))
                self.labels, targets, validation_targets = as_classes(targets, validation_targets)
            elif targets.dtype.kind != "i":
                _check_unused("classes", classes, "labels are not integers, and as many as occur")
            self.output_kind = "classes"
            self.output_size = _range_size(
                "classes", classes, {"targets": targets, "validation_targets": validation_targets}
            )
            if self.output_size < 2:
                raise ConfigurationError(
                    "targets", Description("one class"), "there must be at least 2"
                )
        else:
            _check_unused("classes", classes, "targets are real numbers; labels are integers")
            self.output_kind = "values"
            self.output_size = targets.shape[1]
        self.inputs, self.targets = _on_device(inputs), _on_device(targets)
        self.validation_inputs = _on_device(validation_inputs)
        self.validation_targets = _on_device(validation_targets)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        rows = jax.random.randint(key, (batch_size,), 0, len(self.inputs))
        return Batch(jnp.swapaxes(self.inputs[rows], 0, 1), self.targets[rows][None])

    def validation(self, samples: int) -> Batch:
        """All that is held out, whatever `samples` says."""
        return Batch(jnp.swapaxes(self.validation_inputs, 0, 1), self.validation_targets[None])


def load_arrays(
    path: str | Path,
    *,
    held_out: float = 0.2,
    tolerance: float | None = None,
    notices: bool = True,
) -> ArrayTask:
    """The `ArrayTask` of an `.npz` file with the arrays `inputs` and `targets`, and optionally
    `validation_inputs` and `validation_targets`. Nothing in the file is ever run."""
    path = Path(path)
    if not path.exists():
        raise ConfigurationError("task", str(path), "there is no such file")
    try:
        if not path.is_file():
            raise ValueError("it is a directory" if path.is_dir() else "it is no plain file")
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise ValueError("it is no archive of np.savez")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as file:
                unknown = sorted(set(file.files) - set(_FILE_ARRAYS))
                arrays = {name: file[name] for name in file.files if name in _FILE_ARRAYS}
    except Exception as error:  # zipfile, numpy and the operating system each have their own
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigurationError(
            "task", str(path), f"it must be an .npz file of plain arrays ({reason})"
        ) from None
    if unknown:
        allowed = f"its arrays must be among: {', '.join(_FILE_ARRAYS)}"
        raise ConfigurationError("task", Description(f"{path} with {', '.join(unknown)}"), allowed)
    for name in ("inputs", "targets"):
        if name not in arrays:
            raise ConfigurationError("task", str(path), f"it must hold an array named {name}")
    has_validation = [name for name in _FILE_ARRAYS[2:] if name in arrays]
    if len(has_validation) == 1:
        raise ConfigurationError(
            "task",
            Description(f"{path} with {has_validation[0]} alone"),
            "both or neither of the two must be",
        )
    return ArrayTask(
        arrays["inputs"],
        arrays["targets"],
        validation=tuple(arrays[name] for name in _FILE_ARRAYS[2:]) if has_validation else None,
        held_out=held_out,
        tolerance=tolerance,
        name=path.stem,
        notices=notices,
    )


def _warn(messages: Iterable[str]) -> None:
    for message in messages:
        warnings.warn(message, Notice, stacklevel=5)  # of whoever made the task


def _on_device(array: np.ndarray) -> Array:
    kind = jnp.int32 if np.issubdtype(array.dtype, np.integer) else jnp.result_type(float)
    return jnp.asarray(array, kind)


def _as_float(array: np.ndarray) -> np.ndarray:
    """In the device's precision, so that what is too large for it is found to be infinite."""
    with np.errstate(over="ignore"):
        return array.astype(jnp.result_type(float))


def _checked_pair(inputs_name: str, inputs, targets_name: str, targets):
    """Both as arrays of the right type, rank and length, and finite."""
    inputs, targets = as_array(inputs_name, inputs), as_array(targets_name, targets)
    is_symbols = np.issubdtype(inputs.dtype, np.integer) and inputs.ndim == 2
    is_features = np.issubdtype(inputs.dtype, np.number) and inputs.ndim == 3
    if not (is_symbols or is_features) or np.iscomplexobj(inputs):
        raise ConfigurationError(
            inputs_name,
            described(inputs),
            "it must be integers (N, T), symbols, or numbers (N, T, I), features",
        )
    if is_features:
        inputs = _as_float(inputs)
    targets = _as_labels(targets_name, targets)
    is_classes = targets.dtype.kind in "iUb" and targets.ndim == 1
    is_values = np.issubdtype(targets.dtype, np.floating) and targets.ndim in (1, 2)
    if not (is_classes or is_values):
        raise ConfigurationError(
            targets_name,
            described(targets),
            "it must be labels (N,), integers, texts or booleans, or real numbers (N,) or (N, O)",
        )
    if is_values:
        targets = _as_float(targets.reshape(len(targets), -1))
    if len(inputs) != len(targets):
        raise ConfigurationError(
            targets_name, Description(f"{len(targets)} rows"), f"{inputs_name} has {len(inputs)}"
        )
    for name, array in ((inputs_name, inputs), (targets_name, targets)):
        if array.size == 0:
            raise ConfigurationError(name, described(array), "no axis may be empty")
        bad = np.argwhere(~np.isfinite(array)) if array.dtype.kind == "f" else np.array([])
        if len(bad):
            where = tuple(int(index) for index in bad[0])
            raise ConfigurationError(
                name, Description(f"{array[where]} at {where}"), "all must be finite"
            )
    return inputs, targets


def _check_alike(name: str, validation: np.ndarray, training: np.ndarray) -> None:
    """Validation arrays have the training arrays' type and, rows aside, their shape."""
    kinds = {array.dtype.kind.replace("u", "i") for array in (validation, training)}
    if validation.shape[1:] != training.shape[1:] or len(kinds) > 1:
        raise ConfigurationError(
            name, described(validation), f"the training array is {described(training)}"
        )


def _as_labels(name: str, targets: np.ndarray) -> np.ndarray:
    """Texts of any origin as NumPy's, and integers of any size as 64 bits; all else as it is."""
    if targets.dtype.kind == "O" and all(isinstance(each, str) for each in targets.flat):
        return targets.astype(str)
    if targets.dtype.kind != "u":
        return targets
    if targets.size and targets.max() > np.iinfo(np.int64).max:
        raise ConfigurationError(name, int(targets.max()), "labels are integers of 64 bits")
    return targets.astype(np.int64)


def _check_unused(option: str, value: int | None, why: str) -> None:
    if value is not None:
        raise ConfigurationError(option, value, why)


def _range_size(size_name: str, size: int | None, arrays: dict[str, np.ndarray]) -> int:
    """Integers from 0 to size - 1 in every array; without a size, the largest seen + 1."""
    if size is not None:
        check_integer(size_name, size, 1)
    for name, array in arrays.items():
        limit = LARGEST_INTEGER + 1 if size is None else size
        outside = array[(array < 0) | (array >= limit)]
        if outside.size:
            last = "" if size is None else f" to {size - 1}"
            raise ConfigurationError(
                name, int(outside.flat[0]), f"all must be integers from 0{last or ' up'}"
            )
    return size or 1 + max(int(array.max()) for array in arrays.values())


def _split(targets: np.ndarray, held_out: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out, a fraction of each class alike; a fixed draw."""
    shuffle = np.random.default_rng(seed)
    labels = targets if targets.ndim == 1 else np.zeros(len(targets), int)
    kept, held = [], []
    for label in np.unique(labels):
        rows = shuffle.permutation(np.flatnonzero(labels == label))
        count = round(held_out * len(rows))
        held.append(rows[:count])
        kept.append(rows[count:])
    kept, held = np.sort(np.concatenate(kept)), np.sort(np.concatenate(held))
    if len(kept) == 0 or len(held) == 0:
        raise ConfigurationError(
            "inputs",
            Description(f"{len(targets)} samples"),
            f"too few to hold out a fraction of {held_out:g} of each class and train on the rest",
        )
    return kept, held
