"""What a task's batches must be: found out before anything is compiled, and said in one line."""

from collections.abc import Callable
from typing import Any, get_args

import jax
import numpy as np

from .._types import OutputKind
from ..errors import (
    ConfigurationError,
    check_choice,
    check_integer,
    check_number,
    check_type,
    described,
    kind_of,
)
from .base import Batch, Task

_STATIC = ("name", "length", "input_size", "output_size", "output_kind", "tolerance", "labels")
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


def check_numbers(task: Task, batch_size: int, validation_inputs: Any, validation_targets: Any):
    """Symbols and labels in range, and no number that is not finite, in a task's validation set
    and, where that is not made of samples, in one batch.

    Raises `ConfigurationError` for the first that is not so.
    """
    own = not task.draws_validation
    _check_values(
        task, "validation()" if own else "sample()", validation_inputs, validation_targets
    )
    if own:
        batch = task.sample(jax.random.key(0), batch_size)
        _check_values(task, "sample()", batch.inputs, batch.targets)


def _check_fields(task: Task) -> None:
    check_integer("task.length", task.length, 1)
    check_integer("task.input_size", task.input_size, 1)
    check_integer("task.output_size", task.output_size, 1)
    check_choice("task.output_kind", task.output_kind, get_args(OutputKind))
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
    if task.output_kind == "classes":
        wanted, rank, kind = "integers (B,), one class a sample", 1, np.integer
    else:
        wanted, rank, kind = "real numbers (B, O), values", 2, np.floating
    if targets.ndim != rank or not np.issubdtype(targets.dtype, kind):
        allowed = f"with {task.output_kind} as output_kind it must be {wanted}"
        raise ConfigurationError(f"{source}.targets", described(targets), allowed)
    width = {"O, the output size,": task.output_size}
    _check_shape(f"{source}.targets", targets, {axis: samples} | width)


def _check_shape(field: str, array: Any, sizes: dict[str, int]) -> None:
    """As many entries along each axis as its size says; axes that the array lacks aside."""
    for found, (axis, size) in zip(array.shape, sizes.items(), strict=False):
        if found != size:
            order = ", and time comes first" if axis[0] == "T" else ""
            raise ConfigurationError(field, described(array), f"{axis} is {size}{order}")


def _check_values(task: Task, source: str, inputs: Any, targets: Any) -> None:
    for name, array, size, kind in (
        ("inputs", np.asarray(inputs), task.input_size, "symbols"),
        ("targets", np.asarray(targets), task.output_size, "classes"),
    ):
        if np.issubdtype(array.dtype, np.integer):
            outside, allowed = (array < 0) | (array >= size), f"{kind} go from 0 to {size - 1}"
        else:
            outside, allowed = ~np.isfinite(array), "all must be finite"
        if outside.any():
            raise ConfigurationError(f"{source}.{name}", array[outside].flat[0].item(), allowed)
