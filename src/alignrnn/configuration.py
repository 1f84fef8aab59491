"""A run's complete configuration as plain data: what a grid file says and what a record keeps."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .data import Source, dataset_of
from .errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_integer,
    check_number,
)
from .network import RNN
from .network_file import load_network
from .registry import (
    DATA,
    RULES,
    TASKS,
    data_key,
    digest_of,
    is_own,
    task_not_taken,
)
from .sections import (
    OF_FILES,
    ONE_VALUE,
    built,
    cell_of,
    cell_section,
    changed,
    check_kind,
    check_unchanged,
    complete_cell,
    completed,
    folder_of,
    path_of,
    place_of,
    plain,
    without,
)
from .tasks import Fit, Task, check_task_name, source_of, task_of
from .training import LARGEST_SEED, Optimizer, Protocol, Run, Stopping, check_start

ALGORITHM = 2
"""Part of every run's identity: raised when a change alters what a configuration computes, so that
no record of before is taken for one of after."""
ALGORITHM_OF_FINITE_DATA = 4
"""The same of tasks that are not drawn: raised when only these compute something else."""
SECTIONS = ("task", "rule", "optimizer", "cell", "protocol")
_LATER = {"rule": ("hidden_noise",), "optimizer": ("averaging",)}
"""Options that came after the first records. At 0 they are no part of an identity."""

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
    start: Mapping[str, Any] | None = None
    """The file of the network that is gone on from; None: from weights drawn anew."""

    def __reduce__(self):
        # As plain data, without what is kept of it: a class from somebody's file is not to be found
        # by its name where the file has not been loaded.
        return Configuration, tuple(getattr(self, field.name) for field in fields(self))

    def as_dict(self) -> dict[str, Any]:
        """The same as one tree, ready for JSON."""
        sections = {name: dict(getattr(self, name)) for name in SECTIONS}
        # Only where it is given: the identities of all other runs do not depend on it.
        start = {} if self.start is None else {"start": dict(self.start)}
        return {**sections, "seed": self.seed, **start}

    @functools.cached_property
    def identity(self) -> str:
        """A hash of the whole, and of the version of the algorithm; a file's folder is no part of
        it, for its content is."""
        is_drawn = TASKS.knows(self.task["name"])
        version = ALGORITHM if is_drawn else ALGORITHM_OF_FINITE_DATA
        whole = self.as_dict()
        if (key := data_key(self.task["name"])) is not None:
            places = {each: self.task.get(each) for each in DATA.of(key).paths}
            named = {
                each: os.path.basename(os.path.abspath(at)) for each, at in places.items() if at
            }
            whole["task"] |= named
        for section, options in _LATER.items():
            kept = {k: v for k, v in whole[section].items() if k not in options or v != 0}
            whole[section] = kept
        return _digest({"algorithm": version, **_without_folders(whole)})

    def build_task(self) -> Task:
        """The task; a file must still hold what it held when the configuration was made, which
        was when its notices were given."""
        if data_key(self.task["name"]) is None:
            return built(TASKS, self.task)
        source, name = self.data_source()
        if _data_digest(source, name) != self.task["sha256"]:
            raise changed("task", name)
        return task_of(
            source, dataset_of(source, name), notices=False, fit=_fit(self.start_network())
        )

    def data_source(self) -> tuple[Source, str]:
        """Of a run on finite data: what reads them, and by which name from where we are."""
        name = self.task["name"]
        source = source_of(name, without(self.task, OF_FILES))
        return _located(source, name, self.task.get("folder"))

    def start_network(self) -> RNN | None:
        """The network that is gone on from; its file must still hold what it held."""
        return None if self.start is None else _start_network(self.start)

    def build_run(self) -> Run:
        """Rule, optimiser, cell, seed, and what is gone on from."""
        return Run(
            rule=built(RULES, self.rule),
            optimizer=_optimizer(self.optimizer),
            cell=cell_of(self.cell),
            seed=self.seed,
            start=self.start_network(),
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
        # What is gone on from decides how finite data are read.
        sections = [dict(self.task), dict(self.protocol), dict(self.start or {})]
        shared = json.dumps(sections, sort_keys=True)
        return shared, self.build_run().structure


def configuration(data: Mapping[str, Any]) -> Configuration:
    """The complete configuration of one run from what somebody wrote, defaults filled in.

    `data` has the sections task, rule, optimizer, cell and protocol, and a seed; task and rule need
    a `name`. Raises `ConfigurationError` naming section and field for whatever cannot be used.
    """
    for key in data:
        check_choice("section", key, (*SECTIONS, "seed", "start"))
    for key in (*SECTIONS, "start"):
        if not isinstance(data.get(key, {}), Mapping):
            raise ConfigurationError(key, data[key], f"it must be a table, [{key}]")
    given = {key: _as_written(key, data.get(key, {})) for key in (*SECTIONS, "start")}
    for key in ("task", "rule"):
        if "name" not in given[key]:
            raise ConfigurationError(
                f"{key}.name", Description("nothing"), f"every run needs a {key}"
            )
    seed = data.get("seed", 0)
    check_integer("seed", seed, 0, LARGEST_SEED)
    start = _in_section("start", _complete_start, given["start"]) if "start" in data else None
    network = None if start is None else _start_network(start)
    complete = Configuration(
        task=_in_section("task", lambda given: _complete_task(given, network), given["task"]),
        rule=_in_section("rule", lambda given: completed(RULES, given), given["rule"]),
        optimizer=_in_section("optimizer", _complete_optimizer, given["optimizer"]),
        cell=_in_section("cell", lambda given: _complete_cell(given, network), given["cell"]),
        protocol=_in_section("protocol", _complete_protocol, given["protocol"]),
        seed=int(seed),
        start=start,
    )
    _in_section("protocol", lambda _: complete.build_protocol(), {})
    complete.build_run()
    return complete


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
            raise ConfigurationError(f"{section}.{option}", value, ONE_VALUE)
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
        if field not in ("start", section):
            field = f"{section}.{field}" if field else section
        raise ConfigurationError(field, error.value, error.allowed) from None


def _complete_cell(given: dict[str, Any], start: RNN | None) -> dict[str, Any]:
    """With a network to go on from, its cell: what is given must be what it has."""
    if start is None:
        return complete_cell(given)
    own = cell_section(start.cell)
    is_same = given.get("name", own["name"]) == own["name"]
    asked = complete_cell({**_tuples(own), **given} if is_same else given)
    for option in ("name", *asked) if is_same else ("name",):
        if asked[option] != own[option]:
            allowed = f"the network it starts from has {own[option]!r}"
            field = "cell" if option == "name" else option
            raise ConfigurationError(field, asked[option], allowed)
    return own


def _tuples(section: Mapping[str, Any]) -> dict[str, Any]:
    """A complete section as one that was written."""
    return {key: tuple(each) if isinstance(each, list) else each for key, each in section.items()}


def _complete_start(given: dict[str, Any]) -> dict[str, Any]:
    """The file of a network, its content, and where it is."""
    for option, value in given.items():
        if option not in OF_FILES:
            raise ConfigurationError(option, value, "a start takes: name, a network's .npz file")
    name = given.get("name")
    if not isinstance(name, str) or not name:
        found = Description("nothing") if name is None else name
        raise ConfigurationError("name", found, "it must be the name of a network's .npz file")
    folder = folder_of(given)
    path = path_of(name, folder)
    if os.path.isdir(path):
        allowed = "it must be a network's .npz file; a directory of runs has them in networks/"
        raise ConfigurationError("name", name, allowed)
    digest = digest_of("name", Path(path))
    if given.get("sha256", digest) != digest:
        raise changed("name", path)
    made = {"name": name, "sha256": digest, **place_of(name, folder)}
    _start_network(made)
    return made


def _start_network(start: Mapping[str, Any]) -> RNN:
    path = path_of(start["name"], start.get("folder"))
    check_unchanged("start", path, start["sha256"])
    return _loaded(path, start["sha256"])


@functools.lru_cache(maxsize=8)
def _loaded(path: str, _digest: str) -> RNN:
    """Once for all runs that go on from it."""
    return load_network(Path(path))


def _fit(start: RNN | None) -> Fit | None:
    """What a network to go on from asks of data."""
    if start is None:
        return None
    return Fit(
        start.input_size,
        start.output_size,
        start.output_kind,
        start.every_step,
        start.labels,
        start.preparation,
    )


def _complete_task(given: dict[str, Any], start: RNN | None) -> dict[str, Any]:
    name, options = given["name"], without(given, ("name",))
    if is_own(name):
        return _fitting(completed(TASKS, given), start)
    check_task_name(name)
    key = data_key(name)
    if key is None:
        for option, value in options.items():
            if option not in TASKS.options(name):
                raise task_not_taken(name, option, value)
        section = completed(TASKS, given)
        if section.get("lengths", "") is None:  # or the identities of all other runs would change
            del section["lengths"], section["run_in"]
        return _fitting(section, start)
    recorded, folder = options.pop("sha256", None), folder_of(options)
    options.pop("folder", None)
    allowed = DATA.options(key)
    for option, value in options.items():
        if option in allowed and value is not None:
            check_kind(option, value, allowed[option].default)
    source = source_of(name, options)
    where: dict[str, str] = {}
    for place in source.places(name):
        where |= place_of(place, folder)
    located, path = _located(source, name, folder)
    stamps = tuple(_stamp(file) for file in located.files(path))
    digest = _examined(path, located, _fit(start), stamps)
    if recorded not in (None, digest):
        raise changed("task", path)
    complete = {option: plain(getattr(source, option)) for option in allowed}
    return {"name": name, **complete, "sha256": digest, **where}


def _fitting(section: dict[str, Any], start: RNN | None) -> dict[str, Any]:
    """The section of a task that a network to go on from is of."""
    if start is not None:
        check_start(built(TASKS, section), start)
    return section


@functools.lru_cache
def _examined(name: str, source: Source, fit: Fit | None, _stamps: tuple) -> str:
    """Whether the data make a task, and their digest; once for all runs of a grid, as reading them
    takes time."""
    task = task_of(source, dataset_of(source, name), fit=fit)
    if fit is not None:
        check_start(task, fit)
    return _data_digest(source, name)


def _data_digest(source: Source, name: str) -> str:
    """Of the content of all files the data are in; of the one there is, its own."""
    each = [digest_of("task", file) for file in source.files(name)]
    return each[0] if len(each) == 1 else hashlib.sha256(" ".join(each).encode()).hexdigest()


def _located(source: Source, name: str, folder: str | None) -> tuple[Source, str]:
    """A source and the name of its data, with the folder in which relative ones are looked for."""
    return source.within(folder or ""), path_of(name, folder) if source.is_file else name


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
        "averaging": float(made.averaging),
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


def _without_folders(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _without_folders(each) for key, each in data.items() if key != "folder"}
    return [_without_folders(each) for each in data] if isinstance(data, list | tuple) else data


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
