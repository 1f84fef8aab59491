"""The directory of runs: one record a run, in `records/`; one writer at a time.

records/ID.json    what a run was and what came of it, written once, whole or not at all
networks/ID.npz    its network at its best validation error, of runs that keep theirs
checkpoints/       runs that are being trained, and last states that more iterations lead on from
pending.jsonl      records that belong together, while they are being written
runs.csv           all records as one table, written when the writer closes
store.json         whose directory this is
lock               held while somebody writes; dies with its process
"""

import functools
import json
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..configuration import Configuration
from ..errors import ConfigurationError, DamagedFileWarning, Description, Notice
from ..files import atomic, check_directory, not_written, set_aside, writable
from ..network import RNN
from ..network_file import check_network, write_network
from .lock import LOCK, acquire, is_there
from .record import DamagedRecordError, Record, from_json, to_json
from .table import as_csv

FORMAT = 1
ABOUT = "store.json"
RECORDS, NETWORKS, CHECKPOINTS = "records", "networks", "checkpoints"


class Store:
    """The records in a directory. Made by `open_store` (to write) or `read_store` (to look)."""

    def __init__(self, path: Path, name: str, lock: int | None = None):
        self.path, self.name = path, name
        self._records: dict[str, Record] = {}
        self._lock = lock
        self._writing, self._making = threading.Lock(), threading.Lock()
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
    def checkpoints(self) -> Path:
        """The folder for what is being trained."""
        return self.path / CHECKPOINTS

    def network(self, identity: str) -> Path:
        """Where a run's network is, if it was kept."""
        return self.path / NETWORKS / f"{identity}.npz"

    def put_network(self, identity: str, network: RNN) -> None:
        """Keep the network of a run; one that could not be read back is named, and not written."""
        file = self.network(identity)
        try:
            check_network(network)
        except ConfigurationError as error:
            warnings.warn(f"{file.name} is not written: {error}", Notice, stacklevel=2)
        else:
            self.write(file, lambda file: write_network(network, file))

    def carry_over(self, record: Record, to: Record) -> None:
        """Record what follows from a record, with the same network."""
        content = self.network(record.identity).read_bytes()

        def copy(file: Path) -> None:
            with atomic(file, "wb") as copied:
                copied.write(content)

        self.write(self.network(to.identity), copy)
        self.put(to)

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
        self.write(path, functools.partial(_write_text, text))

    def write(self, path: Path, make: Callable[[Path], None]) -> None:
        """Make a file of this directory; a `ConfigurationError` where the operating system says no.
        Where somebody has removed the directory meanwhile, it is made again."""
        try:
            make(path)
        except FileNotFoundError:
            self._make_again()
            writable("out", path, make)
        except OSError as error:
            raise not_written("out", path, error) from None

    def _make_again(self) -> None:
        """Nothing that was trained is lost because somebody removed the directory; networks are
        made again by the same command."""
        with self._making:
            if self._lock is None:
                return
            _make_folders(self.path)
            if not is_there(self._lock, self.path):
                lost, self._lock = self._lock, acquire(self.path)
                os.close(lost)
            _make_about(self.path, self.name)
            for record in self:
                if not self._file(record.identity).exists():
                    make = functools.partial(_write_text, to_json(record))
                    writable("out", self._file(record.identity), make)

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


def _write_text(text: str, path: Path) -> None:
    with atomic(path) as file:
        file.write(text)


def open_store(path: Path, name: str) -> Store:
    """The store at `path` of what has this name, made if it is not there, locked for writing.

    Raises `ConfigurationError` where something else is there, the store of something else, or
    another writer.
    """
    if _is_foreign(path):
        allowed = f"it must be new, empty, or the directory of {name!r}"
        raise ConfigurationError("out", str(path), allowed)
    _make_folders(path)
    lock = acquire(path)
    try:
        _make_about(path, name)
        for leftovers in (
            f".{ABOUT}.*",
            ".runs.csv.*",
            ".pending.jsonl.*",
            *(f"{folder}/.*" for folder in (RECORDS, NETWORKS, CHECKPOINTS)),
        ):
            for file in path.glob(leftovers):  # half written, by a process that was killed
                writable("out", file, lambda file: file.unlink(missing_ok=True))
        return Store(path, name, lock)
    except BaseException:
        os.close(lock)
        raise


def is_store(path: Path) -> bool:
    """Whether a directory is one of runs."""
    return (path / ABOUT).is_file()


def read_store(path: Path) -> Store:
    """The records at `path`, to look at; `ConfigurationError` where there are none."""
    if not is_store(path):
        allowed = "it must be one that alignrnn has written runs into"
        raise ConfigurationError("directory", str(path), allowed)
    return Store(path, _checked_name(path / ABOUT, "directory"))


def own_or_unused(candidates: Iterable[Path], name: str) -> Path:
    """The first directory that is the store of what has this name, or is not there yet; that one is
    made, so that no other process takes it too."""
    return next(path for path in candidates if _is_own(path, name) or _is_made(path))


def _is_own(path: Path, name: str) -> bool:
    if not is_store(path):
        return False
    try:
        return _checked_name(path / ABOUT, "out") == name
    except ConfigurationError:
        return False


def _is_made(path: Path) -> bool:
    """Whether it was not there, and we have made it."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise not_written("out", path, error) from None
    return True


def _make_folders(path: Path) -> None:
    for folder in (RECORDS, NETWORKS, CHECKPOINTS):
        check_directory("out", path / folder)


def _is_foreign(path: Path) -> bool:
    """Whether there is anything at `path` but a store, or the beginnings of one whose process was
    killed."""
    folders = (RECORDS, NETWORKS, CHECKPOINTS)
    try:
        if not path.exists() or is_store(path):
            return False
        return not path.is_dir() or any(
            file.name not in (*folders, LOCK) and not file.name.startswith(f".{ABOUT}.")
            for file in (*path.iterdir(), *(f for name in folders for f in path.glob(f"{name}/*")))
        )
    except OSError as error:
        raise ConfigurationError(
            "out", str(path), f"it cannot be read ({error.strerror})"
        ) from None


def _make_about(path: Path, name: str) -> None:
    """Say whose directory it is, where nobody has yet; or see that it is."""

    if not is_store(path):
        text = json.dumps({"format": FORMAT, "name": name}) + "\n"
        writable("out", path / ABOUT, functools.partial(_write_text, text))
    owner = _checked_name(path / ABOUT, "out")
    if owner != name:
        found = Description(f"{path}, the directory of {owner!r}")
        raise ConfigurationError("out", found, f"it must be new, or that of {name!r}")


def _checked_name(about: Path, field: str) -> str:
    """Whose directory it is, if it is of this format."""
    try:
        content = json.loads(about.read_text())
        format_, name = content["format"], str(content["name"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ConfigurationError(field, str(about), "it must be one that alignrnn wrote") from None
    if format_ != FORMAT:
        raise ConfigurationError(
            field,
            Description(f"{about.parent} of format {format_}"),
            f"this version knows format {FORMAT}",
        )
    return name
