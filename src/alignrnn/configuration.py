"""A run's complete configuration as plain data: what a grid file says and what a record keeps."""

import functools
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ConfigurationError, check_choice, check_integer, check_number
from .rules import RULES, Rule
from .tasks import DEFAULT_LENGTH, SYNTHETIC_TASKS, Task, named_task
from .training import NetworkOptions, Optimizer, Protocol, Run, Stopping

ALGORITHM = 1
"""Part of every run's identity: raised when a change alters what a configuration computes, so that
no record of before is taken for one of after."""

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
        """A hash of the whole, and of the version of the algorithm."""
        return _digest({"algorithm": ALGORITHM, **self.as_dict()})

    def build_task(self) -> Task:
        """The task; a file must still hold what it held when the configuration was made."""
        options = {key: value for key, value in self.task.items() if key not in ("name", "sha256")}
        if "sha256" in self.task:
            _check_unchanged(self.task["name"], self.task["sha256"])
        return named_task(self.task["name"], options)

    def build_run(self) -> Run:
        """Rule, optimiser, network options and seed."""
        optimizer = dict(self.optimizer)
        name, rate = optimizer.pop("name"), optimizer.pop("learning_rate")
        return Run(
            rule=make_rule(self.rule["name"], _without_name(self.rule)),
            optimizer=Optimizer(name, rate, optimizer),
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
    given = {key: dict(data.get(key, {})) for key in SECTIONS}
    for key in ("task", "rule"):
        if "name" not in given[key]:
            raise ConfigurationError(f"{key}.name", "nothing", f"every run needs a {key}")
    seed = data.get("seed", 0)
    check_integer("seed", seed, 0)
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
    return RULES[name](**options)


def _options_of(make: Callable) -> Mapping[str, inspect.Parameter]:
    return {k: v for k, v in inspect.signature(make).parameters.items() if k != "self"}


def _in_section(section: str, complete: Callable[[dict], Any], given: dict[str, Any]) -> Any:
    try:
        return complete(given)
    except ConfigurationError as error:
        field = error.field if error.field.startswith(section) else f"{section}.{error.field}"
        raise ConfigurationError(field, error.value, error.allowed) from None


def _complete_task(given: dict[str, Any]) -> dict[str, Any]:
    name = given["name"]
    named_task(name, _without_name(given))
    if name in SYNTHETIC_TASKS:
        return {"name": name, "length": given.get("length", DEFAULT_LENGTH)}
    return given | ({"sha256": _file_digest(name)} if name.endswith(".npz") else {})


def _complete_rule(given: dict[str, Any]) -> dict[str, Any]:
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
    make_rule(given["name"], _without_name(given))
    options = {
        name: _plain(given.get(name, parameter.default), parameter)
        for name, parameter in _options_of(RULES[given["name"]]).items()
    }
    return {"name": given["name"], **options}


def _complete_optimizer(given: dict[str, Any]) -> dict[str, Any]:
    options = {k: v for k, v in given.items() if k not in ("name", "learning_rate")}
    made = Optimizer(
        given.get("name", Optimizer.name),
        given.get("learning_rate", Optimizer.learning_rate),
        options,
    )
    numbers = {k: v if isinstance(v, bool) else float(v) for k, v in sorted(options.items())}
    return {"name": made.name, "learning_rate": float(made.learning_rate), **numbers}


def _complete_network(given: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(NetworkOptions)}
    for key in given:
        check_choice("network", key, names)
    made = NetworkOptions(**given)
    return {name: getattr(made, name) for name in sorted(names)}


def _complete_protocol(given: dict[str, Any]) -> dict[str, Any]:
    for key in given:
        check_choice("protocol", key, PROTOCOL_DEFAULTS)
    complete = PROTOCOL_DEFAULTS | given
    check_number("solved_below", complete["solved_below"], at_least=0)
    check_integer("patience", complete["patience"], 0)
    if not isinstance(complete["diagnostics"], bool):
        raise ConfigurationError("diagnostics", complete["diagnostics"], "it must be true or false")
    return complete | {"solved_below": float(complete["solved_below"])}


def _plain(value: Any, parameter: inspect.Parameter) -> Any:
    """As JSON has it, and one way only: 10 and 10.0 are the same step."""
    if isinstance(value, tuple):
        return sorted(set(value))
    is_count = isinstance(parameter.default, int)
    if isinstance(value, int | float | np.number) and not isinstance(value, bool) and not is_count:
        return float(value)
    return value


def _without_name(section: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in section.items() if key != "name"}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file_digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _check_unchanged(path: str, digest: str) -> None:
    if _file_digest(path) != digest:
        raise ConfigurationError(
            "task", path, "it has changed since this sweep began; give the new file a new name"
        )
