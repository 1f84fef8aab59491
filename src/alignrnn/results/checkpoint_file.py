"""A checkpoint as one file that proves itself whole: a line of text, then arrays in NumPy's format.

Reading runs nothing from the file.
"""

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..files import atomic
from ..training import Checkpoint

FORMAT = 1
_MAGIC = b"alignrnn checkpoint"
_ARRAY = "array/"


class DamagedCheckpointError(ValueError):
    """A file that is no whole checkpoint; says why."""


def save_checkpoint(path: Path, identities: Sequence[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint of the runs of these identities, in its order; atomically."""
    content = io.BytesIO()
    arrays: dict[str, Any] = {
        "identities": np.array(identities),
        "iteration": np.array(checkpoint.iteration),
        **{_ARRAY + name: array for name, array in checkpoint.arrays.items()},
    }
    np.savez(content, **arrays)
    body = content.getbuffer()
    with atomic(path, "wb") as file:
        file.write(_MAGIC + f" {FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode())
        file.write(body)


def load_checkpoint(path: Path) -> tuple[list[str], Checkpoint]:
    """The identities of the runs, and their checkpoint; `DamagedCheckpointError` for any file that
    is not, byte for byte, what `save_checkpoint` wrote, or of another format."""
    try:
        line, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise DamagedCheckpointError(
            f"it cannot be read ({os.strerror(error.errno or 0)})"
        ) from None
    words = line.removeprefix(_MAGIC).decode(errors="replace").split()
    if not line.startswith(_MAGIC) or len(words) != 2:
        raise DamagedCheckpointError("it is cut short, or no checkpoint")
    if words[0] != str(FORMAT):
        raise DamagedCheckpointError(f"it is of format {words[0]}, not {FORMAT}")
    if words[1] != hashlib.sha256(body).hexdigest():
        raise DamagedCheckpointError("its checksum does not match")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        identities, iteration = arrays.pop("identities").tolist(), int(arrays.pop("iteration"))
    except (ValueError, KeyError) as error:
        raise DamagedCheckpointError(f"its arrays cannot be read ({error})") from None
    arrays = {name.removeprefix(_ARRAY): array for name, array in arrays.items()}
    return identities, Checkpoint(iteration, arrays)
