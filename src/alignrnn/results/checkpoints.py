"""The checkpoints of a sweep: which runs have one, and in which file."""

import hashlib
import threading
import warnings
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from ..errors import DamagedFileWarning
from ..files import set_aside, writable
from ..training import Checkpoint
from .checkpoint_file import DamagedCheckpointError, load_checkpoint, save_checkpoint

SUFFIX = ".checkpoint"


class Checkpoints:
    """The files in a directory, one for each batch of runs that was being trained.

    A file is removed once none of its runs needs it: recorded, or in a later file. May be used
    from several threads.
    """

    def __init__(self, path: Path, recorded: Container[str]):
        self.path = path
        self._file_of: dict[str, Path] = {}
        self._lock = threading.Lock()
        iterations: dict[str, int] = {}
        for file in sorted(path.glob(f"*{SUFFIX}")):
            try:
                identities, checkpoint = load_checkpoint(file)
            except DamagedCheckpointError as damage:
                self._damaged(file, str(damage))
                continue
            for identity in identities:
                if identity in recorded or checkpoint.iteration <= iterations.get(identity, -1):
                    continue
                iterations[identity], self._file_of[identity] = checkpoint.iteration, file
        self._remove_unused()

    def put(self, identities: Sequence[str], checkpoint: Checkpoint) -> None:
        """Write the checkpoint of the runs of these identities, in its order."""
        digest = hashlib.sha256(" ".join(identities).encode()).hexdigest()[:16]
        file = self.path / f"{digest}{SUFFIX}"
        writable("out", file, lambda file: save_checkpoint(file, identities, checkpoint))
        with self._lock:
            self._file_of.update(dict.fromkeys(identities, file))
            self._remove_unused()

    def forget(self, identities: Iterable[str]) -> None:
        """These runs need none any more."""
        with self._lock:
            for identity in identities:
                self._file_of.pop(identity, None)
            self._remove_unused()

    def find(self, identities: Sequence[str]) -> list[tuple[list[int], Checkpoint | None]]:
        """Where to go on from: the places of the runs of each checkpoint in `identities`, with the
        checkpoint of just these; and of those that have none."""
        files = [self._file_of.get(identity) for identity in identities]
        found: list[tuple[list[int], Checkpoint | None]] = []
        without = [place for place, file in enumerate(files) if file is None]
        for file in dict.fromkeys(file for file in files if file is not None):
            places = [place for place, each in enumerate(files) if each == file]
            try:
                there, checkpoint = load_checkpoint(file)
                rows = [there.index(identities[place]) for place in places]
            except (DamagedCheckpointError, ValueError) as damage:
                self._damaged(file, str(damage))
                without += places
            else:
                found.append((places, checkpoint.of(rows)))
        return [*found, (sorted(without), None)] if without else found

    def _remove_unused(self) -> None:
        used = set(self._file_of.values())
        for file in self.path.glob(f"*{SUFFIX}"):
            if file not in used:
                file.unlink(missing_ok=True)

    def _damaged(self, file: Path, why: str) -> None:
        aside = set_aside(file)
        message = f"{file}: {why}; set aside as {aside.name}, its runs begin anew"
        warnings.warn(message, DamagedFileWarning, stacklevel=3)
