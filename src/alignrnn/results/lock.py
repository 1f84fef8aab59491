"""The lock of a directory: held by one process, and taken back when that ends, however it ends."""

import os
import platform
from pathlib import Path

try:
    import fcntl
except ModuleNotFoundError:  # Windows has none: there whoever writes has to see to it alone
    fcntl = None

from ..errors import ConfigurationError
from ..files import not_written

LOCK = "lock"
"""The file's name."""


def acquire(path: Path) -> int:
    """The lock of the directory at `path`, until its descriptor is closed. Raises
    `ConfigurationError` where another process holds it."""
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise not_written("out", path, error) from None
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 100).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise ConfigurationError(
            "out", str(path), f"process {holder} is writing there; wait, or stop it"
        ) from None
    except OSError as error:
        os.close(lock)
        raise ConfigurationError(
            "out", str(path), f"its file system has no locks ({error.strerror})"
        ) from None
    if not is_there(lock, path):
        os.close(lock)
        return acquire(path)
    try:
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()} on {platform.node()}\n".encode())
    except OSError as error:
        os.close(lock)
        raise not_written("out", path, error) from None
    return lock


def is_there(lock: int, path: Path) -> bool:
    """Whether the file of a lock still is the one in the directory: somebody may have removed it,
    and the next process would then make, and lock, another."""
    try:
        return os.path.samestat(os.fstat(lock), (path / LOCK).stat())
    except OSError:
        return False
