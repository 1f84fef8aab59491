"""The directory of a sweep: one record a run, in `records/`; one writer at a time.

records/ID.json    what a run was and what came of it, written once, whole or not at all
checkpoints/       runs that are being trained
pending.jsonl      records that belong together, while they are being written
runs.csv           all records as one table, written when the writer closes
sweep.json         whose directory this is
lock               held while somebody writes; dies with its process
"""

import json
import os
import threading
import warnings
from collections.abc import Collection, Iterator
from pathlib import Path

from ..configuration import Configuration
from ..errors import ConfigurationError, DamagedFileWarning, Description
from ..files import atomic, check_directory, set_aside, writable
from .lock import LOCK, acquire
from .record import DamagedRecordError, Record, from_json, to_json
from .table import as_csv

FORMAT = 1
ABOUT = "sweep.json"
RECORDS, CHECKPOINTS = "records", "checkpoints"


class Store:
    """The records in a directory. Made by `open_store` (to write) or `read_store` (to look)."""

    def __init__(self, path: Path, lock: int | None = None):
        self.path = path
        self._records: dict[str, Record] = {}
        self._lock = lock
        self._writing = threading.Lock()
        if lock is not None:
            self._finish_pending()
        for file in sorted((path / RECORDS).glob("*.json")):
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

    @property
    def identities(self) -> Collection[str]:
        """Of the runs that have a record."""
        return self._records.keys()

    @property
    def checkpoints(self) -> Path:
        """The folder for what is being trained."""
        return self.path / CHECKPOINTS

    def get(self, configuration: Configuration) -> Record | None:
        """The record of that configuration, if there is one."""
        return self._records.get(configuration.identity)

    def __getitem__(self, configuration: Configuration) -> Record:
        """The record of that configuration; KeyError where there is none."""
        return self._records[configuration.identity]

    def put(self, *records: Record) -> None:
        """Write records, all or none of them; they count as done only once they are on the disk.
        May be called from several threads."""
        texts = {record.identity: to_json(record) for record in records}
        with self._writing:
            if len(records) > 1:
                # Whoever finds it there writes what is missing, see `_finish_pending`.
                self._write(self._pending, "".join(texts.values()))
            for identity, text in texts.items():
                self._write(self._file(identity), text)
            if len(records) > 1:
                self._pending.unlink(missing_ok=True)
            self._records.update({record.identity: record for record in records})

    def _finish_pending(self) -> None:
        """Write the records that a process was writing when it was killed."""
        try:
            texts = self._pending.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self._damaged(self._pending, str(error))
            return
        try:
            for text in texts:
                self._write(self._file(from_json(text).identity), text)
        except DamagedRecordError as damage:
            self._damaged(self._pending, str(damage))
        else:
            self._pending.unlink()

    @property
    def _pending(self) -> Path:
        return self.path / "pending.jsonl"

    def _file(self, identity: str) -> Path:
        return self.path / RECORDS / f"{identity}.json"

    def _write(self, path: Path, text: str) -> None:
        def write(path: Path) -> None:
            with atomic(path) as file:
                file.write(text)

        writable("out", path, write)

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def write_table(self) -> None:
        """runs.csv, of all records there are."""

        self._write(self.path / "runs.csv", as_csv(self))

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
            done = f"set aside as {set_aside(file).name}, its run will be made again"
        warnings.warn(f"{file}: {why}; {done}", DamagedFileWarning, stacklevel=4)


def open_store(path: Path, name: str) -> Store:
    """The store of the sweep `name` at `path`, made if it is not there, locked for writing.

    Raises `ConfigurationError` where something else is there, another sweep, or another writer.
    """
    if _is_foreign(path):
        raise ConfigurationError(
            "out", str(path), "it must be new, empty, or the directory of the same sweep"
        )
    for folder in (RECORDS, CHECKPOINTS):
        check_directory("out", path / folder)
    lock = acquire(path)
    try:
        about = path / ABOUT
        if not about.is_file():
            writable("out", about, lambda about: _write_about(about, name))
        _check_about(about, "out", name)
        for leftovers in (
            f".{ABOUT}.*",
            ".runs.csv.*",
            ".pending.jsonl.*",
            f"{RECORDS}/.*",
            f"{CHECKPOINTS}/.*",
        ):
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
            file.name not in (RECORDS, CHECKPOINTS, LOCK) and not file.name.startswith(f".{ABOUT}.")
            for file in (
                *path.iterdir(),
                *path.glob(f"{RECORDS}/*"),
                *path.glob(f"{CHECKPOINTS}/*"),
            )
        )
    except OSError as error:
        raise ConfigurationError(
            "out", str(path), f"it cannot be read ({error.strerror})"
        ) from None


def _write_about(about: Path, name: str) -> None:
    with atomic(about) as file:
        json.dump({"format": FORMAT, "name": name}, file)
        file.write("\n")


def _check_about(about: Path, field: str, name: str | None = None) -> None:
    """That it is of this format, and of the sweep `name` if that is given."""
    try:
        content = json.loads(about.read_text())
        format_, owner = content["format"], content["name"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ConfigurationError(field, str(about), "it must be one that a sweep wrote") from None
    if format_ != FORMAT:
        raise ConfigurationError(
            field,
            Description(f"{about.parent} of format {format_}"),
            f"this version knows format {FORMAT}",
        )
    if name not in (None, owner):
        raise ConfigurationError(
            field,
            Description(f"{about.parent} of the sweep {owner}"),
            f"it must be new, or of the sweep {name}",
        )
