"""A trained network as one `.npz` file: its arrays, and a line of JSON that says what they are.

Loading runs nothing from the file.
"""

import json
from pathlib import Path
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np

from .._types import OutputKind
from ..errors import ConfigurationError
from ..networks import ACTIVATIONS, ElmanRNN, Network
from .describe import describe_network
from .files import atomic

FORMAT = 1
_CELLS = {ElmanRNN.__name__: ElmanRNN}


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to `path`, an `.npz` file, atomically."""
    path = Path(path)
    arrays: dict[str, Any] = {
        at[-1].name: np.asarray(leaf) for at, leaf in jax.tree.leaves_with_path(network)
    }
    description = json.dumps({"format": FORMAT, **describe_network(network)})
    with atomic(path, "wb") as file:
        np.savez(file, alignrnn=np.array(description), **arrays)


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
    if description.get("format") != FORMAT:
        raise ConfigurationError(
            "path",
            f"{path} of format {description.get('format')}",
            f"this version reads format {FORMAT}",
        )
    return _rebuilt(path, description, arrays)


def _rebuilt(path: Path, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Network:
    try:
        cell = _CELLS[description["cell"]]
        activation, output_kind = description["activation"], description["output_kind"]
        if activation not in ACTIVATIONS or output_kind not in get_args(OutputKind):
            raise KeyError(activation)
        template = cell(
            arrays["w_xh"].shape[0],
            arrays["w_hh"].shape[0],
            arrays["w_hy"].shape[1],
            activation=activation,
            output_kind=output_kind,
            key=jax.random.key(0),
        )
        leaves = []
        for at, leaf in jax.tree.leaves_with_path(template):
            array = arrays.pop(at[-1].name)
            if array.shape != leaf.shape or not np.all(np.isfinite(array)):
                raise ValueError(at[-1].name)
            leaves.append(jnp.asarray(array))
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ConfigurationError(
            "path", str(path), f"its arrays do not make a network (see {error})"
        ) from None
    return jax.tree.unflatten(jax.tree.structure(template), leaves)
