"""An `.npz` file of plain arrays. Nothing in it is ever run."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigurationError, Description
from .dataset import Dataset, Part
from .source import Source, reason_of

_OF_A_PART = ("inputs", "targets", "lengths", "weights")
ARRAYS = (
    *_OF_A_PART,
    "groups",
    *(f"{part}_{name}" for part in ("validation", "test") for name in _OF_A_PART),
)


@dataclass(frozen=True)
class NpzFile(Source):
    """The arrays `inputs` and `targets`, and where wanted `lengths`, `weights`, `groups`; the same
    with `validation_` and `test_` before the name are parts of their own."""

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        path = Path(name)
        arrays = _loaded(path)
        unknown = sorted(set(arrays) - set(ARRAYS))
        if unknown:
            allowed = f"its arrays must be among: {', '.join(ARRAYS)}"
            found = Description(f"{path} with {', '.join(unknown)}")
            raise ConfigurationError("task", found, allowed)
        for array in ("inputs", "targets") if asked else ("inputs",):
            if array not in arrays:
                raise ConfigurationError("task", str(path), f"it must hold an array named {array}")
        return Dataset(
            path.stem,
            Part(**_of_a_part("", arrays), groups=arrays.get("groups")),
            _own_part("validation_", path, arrays),
            _own_part("test_", path, arrays),
        )


def _own_part(prefix: str, path: Path, arrays: dict[str, np.ndarray]) -> Part | None:
    given = _of_a_part(prefix, arrays)
    if not given:
        return None
    if not {"inputs", "targets"} <= set(given):
        named = ", ".join(f"{prefix}{name}" for name in given)
        found = Description(f"{path} with {named} alone")
        raise ConfigurationError("task", found, "both or neither of the two must be")
    return Part(**given)


def _of_a_part(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: arrays[prefix + name] for name in _OF_A_PART if prefix + name in arrays}


def _loaded(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        raise ConfigurationError("task", str(path), "there is no such file")
    try:
        if not path.is_file():
            raise ValueError("it is a directory" if path.is_dir() else "it is no plain file")
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise ValueError("it is no archive of np.savez")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
    except Exception as error:  # zipfile, numpy and the operating system each have their own
        allowed = f"it must be an .npz file of plain arrays ({reason_of(error)})"
        raise ConfigurationError("task", str(path), allowed) from None
