"""IDX files, the format of MNIST: a magic number, the size of each axis, and bytes.

Four bytes 0, 0, 8 (unsigned bytes), D; then D sizes of four bytes, the highest byte first; then the
values, the last axis fastest. Plain or compressed with gzip.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from ..errors import ConfigurationError
from .source import checked_file

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = 8


def read_idx(path: Path, axes: int) -> np.ndarray:
    """The unsigned bytes of a file with so many axes; `ConfigurationError` for any other file."""
    checked_file(path)
    try:
        content = path.read_bytes()
        if content[:2] == _GZIP:
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise _refused(path, axes, f"it cannot be read: {error}") from None
    start = 4 + 4 * axes
    if len(content) < start:
        raise _refused(path, axes, f"it has {len(content)} bytes, fewer than its head")
    if content[:4] != bytes([0, 0, _UNSIGNED_BYTES, axes]):
        raise _refused(path, axes, f"its first bytes are {content[:4].hex(' ')}")
    # Python's integers: four sizes of 32 bits overflow 64.
    sizes = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    if math.prod(sizes) != len(content) - start:
        named = " × ".join(map(str, sizes))
        raise _refused(path, axes, f"it says {named} values and has {len(content) - start}")
    if not math.prod(sizes):
        raise _refused(path, axes, "it is empty")
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes)


def _refused(path: Path, axes: int, why: str) -> ConfigurationError:
    magic = bytes([0, 0, _UNSIGNED_BYTES, axes]).hex(" ")
    allowed = f"it must be an IDX file of unsigned bytes, beginning with {magic} ({why})"
    return ConfigurationError("images", str(path), allowed)
