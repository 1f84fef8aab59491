"""Grid files: from TOML to the configurations of every run.

    name = "example"
    seed = [0, 1, 2]                       # a list is an axis
    [task]
    name = ["temporal-order", "random-permutation"]
    length = [10, 20]
    [optimizer]
    learning_rate = [0.1, 0.01]
    [[grid]]                               # the runs are those of every [[grid]] together …
    rule = { name = "lra-diff", target_step = [10, 1] }
    [[grid]]                               # … each the product of its axes with those above
    rule = { name = "bptt", clip = 1 }

A section in a `[[grid]]` adds to the one above; where that has a name and it gives another, it
replaces it. An option that is itself a list (`regularize = ["weights"]`) has as axis a list of
lists. Files (`name = "my.npz"`, `name = "my_rule.py:MyRule"`) are looked for beside the grid
file. Layers are `cell = { name = "gru", layers = 2 }`, or of different cells
`cell = { name = "stack", cells = [{ name = "gru" }, { name = "elman" }] }`.
"""

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..configuration import SECTIONS, Configuration, configuration
from ..errors import ConfigurationError, check_choice
from ..registry import data_key, is_own

_LIST_OPTIONS = {("rule", "regularize"), ("cell", "cells")}
"""Options whose value is a list, so that only a list of lists is an axis."""


@dataclass(frozen=True)
class Grid:
    """A named set of runs, each once, in the order of the file."""

    name: str
    configurations: tuple[Configuration, ...]


def load_grid(path: Path) -> Grid:
    """The grid of a TOML file; its name is the file's unless it gives one.

    Raises `ConfigurationError` naming file, section and field for whatever cannot be used.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            "grid", str(path), f"it cannot be read ({error.strerror})"
        ) from None
    except RecursionError:
        raise ConfigurationError("grid", str(path), "its lists are nested too deeply") from None
    except ValueError as error:  # TOML's, Unicode's, and Python's of numbers of 5,000 digits
        reason = str(error).partition(";")[0]
        raise ConfigurationError("grid", str(path), f"it must be TOML ({reason})") from None
    try:
        name = data.pop("name", path.stem)
        if not isinstance(name, str) or not name:
            raise ConfigurationError("name", name, "it must be a text")
        return Grid(name, expand(data, path.parent))
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}, {error.field}", error.value, error.allowed) from None


def expand(data: Mapping[str, Any], folder: Path = Path()) -> tuple[Configuration, ...]:
    """Every configuration of a grid, its data as read from a file in this folder; each once."""
    for key in data:
        check_choice("section", key, (*SECTIONS, "seed", "start", "grid"))
    shared = {key: value for key, value in data.items() if key != "grid"}
    grids = data.get("grid", [{}])
    is_tables = isinstance(grids, list) and all(isinstance(grid, Mapping) for grid in grids)
    if not is_tables or not grids:
        raise ConfigurationError("grid", grids, "it must be tables, [[grid]]")
    trees = (one for grid in grids for one in _product(_merged(shared, grid)))
    made = (configuration(_started(_placed(one, folder), folder)) for one in trees)
    unique = {each.identity: each for each in made}
    return tuple(unique.values())


def _placed(data: Any, folder: Path) -> Any:
    """With the folder in which files are that a section names: a task's, or one of one's own."""
    if isinstance(data, list):
        return [_placed(each, folder) for each in data]
    if not isinstance(data, Mapping):
        return data
    placed = {key: _placed(value, folder) for key, value in data.items()}
    name, own = data.get("name"), data.get("folder", "")
    has_files = is_own(name) or data_key(name) is not None
    return {**placed, "folder": str(folder / own)} if has_files and isinstance(own, str) else placed


def _started(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With the folder in which the network is that is gone on from."""
    start = data.get("start")
    if not isinstance(start, Mapping) or "folder" in start:
        return data
    return {**data, "start": {**start, "folder": str(folder)}}


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(shared)
    for key, value in own.items():
        above = merged.get(key)
        if isinstance(above, Mapping) and isinstance(value, Mapping):
            name = above.get("name")
            renamed = name is not None and value.get("name", name) != name
            merged[key] = value if renamed else {**above, **value}
        else:
            merged[key] = value
    return merged


def _product(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One tree without axes for each combination of their values."""
    axes: list[tuple[tuple[str, ...], list]] = []
    for section, options in data.items():
        if section in SECTIONS and not isinstance(options, Mapping):
            raise ConfigurationError(section, options, f"it must be a table, [{section}]")
        named = options.items() if isinstance(options, Mapping) else [(None, options)]
        for option, value in named:
            path = (section,) if option is None else (section, option)
            is_axis = isinstance(value, list)
            if is_axis and path in _LIST_OPTIONS:
                is_axis = any(isinstance(each, list) for each in value)
            if is_axis and not value:
                raise ConfigurationError(".".join(path), value, "an axis needs a value")
            axes.append((path, value if is_axis else [value]))
    for values in itertools.product(*(values for _, values in axes)):
        one: dict[str, Any] = {}
        for (path, _), value in zip(axes, values, strict=True):
            if len(path) == 1:
                one[path[0]] = value
            else:
                one.setdefault(path[0], {})[path[1]] = value
        yield one
