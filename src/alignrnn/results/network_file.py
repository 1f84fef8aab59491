"""A trained network as one `.npz` file: its arrays, and a line of JSON that says what they are.

Loading runs nothing from the file.
"""

import json
import os
from pathlib import Path
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np

from .._types import OutputKind
from ..errors import ConfigurationError, Description, check_type, described, kind_of
from ..files import atomic, writable
from ..networks import ACTIVATIONS, ElmanRNN, Network
from .describe import describe_network

FORMAT = 2
_READABLE = (1, FORMAT)
"""The first had no labels of classes. Both name arrays by their place in the network, which for the
Elman RNN's are plain names."""
_CELLS = {ElmanRNN.__name__: ElmanRNN}


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to `path`, an `.npz` file, atomically.

    Raises `ConfigurationError`, and writes nothing, for a network that `load` could not read back
    (see `check_network`) and for a place that cannot be written.
    """
    check_network(network)
    check_type("path", path, str | os.PathLike, "it must be the path of a file to write")
    writable("path", Path(path), lambda path: write_network(network, path))


def write_network(network: Network, path: Path) -> None:
    """The same of a network that has been checked; `OSError` for a place that cannot be written."""
    description = json.dumps(_description(network))
    with atomic(path, "wb") as file:
        np.savez(file, alignrnn=np.array(description), **_arrays(network))


def check_network(network: Network) -> None:
    """Raises `ConfigurationError` for a network that could not be read back from a file: of a class
    of one's own, or with arrays that are not finite or do not fit together."""
    allowed = "it must be a network; that of a result is its .network"
    check_type("network", network, Network, allowed)
    if type(network) not in _CELLS.values():
        allowed = f"a file can hold: {', '.join(_CELLS)}"
        raise ConfigurationError("network", kind_of(network), allowed)
    try:
        _rebuilt(_description(network), _arrays(network))
    except ValueError as reason:
        allowed = f"only what can be read back is written ({reason})"
        raise ConfigurationError("network", kind_of(network), allowed) from None


def _description(network: Network) -> dict[str, Any]:
    return {"format": FORMAT, **describe_network(network)}


def _arrays(network: Network) -> dict[str, Any]:
    """Its leaves by their whole paths: two that share a name are two."""
    leaves = jax.tree.leaves_with_path(network)
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path).removeprefix(".")


def load_network(path: Path) -> Network:
    """The network of a file; a `ConfigurationError` that names it where it is none, is damaged, or
    is of a format this version does not know."""
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
    if description.get("format") not in _READABLE:
        raise ConfigurationError(
            "path",
            Description(f"{path} of format {description.get('format')}"),
            f"this version reads format {' and '.join(map(str, _READABLE))}",
        )
    try:
        return _rebuilt(description, arrays)
    except ValueError as reason:
        allowed = f"its arrays do not make a network ({reason})"
        raise ConfigurationError("path", str(path), allowed) from None


def _rebuilt(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Network:
    """The network of a description and its arrays by name; a `ValueError` that says why if there is
    none."""
    template = _template(description, arrays)
    leaves = []
    for path, leaf in jax.tree.leaves_with_path(template):
        name = _name(path)
        if name not in arrays:
            raise ValueError(f"{name} is missing")
        array = arrays[name]
        if array.shape != leaf.shape or array.dtype.kind != "f":
            raise ValueError(f"{name} is {described(array)}")
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} is not finite")
        leaves.append(jnp.asarray(array))
    return jax.tree.unflatten(jax.tree.structure(template), leaves)


def _template(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Network:
    """A network of this kind and of these sizes."""
    try:
        cell = _CELLS[description["cell"]]
        activation, output_kind = description["activation"], description["output_kind"]
        labels = description.get("labels")
        if activation not in ACTIVATIONS or output_kind not in get_args(OutputKind):
            raise KeyError(activation)
        return cell(
            arrays["w_xh"].shape[0],
            arrays["w_hh"].shape[0],
            arrays["w_hy"].shape[1],
            activation=activation,
            output_kind=output_kind,
            labels=None if labels is None else tuple(labels),
            key=jax.random.key(0),
        )
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ValueError(f"see {error}") from None
