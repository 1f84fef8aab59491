"""A trained network as one `.npz` file: its arrays, and a line of JSON that says what they are.

The line has what the network was built from, and so a network of the same form is built, whose
arrays are then those of the file. Loading runs nothing from the file; a cell of one's own is run
from its own file, which must be where it was.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .data import Preparation
from .errors import ConfigurationError, Description, check_choice, check_type, described, kind_of
from .files import atomic, writable
from .names import Missing
from .network import RNN, named
from .sections import cell_of, cell_section

FORMAT = 4
READABLE = (3, FORMAT)
"""Format 3 says nothing of a preparation: there was none."""


def save_network(network: RNN, path: str | Path) -> None:
    """Write a network to `path`, an `.npz` file, atomically.

    Raises `ConfigurationError`, and writes nothing, for a network that `load` could not read back
    (see `check_network`) and for a place that cannot be written.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> ar.save_network(ar.RNN(ar.Elman(4), 3, 2, key=jax.random.key(0)), "network.npz")
        >>> ar.load_network("network.npz").cell.hidden_size
        4
    """
    check_network(network)
    check_type("path", path, str | os.PathLike, "it must be the path of a file to write")
    writable("path", Path(path), lambda path: write_network(network, path))


def write_network(network: RNN, path: Path) -> None:
    """The same of a network that has been checked; `OSError` for a place that cannot be written."""
    description = json.dumps(_description(network))
    with atomic(path, "wb") as file:
        np.savez(file, alignrnn=np.array(description), **_arrays(network))


def check_network(network: RNN) -> None:
    """Raises `ConfigurationError` for a network that could not be read back from a file: of a cell
    whose class is in no file, or with arrays that are not finite or do not fit together."""
    allowed = "it must be a network; that of a result is its .network"
    check_type("network", network, RNN, allowed)
    description = _description(network)
    try:
        _rebuilt(description, _arrays(network))
    except ValueError as reason:
        allowed = f"only what can be read back is written ({reason})"
        raise ConfigurationError("network", kind_of(network), allowed) from None


def _description(network: RNN) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "cell": cell_section(network.cell),
        "input_size": network.input_size,
        "output_size": network.output_size,
        "output_kind": network.output_kind,
        "every_step": network.every_step,
        "labels": None if network.labels is None else list(network.labels),
        "preparation": None if network.preparation is None else asdict(network.preparation),
    }


def _arrays(network: RNN) -> dict[str, Any]:
    return {name: np.asarray(leaf) for name, leaf in named(network).items()}


def load_network(path: str | Path) -> RNN:
    """The network of a file; a `ConfigurationError` that names it where it is none, is damaged, or
    is of a format this version does not know.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 3, 2, labels=("no", "yes"), key=jax.random.key(0))
        >>> ar.save_network(network, "network.npz")
        >>> ar.load_network("network.npz").labels
        ('no', 'yes')
    """
    path = Path(path)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        description: dict[str, Any] = dict(json.loads(str(arrays.pop("alignrnn"))))
    except FileNotFoundError:
        raise ConfigurationError("path", str(path), "there is no such file") from None
    except Exception as error:  # zipfile, numpy and json each have their own
        raise ConfigurationError(
            "path", str(path), f"it must be a network saved by alignrnn ({type(error).__name__})"
        ) from None
    if description.get("format") not in READABLE:
        raise ConfigurationError(
            "path",
            Description(f"{path} of format {description.get('format')}"),
            f"this version reads formats {' and '.join(map(str, READABLE))}",
        )
    try:
        return _rebuilt(description, arrays)
    except ValueError as reason:
        allowed = f"its arrays do not make a network ({reason})"
        raise ConfigurationError("path", str(path), allowed) from None


def _rebuilt(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> RNN:
    """The network of a description and its arrays by name; a `ValueError` that says why if there is
    none."""
    template = _template(description)
    made = {}
    for name, leaf in named(template).items():
        if name not in arrays:
            raise ValueError(f"{name} is missing")
        array = arrays[name]
        if array.shape != leaf.shape or array.dtype.kind != "f":
            raise ValueError(f"{name} is {described(array)}")
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} is not finite")
        made[name] = jnp.asarray(array)
    return eqx.tree_at(lambda network: list(named(network).values()), template, list(made.values()))


def _template(description: dict[str, Any]) -> RNN:
    """A network of this form, of shapes alone."""
    try:
        cell, labels = cell_of(description["cell"]), description["labels"]
        preparation = _preparation(description.get("preparation"), description["input_size"])
        return jax.eval_shape(
            lambda key: RNN(
                cell,
                description["input_size"],
                description["output_size"],
                output_kind=description["output_kind"],
                every_step=description["every_step"],
                labels=None if labels is None else tuple(labels),
                preparation=preparation,
                key=key,
            ),
            jax.random.key(0),
        )
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ValueError(f"see {error}") from None


def _preparation(given: Mapping[str, Any] | None, channels: int) -> Preparation | None:
    """As it was written; a `ValueError` for one that could not prepare so many channels."""
    if given is None:
        return None
    numbers = {name: tuple(map(float, given[name])) for name in ("means", "offsets", "scales")}
    for name, each in numbers.items():
        if len(each) != channels or not all(map(math.isfinite, each)):
            raise ValueError(f"{name} of its preparation")
    if not all(numbers["scales"]):
        raise ValueError("a scale of 0 of its preparation")
    check_choice("missing", given["missing"], get_args(Missing))
    return Preparation(missing=given["missing"], **numbers)
