"""Anyone's own sequences as a task: finite data, trained in epochs, with a held-out part."""

import dataclasses
import warnings
from collections.abc import Iterable
from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .._types import Count, Labels, PRNGKey
from ..data import (
    Preparation,
    Sequences,
    Targets,
    as_groups,
    as_sequences,
    as_targets,
    classes_of,
    hold_out,
    names_of,
    one_sided,
    preparation_of,
    refused,
    suspicions,
)
from ..errors import (
    ConfigurationError,
    Description,
    Notice,
    check_choice,
    check_integer,
    check_number,
    check_switch,
    check_type,
    described,
)
from ..names import Missing, OutputKind, ValidateBy
from .base import Batch, Task
from .epochs import epoch_rows

LARGEST_INTEGER = 2**31 - 2
"""Symbols and classes are 32-bit integers on the device, and one more must fit as their number."""


Part = tuple[Sequences, Targets]


class ArrayTask(Task):
    r"""A finite set of sequences. Training goes through all of the training part in a new order
    each epoch; validation is the held-out part, complete.

    **Arguments:**

    - `inputs`: symbols, integers `(N, T)` from 0; or features, numbers `(N, T, I)`. Real numbers
      `(N, T)` are one feature. Sequences of unequal length are a list of such arrays, one each, or
      one array and `lengths (N,)`; past its length a sequence is not looked at.
    - `targets`: of each sequence a label `(N,)`, an integer, a text or a boolean; or real values
      `(N, O)` (or `(N,)`, O = 1); or bits, booleans `(N, O)`. Of each step: labels `(N, T)`, values
      or bits `(N, T, O)`, or a list of arrays. A step whose answer is missing (NaN, None, an empty
      text) is not scored. The labels that occur become classes 0 to C - 1 in their order; a trained
      network predicts the labels as they were given.
    - `output_kind` ("classes", "values", "bits") and `every_step`, where type and shape of the
      targets do not say what is meant.
    - `weights`: how much each answer counts, `(N,)` or `(N, T)`; 0: it is not scored.
    - `validation`: (inputs, targets) of one's own, and after them, where needed, lengths and
      weights. Without it a fraction `held_out` of the samples is kept back by a fixed draw
      (`split_seed`): of each class alike, or with `groups (N,)` whole groups, so that none is in
      both parts.
    - `standardize`: features to mean 0 and standard deviation 1, channel by channel, as measured
      on the training part. `missing`: what stands for a feature that is NaN: its channel's `"mean"`
      or the `"previous"` step's; by default it is refused. A trained network does both by itself.
    - `symbols`: size of the alphabet; default: the largest seen + 1. `classes`: with it labels are
      integers from 0 to `classes` - 1, each with an output whether it occurs or not.
    - `labels` and `preparation`: those of a network that is gone on from, `network.labels` and
      `network.preparation`; then no other label may occur, and nothing is measured here.
    - `tolerance`: for values, the squared error up to which an answer counts as right; without it
      the validation error is the mean squared error.
    - `validate_by`: the validation error is the fraction of wrong `"errors"`, or the mean `"loss"`,
      which tells one network from another where few answers are held out.
    - `notices`: warn, in one line each, where the data suggest another reading or a scaling.

    Raises `ConfigurationError` for wrong shapes or types, values that are not finite, labels or
    symbols out of range, and too few samples.

    Examples:
        >>> import alignrnn as ar
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> sequences = [rng.normal(size=(length, 3)) for length in (5, 8, 6, 7, 5, 9, 6, 8, 7, 5)]
        >>> task = ar.ArrayTask(sequences, ["up", "down"] * 5, standardize=True)
        >>> task.length, task.input_size, task.labels
        (9, 3, ('down', 'up'))
    """

    inputs: Array
    targets: Array
    weights: Array | None
    lengths: Array | None
    validation_inputs: Array
    validation_targets: Array
    validation_weights: Array | None
    validation_lengths: Array | None
    channels: tuple[Array, Array, Array] | None
    """Of the preparation: means, offsets and scales `(I,)`. Arrays, for no program depends on
    them."""
    missing: Missing = eqx.field(static=True)
    name: str = eqx.field(static=True)
    length: int = eqx.field(static=True)
    input_size: int = eqx.field(static=True)
    output_size: int = eqx.field(static=True)
    output_kind: OutputKind = eqx.field(static=True)
    every_step: bool = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)
    validate_by: ValidateBy = eqx.field(static=True)
    labels: Labels | None = eqx.field(static=True)
    """The label of each class; None where labels were 0 to C - 1 already, or there are none."""

    def __init__(
        self,
        inputs,
        targets,
        *,
        lengths=None,
        weights=None,
        groups=None,
        validation: tuple | None = None,
        held_out: float = 0.2,
        split_seed: int = 0,
        output_kind: OutputKind | None = None,
        every_step: bool | None = None,
        standardize: bool = False,
        missing: Missing = "refuse",
        symbols: int | None = None,
        classes: int | None = None,
        labels: Labels | None = None,
        preparation: Preparation | None = None,
        tolerance: float | None = None,
        validate_by: ValidateBy = "errors",
        name: str = "arrays",
        notices: bool = True,
    ):
        check_switch("standardize", standardize)
        if tolerance is not None:
            check_number("tolerance", tolerance, at_least=0)
        check_choice("validate_by", validate_by, get_args(ValidateBy))
        reading: dict[str, Any] = {"kind": output_kind, "every_step": every_step}
        given = as_sequences("inputs", inputs, lengths)
        asked = as_targets("targets", targets, given, weights=weights, **reading)
        if notices and tolerance is None:
            is_said = classes is not None or output_kind is not None
            _warn(suspicions.of_targets(asked, is_said=is_said))
        if validation is None:
            if missing == "refuse" and preparation is None:
                _check_known("inputs", given)  # while a row has the number its owner knows
            kept, held = _apart(given, asked, groups, held_out, split_seed)
        else:
            kept, held = (given, asked), _own_validation(validation, given, asked, reading)
        (training, answers), (seen, held_answers) = kept, held
        if preparation is None:
            prepare = preparation_of("inputs", training, standardize=standardize, missing=missing)
        else:
            prepare = _own_preparation(preparation, training, standardize, missing)
        if prepare is None and missing == "refuse":
            _check_known("validation_inputs", seen)

        self.name, self.tolerance, self.validate_by = name, tolerance, validate_by
        self.output_kind, self.every_step = asked.kind, asked.every_step
        self.missing = missing if prepare is None else prepare.missing
        self.channels = None
        if prepare is not None:
            means, offsets, scales = prepare.means, prepare.offsets, prepare.scales
            self.channels = _on_device(means), _on_device(offsets), _on_device(scales)
        self.input_size = _input_size(training, seen, symbols)
        if notices and symbols is None:
            _warn(suspicions.of_inputs(training, is_scaled=prepare is not None))
        values, held_values = answers.values, held_answers.values
        self.labels = None
        if asked.kind == "classes":
            if labels is None and classes is None:
                if notices:
                    _warn(one_sided(answers.scored, held_answers.scored))
                found = classes_of(answers.scored, held_answers.scored)
                self.labels = names_of(found)
                values, held_values = (np.searchsorted(found, v) for v in (values, held_values))
            elif labels is not None:
                _check_unused("classes", classes, "labels say how many there are")
                self.labels, classes = tuple(labels), len(labels)
                values = _places("targets", values, self.labels)
                held_values = _places("validation_targets", held_values, self.labels)
            elif values.dtype.kind != "i":
                _check_unused("classes", classes, "labels are not integers, and as many as occur")
            parts = {"targets": values, "validation_targets": held_values}
            self.output_size = _range_size("classes", classes, parts)
            if self.output_size < 2:
                only = Description("one class")
                raise ConfigurationError("targets", only, "there must be at least 2")
        else:
            _check_unused("classes", classes, "targets are real numbers; labels are integers")
            self.output_size = values.shape[2]

        steps = training.inputs.shape[1], seen.inputs.shape[1]
        self.length = max(steps)
        # Both parts have lengths or neither has, so that one program takes them.
        has_own = training.lengths is not None or seen.lengths is not None
        has_lengths = has_own or steps[0] != steps[1]
        self.inputs, self.targets, self.weights, self.lengths = _arrays(
            "inputs", kept, values, prepare, self.length, has_lengths
        )
        (
            self.validation_inputs,
            self.validation_targets,
            self.validation_weights,
            self.validation_lengths,
        ) = _arrays("validation_inputs", held, held_values, prepare, self.length, has_lengths)

    @property
    def counts_errors(self) -> bool:
        """See `Task.counts_errors`."""
        return self.validate_by == "errors" and super().counts_errors

    @property
    def preparation(self) -> Preparation | None:
        """What is done with features before a network sees them."""
        if self.channels is None:
            return None
        means, offsets, scales = (tuple(np.asarray(each).tolist()) for each in self.channels)
        return Preparation(self.missing, means, offsets, scales)

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        return self._rows(jax.random.randint(key, (batch_size,), 0, len(self.inputs)))

    def batch(self, key: PRNGKey, iteration: Count, batch_size: int) -> Batch:
        """Epochs: each goes once through the whole training part, in an order of its own. A batch
        goes on into the next where an epoch ends within it."""
        if len(self.inputs) * batch_size >= 2**32:  # places in an epoch are counted in 32 bits
            allowed = f"times {len(self.inputs):,} training samples it must be below 2^32"
            raise ConfigurationError("batch_size", batch_size, allowed)
        return self._rows(epoch_rows(key, iteration, batch_size, len(self.inputs)))

    def validation(self, samples: int) -> Batch:
        """All that is held out, whatever `samples` says."""
        return _batch(
            self.validation_inputs,
            self.validation_targets,
            self.validation_weights,
            self.validation_lengths,
        )

    def _rows(self, rows: Array) -> Batch:
        weights, lengths = (
            None if each is None else each[rows] for each in (self.weights, self.lengths)
        )
        return _batch(self.inputs[rows], self.targets[rows], weights, lengths)


def _batch(inputs: Array, targets: Array, weights: Array | None, lengths: Array | None) -> Batch:
    """Time first, of parts with samples first."""
    turned = None if weights is None else jnp.swapaxes(weights, 0, 1)
    return Batch(jnp.swapaxes(inputs, 0, 1), jnp.swapaxes(targets, 0, 1), turned, lengths)


def _apart(
    given: Sequences, asked: Targets, groups: Any, held_out: float, split_seed: int
) -> tuple[Part, Part]:
    """What is trained on, and what is held out."""
    check_number("held_out", held_out, above=0)
    check_integer("split_seed", split_seed, 0)
    if held_out >= 1:
        raise ConfigurationError("held_out", held_out, "it must be below 1")
    rows = len(given)
    kept, held = hold_out(asked.strata, as_groups(groups, rows), rows, held_out, split_seed)
    return (given.of(kept), asked.of(kept)), (given.of(held), asked.of(held))


def _own_validation(
    validation: Any, training: Sequences, asked: Targets, reading: dict[str, Any]
) -> Part:
    """Validation arrays of one's own, of the training arrays' kind."""
    allowed = "it must be (inputs, targets)"
    check_type("validation", validation, tuple | list, f"{allowed}; held_out is the fraction")
    if len(validation) not in (2, 3, 4):
        found = Description(f"{len(validation)} arrays")
        raise ConfigurationError("validation", found, allowed)
    inputs, targets, lengths, weights = *validation, *[None] * (4 - len(validation))
    seen = as_sequences("validation_inputs", inputs, lengths)
    said = as_targets("validation_targets", targets, seen, weights=weights, **reading)
    _check_alike("validation_inputs", seen.inputs, training.inputs, 2)
    _check_alike("validation_targets", _as_given(said), _as_given(asked), 1 + asked.every_step)
    return seen, said


def _as_given(targets: Targets) -> np.ndarray:
    """One answer a sequence has no axis of steps."""
    return targets.values if targets.every_step else targets.values[:, 0]


def _check_alike(name: str, validation: np.ndarray, training: np.ndarray, width: int) -> None:
    """Validation arrays have the training arrays' type and axes, and those from axis `width` on
    are as long; rows and steps may be others."""
    kinds = {array.dtype.kind.replace("u", "i") for array in (validation, training)}
    is_alike = validation.ndim == training.ndim and len(kinds) == 1
    if not is_alike or validation.shape[width:] != training.shape[width:]:
        raise ConfigurationError(
            name, described(validation), f"the training array is {described(training)}"
        )


def _warn(messages: Iterable[str]) -> None:
    for message in messages:
        warnings.warn(message, Notice, stacklevel=5)  # of whoever made the task


def _on_device(array: Any) -> Array:
    array = np.asarray(array)
    kind = jnp.int32 if np.issubdtype(array.dtype, np.integer) else jnp.result_type(float)
    return jnp.asarray(array, kind)


def _arrays(
    name: str,
    part: Part,
    values: np.ndarray,
    prepare: Preparation | None,
    length: int,
    has_lengths: bool,
) -> tuple[Array, Array, Array | None, Array | None]:
    """Inputs, targets, weights and lengths of a part on the device, padded to T = `length`; its
    answers are these values."""
    given = part[0] if prepare is None else prepare(name, part[0])
    lengths = np.full(len(given), given.inputs.shape[1]) if given.lengths is None else given.lengths
    asked = dataclasses.replace(part[1], values=values).padded_to(length)
    return (
        _on_device(given.padded_to(length).inputs),
        _on_device(asked.values),
        None if asked.weights is None else _on_device(asked.weights),
        _on_device(lengths) if has_lengths else None,
    )


def _input_size(training: Sequences, held: Sequences, symbols: int | None) -> int:
    if training.are_symbols:
        parts = {"inputs": training.inputs, "validation_inputs": held.inputs}
        return _range_size("symbols", symbols, parts)
    _check_unused("symbols", symbols, "inputs are features")
    return training.inputs.shape[2]


def _check_known(name: str, given: Sequences) -> None:
    """That no feature is missing."""
    gaps = np.isnan(given.inputs) if not given.are_symbols else np.zeros(0, bool)
    if gaps.any():
        raise refused(name, given.inputs, gaps)


def _own_preparation(
    preparation: Any, training: Sequences, standardize: bool, missing: Missing
) -> Preparation:
    """That of a network, which these features must be for."""
    check_type("preparation", preparation, Preparation, "it must be a network's .preparation")
    if standardize or missing != "refuse":
        option, value = ("standardize", True) if standardize else ("missing", missing)
        raise ConfigurationError(option, value, "a network's own preparation is given")
    size = len(preparation.means)
    if training.are_symbols or training.inputs.shape[2] != size:
        allowed = f"the preparation is of features (N, T, {size})"
        raise ConfigurationError("inputs", described(training.inputs), allowed)
    return preparation


def _places(name: str, values: np.ndarray, labels: Labels) -> np.ndarray:
    """Labels as numbers of classes; each must be one of these."""
    place = {label: number for number, label in enumerate(labels)}
    found, each = np.unique(values, return_inverse=True)
    for label in found.tolist():
        if label not in place:
            some = ", ".join(map(repr, labels[:10])) + (", …" if len(labels) > 10 else "")
            raise ConfigurationError(name, label, f"the labels are: {some}")
    numbers = np.array([place[label] for label in found.tolist()])
    return numbers[each.reshape(-1)].reshape(values.shape)


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
