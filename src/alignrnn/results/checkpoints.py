"""The checkpoints in a directory: which runs have one, and in which file.

A run is known here by a name: its identity, or its lineage, see `lineage.py`, where what it is at
is to be found by runs with more iterations too.
"""

import functools
import hashlib
import threading
import warnings
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path

from ..errors import DamagedFileWarning
from ..files import set_aside, writable
from ..training import Checkpoint
from .checkpoint_file import DamagedCheckpointError, load_checkpoint, save_checkpoint

SUFFIX = ".checkpoint"
_WRITE = functools.partial(writable, "out")


class Checkpoints:
    """The files in a directory, one for each batch of runs that was being trained.

    A file is removed once none of its runs needs it: `over`, forgotten, or in a later file. May be
    used from several threads. `write` makes a file, and turns an error into the user's.
    """

    def __init__(
        self,
        path: Path,
        over: Container[str],
        write: Callable[[Path, Callable[[Path], None]], None] = _WRITE,
    ):
        self.path = path
        self._write = write
        self._file_of: dict[str, Path] = {}
        self._iteration_of: dict[str, int] = {}
        self._being_written: set[Path] = set()
        """Which no run needs yet; another thread must not take them for leftovers."""
        self._lock = threading.Lock()
        for file in sorted(path.glob(f"*{SUFFIX}")):
            try:
                names, checkpoint = load_checkpoint(file)
            except DamagedCheckpointError as damage:
                self._damaged(file, str(damage))
                continue
            for name in names:
                if name not in over and checkpoint.iteration > self._iteration_of.get(name, -1):
                    self._iteration_of[name], self._file_of[name] = checkpoint.iteration, file
        self._remove_unused()

    def put(self, names: Sequence[str], checkpoint: Checkpoint) -> None:
        """Write the checkpoint of the runs of these names, in its order."""
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]
        file = self.path / f"{digest}{SUFFIX}"
        with self._lock:
            self._being_written.add(file)
        try:
            self._write(file, lambda file: save_checkpoint(file, names, checkpoint))
        except BaseException:
            with self._lock:
                self._being_written.remove(file)
            raise
        with self._lock:
            self._being_written.remove(file)
            self._file_of.update(dict.fromkeys(names, file))
            self._iteration_of.update(dict.fromkeys(names, checkpoint.iteration))
            self._remove_unused()

    def forget(self, names: Iterable[str]) -> None:
        """These runs need none any more."""
        with self._lock:
            for name in names:
                self._file_of.pop(name, None)
            self._remove_unused()

    def find(
        self, runs: Sequence[Sequence[str]], before: int
    ) -> list[tuple[list[int], Checkpoint | None]]:
        """Where to go on from, before this iteration: the places of those of the `runs` (each by
        its names) that are in the same checkpoint, with the checkpoint of just these; and of those
        that have none."""
        names = [self._found(each, before) for each in runs]
        files = [None if name is None else self._file_of[name] for name in names]
        found: list[tuple[list[int], Checkpoint | None]] = []
        without = [place for place, file in enumerate(files) if file is None]
        for file in dict.fromkeys(file for file in files if file is not None):
            places = [place for place, each in enumerate(files) if each == file]
            try:
                there, checkpoint = load_checkpoint(file)
                rows = [there.index(names[place] or "") for place in places]
            except (DamagedCheckpointError, ValueError) as damage:
                self._damaged(file, str(damage))
                without += places
            else:
                found.append((places, checkpoint.of(rows)))
        return [*found, (sorted(without), None)] if without else found

    def _found(self, names: Iterable[str], before: int) -> str | None:
        """That of a run's names whose checkpoint is the furthest."""
        there = [
            name for name in names if name in self._file_of and self._iteration_of[name] < before
        ]
        return max(there, key=lambda name: self._iteration_of[name], default=None)

    def _remove_unused(self) -> None:
        used = {*self._file_of.values(), *self._being_written}
        for file in self.path.glob(f"*{SUFFIX}"):
            if file not in used:
                file.unlink(missing_ok=True)

    def _damaged(self, file: Path, why: str) -> None:
        aside = set_aside(file)
        message = f"{file}: {why}; set aside as {aside.name}, its runs begin anew"
        warnings.warn(message, DamagedFileWarning, stacklevel=3)
