"""Files that are whole or not there: written beside their place, then moved into it."""

import csv
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .errors import ConfigurationError


@contextmanager
def atomic(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file to write that takes its place at `path` only once it is complete and on the disk."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.fchmod(descriptor, 0o644)  # a temporary file is its owner's alone
        newline = None if "b" in mode else ""
        with os.fdopen(descriptor, mode, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def writable(field: str, path: Path, make: Callable[[Path], Any]) -> None:
    """Make something at `path`; a `ConfigurationError` where the operating system says no."""
    try:
        make(path)
    except OSError as error:
        raise not_written(field, path, error) from None


def not_written(field: str, path: Path, error: OSError) -> ConfigurationError:
    """What a user is told where the operating system says no."""
    is_gone = isinstance(error, FileNotFoundError) and not path.parent.exists()
    reason = "its directory is not there" if is_gone else error.strerror
    return ConfigurationError(field, str(path), f"it cannot be written ({reason})")


def check_directory(field: str, path: Path) -> None:
    """Make a directory, if it is not there, and see that a file in it can hold something: before
    hours are spent on what could not be kept."""

    def make(path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"something")

    writable(field, path, make)


def write_rows(field: str, path: Path, heading: Sequence[str], rows: Iterable[Sequence]) -> None:
    """A CSV file of a heading and rows, whole or not there."""

    def write(path: Path) -> None:
        with atomic(path) as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(heading)
            table.writerows(rows)

    writable(field, path, write)


def set_aside(file: Path) -> Path:
    """Rename a damaged file so that nothing takes it for a whole one; its new place."""
    aside = file.with_suffix(".damaged")
    writable("out", file, lambda file: file.replace(aside))
    return aside


def cache_folder() -> Path:
    """The user's folder for what can be made again. Raises `RuntimeError` for a user without a
    home."""
    if sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA")
        home = Path(given) if given else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        home = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return home / "alignrnn"
