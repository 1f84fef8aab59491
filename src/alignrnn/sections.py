"""Sections of a configuration: plain data, from what somebody wrote to complete, and what they
stand for. A file they name has its content's digest, and the folder a relative name is in."""

import os
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from .cells import Cell, Stack
from .errors import ConfigurationError, Description, kind_of
from .options import REQUIRED
from .registry import CELLS, Registry, digest_of, is_own

STACK = "stack"
"""The cell of layers of different cells: `{ name = "stack", cells = [{ name = "gru" }, …] }`."""
OF_FILES = ("name", "sha256", "folder")
"""What a file is known by: its name as it was written, its content, and where a relative name is
looked for."""
ONE_VALUE = "it must be one value, not a list"


def completed(registry: Registry, given: Mapping[str, Any]) -> dict[str, Any]:
    """A section of a registry's class with every option, in one way only: 10 and 10.0 are one."""
    name, folder = given["name"], folder_of(given)
    options = without(given, ("name", *(OF_FILES if is_own(name) else ())))
    cls = registry.of(name, folder)
    allowed = registry.options(name, folder)
    for option, value in options.items():
        if option not in allowed:
            raise registry.not_taken(name, option, value, folder)
        check_kind(option, value, allowed[option].default)
    for option in allowed.values():
        if option.default is REQUIRED and option.name not in options:
            raise ConfigurationError(option.name, Description("nothing"), f"{name} needs it")
    made = cls(**options)
    filled = {"name": name, **{option: plain(getattr(made, option)) for option in allowed}}
    return filled | (of_file(registry.kind, name, given) if is_own(name) else {})


def of_file(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a file of one's own: its content, and where it is."""
    file, folder = name.rpartition(":")[0], given.get("folder", "")
    digest = digest_of(kind, Path(folder, file))
    if given.get("sha256", digest) != digest:
        raise changed(kind, file)
    return {"sha256": digest, **place_of(file, folder)}


def folder_of(given: Mapping[str, Any]) -> str:
    """In which a section's relative file is looked for."""
    folder = given.get("folder", "")
    if not isinstance(folder, str):
        raise ConfigurationError("folder", folder, "it must be a text")
    return folder


def place_of(file: str, folder: str) -> dict[str, str]:
    """What is kept of a file's place besides its name."""
    return {} if os.path.isabs(file) else {"folder": os.path.abspath(folder)}


def check_kind(option: str, value: Any, default: Any) -> None:
    """What a class itself does not ask: it takes arrays for numbers, and anything for a switch."""
    if isinstance(default, bool) and not isinstance(value, bool):
        raise ConfigurationError(option, value, "it must be true or false")
    if isinstance(default, tuple) and not isinstance(value, tuple):
        raise ConfigurationError(option, value, f"it must be a list, like {list(default)}")
    if isinstance(value, tuple) and not isinstance(default, tuple):
        raise ConfigurationError(option, list(value), ONE_VALUE)


def built(registry: Registry, section: Mapping[str, Any]) -> Any:
    """What a complete section stands for; a file must hold what it held when it was made."""
    name, folder = section["name"], section.get("folder", "")
    if is_own(name):
        check_unchanged(registry.kind, path_of(name.rpartition(":")[0], folder), section["sha256"])
    return registry.of(name, folder)(**without(section, OF_FILES))


def complete_cell(given: Mapping[str, Any]) -> dict[str, Any]:
    """The section of a cell, or of a stack of them, with every option."""
    name = given.get("name", CELLS.names[0])
    if name != STACK:
        return completed(CELLS, {**given, "name": name})
    for option, value in given.items():
        if option not in ("name", "cells"):
            raise ConfigurationError(option, value, "a stack takes: cells")
    cells = given.get("cells", ())
    if not isinstance(cells, tuple) or not all(isinstance(each, Mapping) for each in cells):
        raise ConfigurationError("cells", cells, "it must be a list of cells, the lowest first")
    every = [complete_cell(each) for each in cells]
    cell_of({"name": STACK, "cells": every})
    return {"name": STACK, "cells": every}


def cell_of(section: Mapping[str, Any]) -> Cell | Stack:
    """The cell of a complete section; what it says of a file must be so, or that is not run."""
    if section["name"] == STACK:
        cells: Any = map(cell_of, section["cells"])
        return Stack(*cells)
    return built(CELLS, section)


def cell_section(cell: Cell | Stack) -> dict[str, Any]:
    """The section of a cell, from which `cell_of` makes the same; `ConfigurationError` for one
    whose class is in no file."""
    if isinstance(cell, Stack):
        return {"name": STACK, "cells": [cell_section(each) for each in cell.cells]}
    name = CELLS.name_of(type(cell))
    if name not in CELLS.names and not is_own(name):
        allowed = "its class must be in a file, or no other program knows it"
        raise ConfigurationError("cell", kind_of(cell), allowed)
    return complete_cell({"name": name, **{f.name: getattr(cell, f.name) for f in fields(cell)}})


def plain(value: Any) -> Any:
    """As JSON will have it."""
    return list(value) if isinstance(value, tuple) else value


def without(section: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Its options but these."""
    options = {key: value for key, value in section.items() if key not in keys}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def path_of(name: str, folder: str | None) -> str:
    """Of a task's file: a relative name is one in the folder, from wherever one starts."""
    return os.path.abspath(os.path.join(folder or "", name))


def check_unchanged(kind: str, path: str, digest: str) -> None:
    """That a file is what it was when it was named."""
    if digest_of(kind, Path(path)) != digest:
        raise changed(kind, path)


def changed(kind: str, path: str) -> ConfigurationError:
    """What is said of a file that is not."""
    allowed = "it has changed since this sweep began; give the new file a new name"
    return ConfigurationError(kind, path, allowed)
