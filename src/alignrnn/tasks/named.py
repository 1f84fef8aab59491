"""A task by the name a command line or a grid file gives it."""

import inspect
from collections.abc import Mapping
from typing import Any

from ..errors import ConfigurationError, check_choice, check_type
from ..registry import TASKS
from .arrays import load_arrays
from .base import Task
from .digits import pixel_digits

PIXEL_DIGITS = "pixel-digits"
FILE_DEFAULTS: dict[str, float | None] = {
    name: option.default
    for name, option in inspect.signature(load_arrays).parameters.items()
    if name not in ("path", "notices")
}
"""What only the task of a file takes, with its defaults."""


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
    """A task of the registry with its class's options, `pixel-digits`, or the task of an `.npz`
    file (options `held_out` and `tolerance`, see `load_arrays`); an option that is None counts as
    not given. Where the data of a file suggest that something else is meant, `notices` says so.

    Raises `ConfigurationError` for an unknown name, and for an option the task does not take.
    """
    given = {key: value for key, value in (options or {}).items() if value is not None}
    is_file = isinstance(name, str) and name.endswith(".npz")
    if not is_file:
        check_choice("task", name, (*TASKS.names, PIXEL_DIGITS, "a file that ends in .npz"))
    is_synthetic = name in TASKS.names
    for key, value in given.items():
        if is_synthetic and key in TASKS.options(name):
            continue
        if key == "length":
            raise ConfigurationError("length", value, f"{name} has its own")
        if key in FILE_DEFAULTS and not is_file:
            raise ConfigurationError(key, value, f"only a file takes it, not {name}")
        if is_synthetic:
            raise TASKS.not_taken(name, key, value)
        if key not in FILE_DEFAULTS:
            raise ConfigurationError(key, value, f"{name} does not take it")
    if is_synthetic:
        return TASKS.of(name)(**given)
    return load_arrays(name, **given, notices=notices) if is_file else pixel_digits()
