"""A task by the name a command line or a grid file gives it."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._types import Labels
from ..data import Dataset, Preparation, Source, TableFile, as_sequences, dataset_of
from ..errors import ConfigurationError, Notice, check_type
from ..names import OutputKind
from ..registry import DATA, TASKS, data_key, task_not_taken
from .arrays import ArrayTask
from .base import Task


@dataclass(frozen=True)
class Fit:
    """What a network that is gone on from asks of finite data."""

    input_size: int
    output_size: int
    output_kind: OutputKind
    every_step: bool
    labels: Labels | None
    preparation: Preparation | None


def as_task(given: Task | str) -> Task:
    """The task given, or by its name `named_task` with its defaults."""
    if isinstance(given, str):
        return named_task(given)
    allowed = "it must be a task, such as TemporalOrder(length=20), or the name of one"
    check_type("task", given, Task, allowed)
    return given


def named_task(
    name: str, options: Mapping[str, Any] | None = None, *, notices: bool = True
) -> Task:
    """A task of the registry, or that of a data set: a file, or one by its name. The options are
    the fields of its class; one that is None counts as not given. Where data suggest that something
    else is meant, `notices` says so.

    Raises `ConfigurationError` for an unknown name, and for an option the task does not take.
    """
    given = {key: value for key, value in (options or {}).items() if value is not None}
    if data_key(name) is not None:
        source = source_of(name, given)
        return task_of(source, dataset_of(source, name), notices=notices)
    check_task_name(name)
    for option, value in given.items():
        if option not in TASKS.options(name):
            raise task_not_taken(name, option, value)
    return TASKS.of(name)(**given)


def load_data(name: str | Path, **options: Any) -> ArrayTask:
    """The task of a data set: a file (`.npz`, `.csv`, `.parquet`, `.ts`), or one by its name, such
    as "japanese-vowels". The options are the fields of its source, such as `held_out`,
    `standardize`, and for a table `id`, `time`, `target`.

    Raises `ConfigurationError` for a name, an option or a content that cannot be used.

    Examples:
        >>> import alignrnn as ar
        >>> import numpy as np
        >>> np.savez("my.npz", inputs=np.zeros((10, 5, 2)), targets=["up", "down"] * 5)
        >>> task = ar.load_data("my.npz", held_out=0.2)
        >>> task.length, task.input_size, task.labels
        (5, 2, ('down', 'up'))
    """
    source = source_of(name, options)
    return task_of(source, dataset_of(source, str(name)))


def frame_task(frame: Any, *, name: str = "frame", **options: Any) -> ArrayTask:
    """The task of a frame of pandas (or of any other whose columns give NumPy arrays) in long form:
    a row a step. The options are those of `TableFile`: `id`, `time`, `target`, `features`, …

    Examples:
        >>> import alignrnn as ar
        >>> import pandas as pd
        >>> frame = pd.DataFrame(
        ...     {
        ...         "id": ["a", "a", "b", "b", "c", "c", "d", "d"],
        ...         "heat": [0.5, 1.5, 2.0, 0.5, 0.0, 1.5, 1.0, 0.5],
        ...         "target": ["rise", "rise", "fall", "fall", "rise", "rise", "fall", "fall"],
        ...     }
        ... )
        >>> task = ar.frame_task(frame, held_out=0.5)
        >>> task.length, task.input_size, task.labels
        (2, 1, ('fall', 'rise'))
    """
    source = TableFile(**_checked(".csv", "a frame", options))
    if source.test_fraction:
        allowed = "a frame is trained on as a whole: take its test rows out before"
        raise ConfigurationError("test_fraction", source.test_fraction, allowed)
    return task_of(source, source.of_frame(frame, name))


def read_data(name: str | Path, **options: Any) -> Dataset:
    """A data set as it is, its training, validation and test part.

    Examples:
        >>> import alignrnn as ar
        >>> import numpy as np
        >>> np.savez("my.npz", inputs=np.zeros((10, 5, 2)), targets=["up", "down"] * 5)
        >>> data = ar.read_data("my.npz")
        >>> data.training.inputs.shape, data.test is None
        ((10, 5, 2), True)
    """
    return dataset_of(source_of(name, options), str(name))


def source_of(name: Any, options: Mapping[str, Any]) -> Source:
    """What reads a data set, with its options."""
    key = data_key(str(name))
    if key is None:
        raise ConfigurationError("task", str(name), f"a data set is one of: {_data_names()}")
    return DATA.of(key)(**_checked(key, str(name), options))


def task_of(
    source: Source, data: Dataset, *, notices: bool = True, fit: Fit | None = None
) -> ArrayTask:
    """Training and validation part as a task; the test part is not looked at. What a network that
    is gone on from has (labels, preparation, sizes) decides, where data leave it open."""
    if notices:
        for note in data.notes:
            warnings.warn(note, Notice, stacklevel=3)  # of whoever asked for the data
    training, own = data.training, data.validation
    validation = None if own is None else (own.inputs, own.targets, own.lengths, own.weights)
    symbols, reading = data.symbols, {}
    output_kind = source.output_kind or data.output_kind
    every_step = data.every_step if source.every_step is None else source.every_step
    if fit is not None:
        if as_sequences("inputs", training.inputs, training.lengths).are_symbols:
            symbols = fit.input_size
        output_kind = output_kind or fit.output_kind
        every_step = fit.every_step if every_step is None else every_step
        reading = {"labels": fit.labels, "preparation": fit.preparation}
        if fit.output_kind == output_kind == "classes" and fit.labels is None:
            reading["classes"] = fit.output_size
        if output_kind != "classes":
            reading["labels"] = None
    return ArrayTask(
        training.inputs,
        training.targets,
        lengths=training.lengths,
        weights=training.weights,
        groups=training.groups,
        validation=validation,
        held_out=source.held_out,
        split_seed=source.split_seed,
        output_kind=output_kind,
        every_step=every_step,
        standardize=source.standardize,
        missing=source.missing,
        symbols=symbols,
        tolerance=source.tolerance,
        validate_by=source.validate_by,
        name=data.name,
        notices=notices,
        **reading,
    )


def check_task_name(name: Any) -> None:
    """That there is a task, or a data set, of this name."""
    if data_key(name) is None and not TASKS.knows(name):
        allowed = (
            f"it must be one of: {', '.join(sorted(TASKS.names))}, {_data_names()}, or a class in "
            "a file, my_task.py:MyTask"
        )
        raise ConfigurationError("task", name, allowed)


def _checked(key: str, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that this kind of data takes; one text where names of columns are meant."""
    allowed = DATA.options(key)
    given = {option: value for option, value in options.items() if value is not None}
    for option, value in given.items():
        if option not in allowed:
            raise task_not_taken(name if data_key(name) else key, option, value)
        if isinstance(allowed[option].default, tuple):
            given[option] = (value,) if isinstance(value, str) else tuple(value)
    return given


def _data_names() -> str:
    endings = ", ".join(each for each in DATA.names if each.startswith("."))
    sets = (each for each in DATA.names if not each.startswith("."))
    named = ", ".join("openml:NAME" if each == "openml" else each for each in sets)
    return f"{named}, a file ({endings})"
