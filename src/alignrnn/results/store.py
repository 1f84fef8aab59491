"""The directory of a sweep: one record a run, in `records/`; one writer at a time.

records/ID.json    what a run was and what came of it, written once, whole or not at all
runs.csv           all records as one table, written when the writer closes
sweep.json         whose directory this is
lock               held while somebody writes; dies with its process
"""

import fcntl
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from ..configuration import Configuration
from ..errors import ConfigurationError
from .files import atomic, writable
from .record import DamagedRecordError, Record, from_json, to_json
from .table import write_table

FORMAT = 1
ABOUT = "sweep.json"


class DamagedRecordWarning(UserWarning):
    """A record that could not be read; its run counts as not made."""


class Store:
    """The records in a directory. Made by `open_store` (to write) or `read_store` (to look)."""

    def __init__(self, path: Path, lock: int | None = None):
        self.path = path
        self._records: dict[str, Record] = {}
        self._lock = lock
        for file in sorted((path / "records").glob("*.json")):
            try:
                record = from_json(file.read_text(encoding="utf-8", errors="replace"))
                if record.identity != file.stem:
                    raise DamagedRecordError(f"it is the record of {record.identity}")
            except DamagedRecordError as damage:
                self._damaged(file, str(damage))
            except OSError as error:
                self._damaged(file, f"it cannot be read ({error.strerror})")
            else:
                self._records[record.identity] = record

    def get(self, configuration: Configuration) -> Record | None:
        """The record of that configuration, if there is one."""
        return self._records.get(configuration.identity)

    def __getitem__(self, configuration: Configuration) -> Record:
        """The record of that configuration; KeyError where there is none."""
        return self._records[configuration.identity]

    def put(self, record: Record) -> None:
        """Write a record; it counts as done only once it is on the disk."""

        def write(path: Path) -> None:
            with atomic(path) as file:
                file.write(to_json(record))

        writable("out", self.path / "records" / f"{record.identity}.json", write)
        self._records[record.identity] = record

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def write_table(self) -> None:
        """runs.csv, of all records there are."""

        def write(path: Path) -> None:
            with atomic(path) as file:
                write_table(self, file)

        writable("out", self.path / "runs.csv", write)

    def close(self) -> None:
        """Bring runs.csv up to date, and let others write."""
        if self._lock is not None:
            lock, self._lock = self._lock, None
            try:
                self.write_table()
            finally:
                os.close(lock)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _damaged(self, file: Path, why: str) -> None:
        done = "not used"
        if self._lock is not None:
            aside = file.with_suffix(".damaged")
            writable("out", file, lambda file: file.replace(aside))
            done = f"set aside as {aside.name}, its run will be made again"
        warnings.warn(f"{file}: {why}; {done}", DamagedRecordWarning, stacklevel=4)


def open_store(path: Path, name: str) -> Store:
    """The store of the sweep `name` at `path`, made if it is not there, locked for writing.

    Raises `ConfigurationError` where something else is there, another sweep, or another writer.
    """
    if _is_foreign(path):
        raise ConfigurationError(
            "out", str(path), "it must be new, empty, or the directory of the same sweep"
        )
    writable("out", path / "records", lambda path: path.mkdir(parents=True, exist_ok=True))
    lock = _acquire(path)
    try:
        about = path / ABOUT
        if not about.is_file():
            writable("out", about, lambda about: _write_about(about, name))
        _check_about(about, "out", name)
        for leftovers in (f".{ABOUT}.*", ".runs.csv.*", "records/.*.json.*"):
            for file in path.glob(leftovers):  # half written, by a process that was killed
                writable("out", file, lambda file: file.unlink(missing_ok=True))
        return Store(path, lock)
    except BaseException:
        os.close(lock)
        raise


def is_sweep(path: Path) -> bool:
    """Whether a directory is one of a sweep."""
    return (path / ABOUT).is_file()


def read_store(path: Path) -> Store:
    """The records at `path`, to look at; `ConfigurationError` where there are none."""
    if not is_sweep(path):
        raise ConfigurationError("directory", str(path), "it must be the directory of a sweep")
    _check_about(path / ABOUT, "directory")
    return Store(path)


def _is_foreign(path: Path) -> bool:
    """Whether there is anything at `path` but a sweep, or the beginnings of one that was killed."""
    try:
        if not path.exists() or is_sweep(path):
            return False
        return not path.is_dir() or any(
            file.name not in ("records", "lock") and not file.name.startswith(f".{ABOUT}.")
            for file in (*path.iterdir(), *(path / "records").glob("*"))
        )
    except OSError as error:
        raise ConfigurationError(
            "out", str(path), f"it cannot be read ({error.strerror})"
        ) from None


def _acquire(path: Path) -> int:
    """The lock of a directory, which the operating system takes back when its process ends."""
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigurationError(
            "out", str(path), f"it cannot be written ({error.strerror})"
        ) from None
    try:
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
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()} on {os.uname().nodename}\n".encode())
    return lock


def _write_about(about: Path, name: str) -> None:
    with atomic(about) as file:
        json.dump({"format": FORMAT, "name": name}, file)
        file.write("\n")


def _check_about(about: Path, field: str, name: str | None = None) -> None:
    """That it is of this format, and of the sweep `name` if that is given."""
    try:
        content = json.loads(about.read_text())
        format_, owner = content["format"], content["name"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(field, str(about), "it must be one that a sweep wrote") from None
    if format_ != FORMAT:
        raise ConfigurationError(
            field, f"{about.parent} of format {format_}", f"this version knows format {FORMAT}"
        )
    if name not in (None, owner):
        raise ConfigurationError(
            field,
            f"{about.parent} of the sweep {owner}",
            f"it must be new, or of the sweep {name}",
        )
