"""A run's complete configuration as plain data: what a grid file says and what a record keeps."""

import functools
import hashlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ConfigurationError, Description, check_choice, check_integer, check_number
from .rules import RULES, Rule
from .tasks import (
    DEFAULT_LENGTH,
    FILE_DEFAULTS,
    PIXEL_DIGITS,
    SYNTHETIC_TASKS,
    Task,
    named_task,
)
from .training import LARGEST_SEED, NetworkOptions, Optimizer, Protocol, Run, Stopping

ALGORITHM = 2
"""Part of every run's identity: raised when a change alters what a configuration computes, so that
no record of before is taken for one of after."""
ALGORITHM_OF_FINITE_DATA = 3
"""The same of tasks that are not drawn: raised when only these compute something else."""

_NEWER: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("rule", "lra-diff"): {
        "omega_over_steps": "sum",
        "regularization_by": "constant",
        "clip": 0.0,
    },
    ("rule", "tptt"): {"clip": 0.0},
    ("optimizer", ""): {"decay": "none", "decay_iterations": 0.0},
    ("network", ""): {"input_scale": 1.0},
}
"""By section and name (none: all of the section): options that came after records of this version
of the algorithm, each with the value that does what was done before it came. With that value it is
no part of a run's identity, so that those records stay the run's."""

_OF_FILES = ("name", "sha256", "folder")
"""What a file is known by: its name as it was written, its content, and where a relative name is
looked for."""

SECTIONS = ("task", "rule", "optimizer", "network", "protocol")

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

    Each section is plain data (strings, numbers, lists), `name` first where it has one. Made by
    `configuration`, which checks it.
    """

    task: Mapping[str, Any]
    rule: Mapping[str, Any]
    optimizer: Mapping[str, Any]
    network: Mapping[str, Any]
    protocol: Mapping[str, Any]
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """The same as one tree, ready for JSON."""
        sections = {name: dict(getattr(self, name)) for name in SECTIONS}
        return {**sections, "seed": self.seed}

    @functools.cached_property
    def identity(self) -> str:
        """A hash of the whole, and of the version of the algorithm; a file's folder is no part of
        it, for its content is."""
        data = self.as_dict()
        data["task"].pop("folder", None)
        is_drawn = self.task["name"] in SYNTHETIC_TASKS
        version = ALGORITHM if is_drawn else ALGORITHM_OF_FINITE_DATA
        return _digest({"algorithm": version, **_without_newer(data)})

    def build_task(self) -> Task:
        """The task; a file must still hold what it held when the configuration was made, which
        was when its notices were given."""
        options = {key: self.task[key] for key in self.task if key not in _OF_FILES}
        name = self.task["name"]
        if "sha256" in self.task:
            name = _path(name, self.task.get("folder"))
            _check_unchanged(name, self.task["sha256"])
        return named_task(name, options, notices=False)

    def build_run(self) -> Run:
        """Rule, optimiser, network options and seed."""
        return Run(
            rule=make_rule(self.rule["name"], _without_name(self.rule)),
            optimizer=_optimizer(self.optimizer),
            network=NetworkOptions(**self.network),
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

    `data` has the sections task, rule, optimizer, network and protocol, and a seed; task and rule
    need a `name`. Raises `ConfigurationError` naming section and field for whatever cannot be used.
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
        rule=_in_section("rule", _complete_rule, given["rule"]),
        optimizer=_in_section("optimizer", _complete_optimizer, given["optimizer"]),
        network=_in_section("network", _complete_network, given["network"]),
        protocol=_in_section("protocol", _complete_protocol, given["protocol"]),
        seed=int(seed),
    )
    _in_section("protocol", lambda _: complete.build_protocol(), {})
    return complete


def make_rule(name: str, options: Mapping[str, Any]) -> Rule:
    """The rule of that name with these options; `ConfigurationError` for one it does not take."""
    check_choice("rule", name, RULES)
    allowed = _options_of(RULES[name])
    for option, value in options.items():
        if option not in allowed:
            takers = [rule for rule, make in RULES.items() if option in _options_of(make)]
            raise ConfigurationError(
                option,
                value,
                f"the rule {name} does not take it"
                + (f", only {', '.join(takers)}" if takers else f": {', '.join(sorted(allowed))}"),
            )
        _check_kind(option, value, allowed[option].default)
    return RULES[name](**options)


_ONE_VALUE = "it must be one value, not a list"


def _check_kind(option: str, value: Any, default: Any) -> None:
    """What a rule itself does not ask: it takes arrays for numbers, and anything for a switch."""
    if isinstance(default, bool) and not isinstance(value, bool):
        raise ConfigurationError(option, value, "it must be true or false")
    if isinstance(default, tuple) and not isinstance(value, tuple):
        raise ConfigurationError(option, value, f"it must be a list, like {list(default)}")
    if isinstance(value, tuple) and not isinstance(default, tuple):
        raise ConfigurationError(option, list(value), _ONE_VALUE)


def _options_of(make: Callable) -> Mapping[str, inspect.Parameter]:
    return {k: v for k, v in inspect.signature(make).parameters.items() if k != "self"}


def _as_written(section: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A section's values as plain data: NumPy's numbers as Python's, lists as tuples."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, list | tuple):
            return tuple(plain(each) for each in value)
        if not isinstance(value, str | bool | int | float | None):
            raise TypeError
        return value

    made = {}
    for option, value in given.items():
        if isinstance(value, list | tuple) and section != "rule":
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
    name, options = given["name"], _without_name(given)
    is_file = isinstance(name, str) and name.endswith(".npz")
    if not is_file and name != PIXEL_DIGITS:
        named_task(name, options)
        return {"name": name, "length": int(given.get("length", DEFAULT_LENGTH))}
    for option, value in options.items():
        if option in FILE_DEFAULTS and value is not None:
            check_number(option, value, at_least=0)
    if not is_file:
        _examined(name, tuple(sorted(options.items())), None)
        return {"name": name}
    recorded, folder = options.pop("sha256", None), options.pop("folder", "")
    if not isinstance(folder, str):
        raise ConfigurationError("folder", folder, "it must be a text")
    path = _path(name, folder)
    digest = _examined(path, tuple(sorted(options.items())), _stamp(path))
    if recorded not in (None, digest):
        raise _changed(path)
    filled = {**FILE_DEFAULTS, **{k: v for k, v in options.items() if v is not None}}
    numbers = {option: v if v is None else float(v) for option, v in filled.items()}
    place = {} if os.path.isabs(name) else {"folder": os.path.abspath(folder)}
    return {"name": name, **numbers, "sha256": digest, **place}


@functools.lru_cache
def _examined(
    name: str, options: tuple[tuple[str, Any], ...], stamp: tuple[int, ...] | None
) -> str | None:
    """Whether the data make a task, and a file's digest; once for all runs of a grid, as reading
    them takes time."""
    named_task(name, dict(options))
    return None if stamp is None else _file_digest(name)


def _path(name: str, folder: str | None) -> str:
    """Of a task's file: a relative name is one in the folder, from wherever one starts."""
    return os.path.abspath(os.path.join(folder or "", name))


def _stamp(path: str) -> tuple[int, ...] | None:
    """What tells one content of a file from another without reading it; None: it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _complete_rule(given: dict[str, Any]) -> dict[str, Any]:
    make_rule(given["name"], _without_name(given))
    options = {
        name: _canonical(given.get(name, parameter.default), parameter.default)
        for name, parameter in _options_of(RULES[given["name"]]).items()
    }
    return {"name": given["name"], **options}


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


def _complete_network(given: dict[str, Any]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(NetworkOptions)}
    for key in given:
        check_choice("network", key, defaults)
    NetworkOptions(**given)
    return {
        name: _canonical(given.get(name, defaults[name]), defaults[name])
        for name in sorted(defaults)
    }


def _complete_protocol(given: dict[str, Any]) -> dict[str, Any]:
    for key in given:
        check_choice("protocol", key, PROTOCOL_DEFAULTS)
    complete = PROTOCOL_DEFAULTS | given
    check_number("solved_below", complete["solved_below"], at_least=0)
    check_integer("patience", complete["patience"], 0)
    if not isinstance(complete["diagnostics"], bool):
        raise ConfigurationError("diagnostics", complete["diagnostics"], "it must be true or false")
    return complete | {"solved_below": float(complete["solved_below"])}


def _canonical(value: Any, default: Any) -> Any:
    """As JSON has it, and one way only: 10 and 10.0 are the same step."""
    if isinstance(value, tuple):
        return sorted(set(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and not isinstance(default, int) else value


def _without_name(section: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in section.items() if key != "name"}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def _without_newer(data: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as it was before the `_NEWER` options that change nothing in it."""
    kept = dict(data)
    for (section, name), newer in _NEWER.items():
        if name in ("", kept[section].get("name")):
            kept[section] = {
                key: value
                for key, value in kept[section].items()
                if key not in newer or value != newer[key]
            }
    return kept


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file_digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError("task", path, f"it cannot be read ({error.strerror})") from None


def _check_unchanged(path: str, digest: str) -> None:
    if _file_digest(path) != digest:
        raise _changed(path)


def _changed(path: str) -> ConfigurationError:
    allowed = "it has changed since this sweep began; give the new file a new name"
    return ConfigurationError("task", path, allowed)
