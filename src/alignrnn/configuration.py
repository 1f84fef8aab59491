"""A run's complete configuration as plain data: what a grid file says and what a record keeps."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .cells import Cell, Stack
from .data import Source
from .errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_integer,
    check_number,
    kind_of,
)
from .options import REQUIRED
from .registry import CELLS, DATA, RULES, TASKS, Registry, data_key, digest_of, is_own
from .tasks import Task, check_task_name, not_taken, source_of, task_of
from .training import LARGEST_SEED, Optimizer, Protocol, Run, Stopping

ALGORITHM = 2
"""Part of every run's identity: raised when a change alters what a configuration computes, so that
no record of before is taken for one of after."""
ALGORITHM_OF_FINITE_DATA = 4
"""The same of tasks that are not drawn: raised when only these compute something else."""
STACK = "stack"
"""The cell of layers of different cells: `{ name = "stack", cells = [{ name = "gru" }, …] }`."""

_OF_FILES = ("name", "sha256", "folder")
"""What a file is known by: its name as it was written, its content, and where a relative name is
looked for."""

SECTIONS = ("task", "rule", "optimizer", "cell", "protocol")

PROTOCOL_DEFAULTS: dict[str, Any] = {
    "batch_size": Protocol().batch_size,
    "validation_samples": Protocol().validation_samples,
    "check_every": Protocol().check_every,
    "solved_below": Stopping().solved_below,
    "max_iterations": Stopping().max_iterations,
    "patience": Stopping().patience,
    "diagnostics": False,
}
"""Those of `Protocol` and `Stopping` on one level; `solved_below` and `patience` 0: never."""


@dataclass(frozen=True)
class Configuration:
    """Everything that decides what a run does, every default filled in.

    Each section is plain data (strings, numbers, lists), `name` first where it has one. What comes
    from a file has its content's digest, and the folder that a relative file is in. Made by
    `configuration`, which checks it.
    """

    task: Mapping[str, Any]
    rule: Mapping[str, Any]
    optimizer: Mapping[str, Any]
    cell: Mapping[str, Any]
    protocol: Mapping[str, Any]
    seed: int

    def __reduce__(self):
        # As plain data, without what is kept of it: a class from somebody's file is not to be found
        # by its name where the file has not been loaded.
        return Configuration, tuple(getattr(self, field.name) for field in fields(self))

    def as_dict(self) -> dict[str, Any]:
        """The same as one tree, ready for JSON."""
        sections = {name: dict(getattr(self, name)) for name in SECTIONS}
        return {**sections, "seed": self.seed}

    @functools.cached_property
    def identity(self) -> str:
        """A hash of the whole, and of the version of the algorithm; a file's folder is no part of
        it, for its content is."""
        is_drawn = self.task["name"] in TASKS.names
        version = ALGORITHM if is_drawn else ALGORITHM_OF_FINITE_DATA
        return _digest({"algorithm": version, **_without_folders(self.as_dict())})

    def build_task(self) -> Task:
        """The task; a file must still hold what it held when the configuration was made, which
        was when its notices were given."""
        if data_key(self.task["name"]) is None:
            return _built(TASKS, self.task)
        source, name = self.data_source()
        if _data_digest(source, name) != self.task["sha256"]:
            raise _changed("task", name)
        return task_of(source, source.read(name), notices=False)

    def data_source(self) -> tuple[Source, str]:
        """Of a run on finite data: what reads them, and by which name from where we are."""
        name = self.task["name"]
        source = source_of(name, _without(self.task, _OF_FILES))
        return _located(source, name, self.task.get("folder"))

    def build_run(self) -> Run:
        """Rule, optimiser, cell and seed."""
        return Run(
            rule=_built(RULES, self.rule),
            optimizer=_optimizer(self.optimizer),
            cell=_built_cell(self.cell),
            seed=self.seed,
        )

    def build_protocol(self) -> Protocol:
        """What runs trained together share."""
        options = dict(self.protocol)
        stopping = Stopping(
            solved_below=options.pop("solved_below") or None,
            max_iterations=options.pop("max_iterations"),
            patience=options.pop("patience") or None,
        )
        return Protocol(**options, stopping=stopping)

    @functools.cached_property
    def group(self) -> tuple:
        """Runs of equal group can be trained together: same task, protocol and structure."""
        shared = json.dumps([dict(self.task), dict(self.protocol)], sort_keys=True)
        return shared, self.build_run().structure


def configuration(data: Mapping[str, Any]) -> Configuration:
    """The complete configuration of one run from what somebody wrote, defaults filled in.

    `data` has the sections task, rule, optimizer, cell and protocol, and a seed; task and rule need
    a `name`. Raises `ConfigurationError` naming section and field for whatever cannot be used.
    """
    for key in data:
        check_choice("section", key, (*SECTIONS, "seed"))
    for key in SECTIONS:
        if not isinstance(data.get(key, {}), Mapping):
            raise ConfigurationError(key, data[key], f"it must be a table, [{key}]")
    given = {key: _as_written(key, data.get(key, {})) for key in SECTIONS}
    for key in ("task", "rule"):
        if "name" not in given[key]:
            raise ConfigurationError(
                f"{key}.name", Description("nothing"), f"every run needs a {key}"
            )
    seed = data.get("seed", 0)
    check_integer("seed", seed, 0, LARGEST_SEED)
    complete = Configuration(
        task=_in_section("task", _complete_task, given["task"]),
        rule=_in_section("rule", lambda given: _complete(RULES, given), given["rule"]),
        optimizer=_in_section("optimizer", _complete_optimizer, given["optimizer"]),
        cell=_in_section("cell", _complete_cell, given["cell"]),
        protocol=_in_section("protocol", _complete_protocol, given["protocol"]),
        seed=int(seed),
    )
    _in_section("protocol", lambda _: complete.build_protocol(), {})
    complete.build_run()
    return complete


_ONE_VALUE = "it must be one value, not a list"


def _complete(registry: Registry, given: Mapping[str, Any]) -> dict[str, Any]:
    """A section of a registry's class with every option, in one way only: 10 and 10.0 are one."""
    name, folder = given["name"], _folder(given)
    options = _without(given, ("name", *(_OF_FILES if is_own(name) else ())))
    cls = registry.of(name, folder)
    allowed = registry.options(name, folder)
    for option, value in options.items():
        if option not in allowed:
            raise registry.not_taken(name, option, value, folder)
        _check_kind(option, value, allowed[option].default)
    for option in allowed.values():
        if option.default is REQUIRED and option.name not in options:
            raise ConfigurationError(option.name, Description("nothing"), f"{name} needs it")
    made = cls(**options)
    complete = {"name": name, **{option: _plain(getattr(made, option)) for option in allowed}}
    return complete | (_of_file(registry.kind, name, given) if is_own(name) else {})


def _of_file(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a file of one's own: its content, and where it is."""
    file, folder = name.rpartition(":")[0], given.get("folder", "")
    digest = digest_of(kind, Path(folder, file))
    if given.get("sha256", digest) != digest:
        raise _changed(kind, file)
    return {"sha256": digest, **_where(file, folder)}


def _folder(given: Mapping[str, Any]) -> str:
    """In which a section's relative file is looked for."""
    folder = given.get("folder", "")
    if not isinstance(folder, str):
        raise ConfigurationError("folder", folder, "it must be a text")
    return folder


def _where(file: str, folder: str) -> dict[str, str]:
    """What is kept of a file's place besides its name."""
    return {} if os.path.isabs(file) else {"folder": os.path.abspath(folder)}


def _check_kind(option: str, value: Any, default: Any) -> None:
    """What a class itself does not ask: it takes arrays for numbers, and anything for a switch."""
    if isinstance(default, bool) and not isinstance(value, bool):
        raise ConfigurationError(option, value, "it must be true or false")
    if isinstance(default, tuple) and not isinstance(value, tuple):
        raise ConfigurationError(option, value, f"it must be a list, like {list(default)}")
    if isinstance(value, tuple) and not isinstance(default, tuple):
        raise ConfigurationError(option, list(value), _ONE_VALUE)


def _built(registry: Registry, section: Mapping[str, Any]) -> Any:
    """What a complete section stands for; a file must hold what it held when it was made."""
    name, folder = section["name"], section.get("folder", "")
    if is_own(name):
        _check_unchanged(registry.kind, _path(name.rpartition(":")[0], folder), section["sha256"])
    return registry.of(name, folder)(**_without(section, _OF_FILES))


def _complete_cell(given: Mapping[str, Any]) -> dict[str, Any]:
    name = given.get("name", CELLS.names[0])
    if name != STACK:
        return _complete(CELLS, {**given, "name": name})
    for option, value in given.items():
        if option not in ("name", "cells"):
            raise ConfigurationError(option, value, "a stack takes: cells")
    cells = given.get("cells", ())
    if not isinstance(cells, tuple) or not all(isinstance(each, Mapping) for each in cells):
        raise ConfigurationError("cells", cells, "it must be a list of cells, the lowest first")
    complete = [_complete_cell(each) for each in cells]
    _built_cell({"name": STACK, "cells": complete})
    return {"name": STACK, "cells": complete}


def _built_cell(section: Mapping[str, Any]) -> Cell | Stack:
    if section["name"] == STACK:
        cells: Any = map(_built_cell, section["cells"])
        return Stack(*cells)
    return _built(CELLS, section)


def cell_section(cell: Cell | Stack) -> dict[str, Any]:
    """The section of a cell, from which `cell_of` makes the same; `ConfigurationError` for one
    whose class is in no file."""
    if isinstance(cell, Stack):
        return {"name": STACK, "cells": [cell_section(each) for each in cell.cells]}
    name = CELLS.name_of(type(cell))
    if name not in CELLS.names and not is_own(name):
        allowed = "its class must be in a file, or no other program knows it"
        raise ConfigurationError("cell", kind_of(cell), allowed)
    return _complete_cell({"name": name, **{f.name: getattr(cell, f.name) for f in fields(cell)}})


def cell_of(section: Mapping[str, Any]) -> Cell | Stack:
    """The cell of a complete section; what it says of a file must be so, or that is not run."""
    return _built_cell(section)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _as_written(section: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A section's values as plain data: NumPy's numbers as Python's, lists as tuples."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, list | tuple):
            return tuple(plain(each) for each in value)
        if isinstance(value, Mapping) and section == "cell":  # in a stack
            return {key: plain(each) for key, each in value.items()}
        if not isinstance(value, str | bool | int | float | None):
            raise TypeError
        return value

    made = {}
    for option, value in given.items():
        if isinstance(value, list | tuple) and section not in ("task", "rule", "cell"):
            raise ConfigurationError(f"{section}.{option}", value, _ONE_VALUE)
        try:
            made[option] = plain(value)
        except TypeError:
            allowed = "it must be a text, a number, true or false, or a list of those"
            raise ConfigurationError(f"{section}.{option}", value, allowed) from None
    return made


def _in_section(section: str, complete: Callable[[dict], Any], given: dict[str, Any]) -> Any:
    try:
        return complete(given)
    except ConfigurationError as error:
        field = error.field.removeprefix(f"{section}_option").strip()
        field = section if field in ("", section) else f"{section}.{field}"
        raise ConfigurationError(field, error.value, error.allowed) from None


def _complete_task(given: dict[str, Any]) -> dict[str, Any]:
    name, options = given["name"], _without(given, ("name",))
    if is_own(name):
        return _complete(TASKS, given)
    check_task_name(name)
    key = data_key(name)
    if key is None:
        for option, value in options.items():
            if option not in TASKS.options(name):
                raise not_taken(name, option, value)
        return _complete(TASKS, given)
    recorded, folder = options.pop("sha256", None), _folder(options)
    options.pop("folder", None)
    allowed = DATA.options(key)
    for option, value in options.items():
        if option in allowed and value is not None:
            _check_kind(option, value, allowed[option].default)
    source = source_of(name, options)
    where: dict[str, str] = {}
    for place in source.places(name):
        where |= _where(place, folder)
    located, path = _located(source, name, folder)
    stamps = tuple(_stamp(file) for file in located.files(path))
    digest = _examined(path, located, stamps)
    if recorded not in (None, digest):
        raise _changed("task", path)
    complete = {option: _plain(getattr(source, option)) for option in allowed}
    return {"name": name, **complete, "sha256": digest, **where}


@functools.lru_cache
def _examined(name: str, source: Source, _stamps: tuple) -> str:
    """Whether the data make a task, and their digest; once for all runs of a grid, as reading them
    takes time."""
    task_of(source, source.read(name))
    return _data_digest(source, name)


def _data_digest(source: Source, name: str) -> str:
    """Of the content of all files the data are in; of the one there is, its own."""
    each = [digest_of("task", file) for file in source.files(name)]
    return each[0] if len(each) == 1 else hashlib.sha256(" ".join(each).encode()).hexdigest()


def _located(source: Source, name: str, folder: str | None) -> tuple[Source, str]:
    """A source and the name of its data, with the folder in which relative ones are looked for."""
    return source.within(folder or ""), _path(name, folder) if source.is_file else name


def _path(name: str, folder: str | None) -> str:
    """Of a task's file: a relative name is one in the folder, from wherever one starts."""
    return os.path.abspath(os.path.join(folder or "", name))


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What tells one content of a file from another without reading it; None: it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _complete_optimizer(given: dict[str, Any]) -> dict[str, Any]:
    made = _optimizer(given)
    numbers = {
        k: v if isinstance(v, bool) else float(v) for k, v in sorted(made.all_options.items())
    }
    own = {
        "name": made.name,
        "learning_rate": float(made.learning_rate),
        "decay": made.decay,
        "decay_iterations": float(made.decay_iterations),
    }
    return own | numbers


def _optimizer(section: Mapping[str, Any]) -> Optimizer:
    """From its section: our own fields, and Optax's options beside them."""
    own = {field.name for field in fields(Optimizer)} - {"options"}
    options = {key: value for key, value in section.items() if key not in own}
    return Optimizer(**{k: v for k, v in section.items() if k in own}, options=options)


def _complete_protocol(given: dict[str, Any]) -> dict[str, Any]:
    for key in given:
        check_choice("protocol", key, PROTOCOL_DEFAULTS)
    complete = PROTOCOL_DEFAULTS | given
    check_number("solved_below", complete["solved_below"], at_least=0)
    check_integer("patience", complete["patience"], 0)
    if not isinstance(complete["diagnostics"], bool):
        raise ConfigurationError("diagnostics", complete["diagnostics"], "it must be true or false")
    return complete | {"solved_below": float(complete["solved_below"])}


def _without(section: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    options = {key: value for key, value in section.items() if key not in keys}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def _without_folders(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _without_folders(each) for key, each in data.items() if key != "folder"}
    return [_without_folders(each) for each in data] if isinstance(data, list | tuple) else data


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_unchanged(kind: str, path: str, digest: str) -> None:
    if digest_of(kind, Path(path)) != digest:
        raise _changed(kind, path)


def _changed(kind: str, path: str) -> ConfigurationError:
    allowed = "it has changed since this sweep began; give the new file a new name"
    return ConfigurationError(kind, path, allowed)
