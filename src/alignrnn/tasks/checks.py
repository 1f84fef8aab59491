"""What a task's batches must be: found out before anything is compiled, and said in one line."""

from collections.abc import Callable
from typing import Any, get_args

import jax
import numpy as np

from ..errors import (
    ConfigurationError,
    check_choice,
    check_integer,
    check_number,
    check_switch,
    check_type,
    described,
    kind_of,
)
from ..names import OutputKind
from .base import Batch, Task

_STATIC = (
    *("name", "length", "input_size", "output_size", "output_kind", "tolerance", "labels"),
    "every_step",
)
"""What a program is made for, and so cannot be among the numbers it is given."""


def check_task(task: Task, batch_size: int, validation_samples: int) -> None:
    """Sizes, and the types and shapes of what `sample` and `validation` give.

    Both are only traced, as they will be within the program: nothing is computed, which takes
    milliseconds. Raises `ConfigurationError` for what training could not use.
    """
    _check_fields(task)
    # Samples first would look like time first where there are as many of both.
    size = batch_size + (batch_size == task.length)
    key = jax.random.key(0)

    def sample(task: Task, key: Any) -> None:
        _check_shapes(task, "sample()", task.sample(key, size), size)

    def validation(task: Task) -> None:
        _check_shapes(task, "validation()", task.validation(validation_samples), None)

    _trace("sample()", sample, task, key)
    if not task.draws_validation:
        _trace("validation()", validation, task)


def check_numbers(task: Task, batch_size: int, validation: Batch) -> None:
    """Symbols and labels in range, no number that is not finite, weights that count something and
    lengths that can be, in a task's validation set and, where that is not made of samples, in one
    batch.

    Raises `ConfigurationError` for the first that is not so.
    """
    own = not task.draws_validation
    _check_values(task, "validation()" if own else "sample()", validation)
    if own:
        _check_values(task, "sample()", task.sample(jax.random.key(0), batch_size))


def _check_fields(task: Task) -> None:
    check_integer("task.length", task.length, 1)
    check_integer("task.input_size", task.input_size, 1)
    check_integer("task.output_size", task.output_size, 1)
    check_choice("task.output_kind", task.output_kind, get_args(OutputKind))
    check_switch("task.every_step", task.every_step)
    if task.tolerance is not None:
        check_number("task.tolerance", task.tolerance, at_least=0)
    if task.labels is not None:
        check_type("task.labels", task.labels, tuple, "it must be a tuple, a label a class")
    for path, leaf in jax.tree.leaves_with_path(task):
        field = jax.tree_util.keystr(path).removeprefix(".")
        if field in _STATIC or not isinstance(leaf, jax.Array | np.ndarray | float | int):
            allowed = "a field that is no array must be static: eqx.field(static=True)"
            raise ConfigurationError(f"task.{field}", leaf, allowed)


def _trace(source: str, check: Callable[..., None], *arguments: Any) -> None:
    try:
        jax.eval_shape(check, *arguments)
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError) as error:
        raise ConfigurationError(
            source,
            kind_of(error),
            "it runs inside jit: what is drawn is for jax.numpy and jax.random alone",
        ) from error


def _check_shapes(task: Task, source: str, batch: Any, samples: int | None) -> None:
    """Types and shapes of a batch of so many samples; None: of any number."""
    if not isinstance(batch, Batch):
        raise ConfigurationError(source, kind_of(batch), "it must be a Batch(inputs, targets)")
    for name, array in (("inputs", batch.inputs), ("targets", batch.targets)):
        if not isinstance(array, jax.Array | np.ndarray):
            raise ConfigurationError(f"{source}.{name}", kind_of(array), "it must be an array")
    inputs, targets = batch.inputs, batch.targets
    is_symbols = inputs.ndim == 2 and np.issubdtype(inputs.dtype, np.integer)
    is_features = inputs.ndim == 3 and np.issubdtype(inputs.dtype, np.floating)
    if not (is_symbols or is_features):
        allowed = "it must be integers (T, B), symbols, or real numbers (T, B, I), features"
        raise ConfigurationError(f"{source}.inputs", described(inputs), allowed)
    if samples is None:
        samples, axis = max(1, inputs.shape[1]), "B, the samples of inputs,"
    else:
        axis = "B, the batch size asked for,"
    length, width = {"T, the length,": task.length}, {"I, the input size,": task.input_size}
    _check_shape(f"{source}.inputs", inputs, length | {axis: samples} | width)
    steps = "T" if task.every_step else "1"
    if task.output_kind == "classes":
        wanted, rank, kind = f"integers ({steps}, B), classes", 2, np.integer
    else:
        wanted, rank, kind = f"real numbers ({steps}, B, O), {task.output_kind}", 3, np.floating
    if targets.ndim != rank or not np.issubdtype(targets.dtype, kind):
        allowed = f"with {task.output_kind} as output_kind it must be {wanted}"
        raise ConfigurationError(f"{source}.targets", described(targets), allowed)
    scored = {"S, the scored steps,": task.length if task.every_step else 1}
    width = {"O, the output size,": task.output_size}
    _check_shape(f"{source}.targets", targets, scored | {axis: samples} | width)
    for name, array, kind, sizes in (
        ("weights", batch.weights, np.floating, scored | {axis: samples}),
        ("lengths", batch.lengths, np.integer, {axis: samples}),
    ):
        if array is None:
            continue
        if not isinstance(array, jax.Array | np.ndarray):
            raise ConfigurationError(f"{source}.{name}", kind_of(array), "it must be an array")
        if array.ndim != len(sizes) or not np.issubdtype(array.dtype, kind):
            wanted = f"real numbers ({steps}, B)" if name == "weights" else "integers (B,)"
            raise ConfigurationError(
                f"{source}.{name}", described(array), f"it must be {wanted}, or None"
            )
        _check_shape(f"{source}.{name}", array, sizes)


def _check_shape(field: str, array: Any, sizes: dict[str, int]) -> None:
    """As many entries along each axis as its size says; axes that the array lacks aside."""
    for found, (axis, size) in zip(array.shape, sizes.items(), strict=False):
        if found != size:
            order = ", and time comes first" if axis[0] in "TS" else ""
            raise ConfigurationError(field, described(array), f"{axis} is {size}{order}")


def _check_values(task: Task, source: str, batch: Batch) -> None:
    for name, array, size, kind in (
        ("inputs", np.asarray(batch.inputs), task.input_size, "symbols"),
        ("targets", np.asarray(batch.targets), task.output_size, "classes"),
    ):
        if np.issubdtype(array.dtype, np.integer):
            outside, allowed = (array < 0) | (array >= size), f"{kind} go from 0 to {size - 1}"
        elif name == "targets" and task.output_kind == "bits":
            outside, allowed = (array != 0) & (array != 1), "bits are 0 or 1"
        else:
            outside, allowed = ~np.isfinite(array), "all must be finite"
        _refuse(f"{source}.{name}", array, outside, allowed)
    if batch.weights is not None:
        weights = np.asarray(batch.weights)
        outside = ~(np.isfinite(weights) & (weights >= 0))
        _refuse(f"{source}.weights", weights, outside, "all must be finite and at least 0")
        if not weights.any():
            raise ConfigurationError(f"{source}.weights", 0.0, "some answer must count")
    if batch.lengths is not None:
        lengths = np.asarray(batch.lengths)
        outside = (lengths < 1) | (lengths > task.length)
        _refuse(f"{source}.lengths", lengths, outside, f"lengths go from 1 to {task.length}")


def _refuse(field: str, array: np.ndarray, outside: np.ndarray, allowed: str) -> None:
    if outside.any():
        raise ConfigurationError(field, array[outside].flat[0].item(), allowed)
