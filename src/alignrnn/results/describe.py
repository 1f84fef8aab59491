"""A configuration as plain data, complete enough to be run again."""

import dataclasses
import platform
from importlib import metadata
from typing import Any

import jax
import numpy as np

from ..networks import Network
from ..rules import LRADiff, Rule
from ..tasks import ArrayTask, Task
from ..training import Protocol, Run


def describe_task(task: Task) -> dict[str, Any]:
    """Its name and sizes; of finite data also how much there is."""
    sizes = {
        "name": task.name,
        "length": task.length,
        "input_size": task.input_size,
        "output_size": task.output_size,
        "output_kind": task.output_kind,
        "tolerance": task.tolerance,
    }
    if isinstance(task, ArrayTask):
        sizes["labels"] = _plain(task.labels)
        sizes["training_samples"] = len(task.inputs)
        sizes["validation_samples"] = len(task.validation_inputs)
    return sizes


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Its name and every option, numbers as numbers."""
    # Its unit step is no number, and None would not say so.
    unit = {"target_step": "unit"} if isinstance(rule, LRADiff) and rule.target_step is None else {}
    return {"name": type(rule).__name__} | _fields(rule) | unit


def describe_run(run: Run) -> dict[str, Any]:
    """Everything a run is made of."""
    return {
        "seed": run.seed,
        "rule": describe_rule(run.rule),
        "optimizer": {
            "name": run.optimizer.name,
            "learning_rate": run.optimizer.learning_rate,
            "decay": run.optimizer.decay,
            "decay_iterations": run.optimizer.decay_iterations,
            **run.optimizer.options,
        },
        "network": dataclasses.asdict(run.network),
    }


def describe_protocol(protocol: Protocol) -> dict[str, Any]:
    """The options all runs share."""
    return dataclasses.asdict(protocol)


def describe_network(network: Network) -> dict[str, Any]:
    """What besides its arrays a network is made of."""
    static = {
        field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.metadata.get("static")
    }
    return {"cell": type(network).__name__} | {name: _plain(v) for name, v in static.items()}


def software() -> dict[str, Any]:
    """Versions and the machine, for whoever compares results."""
    packages = ("alignrnn", "jax", "jaxlib", "equinox", "optax", "numpy")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
        "platform": platform.platform(),
        "devices": [str(device) for device in jax.devices()],
    }


def _fields(module: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(module, field.name)) for field in dataclasses.fields(module)}


def _plain(value: Any) -> Any:
    if isinstance(value, jax.Array):
        return np.asarray(value).tolist()
    if dataclasses.is_dataclass(value):
        return _fields(value)
    return list(value) if isinstance(value, tuple) else value
