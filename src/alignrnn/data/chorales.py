"""Bach's chorales as piano rolls: from each frame, a quarter note, what sounds in the next."""

import importlib.metadata
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigurationError, check_type
from ..files import atomic, cache_folder, check_directory
from .dataset import Dataset, Part
from .source import Source, checked_file, needs, reason_of

LOWEST, KEYS = 21, 88
"""The keys of a piano, as MIDI counts them: 21 (A0) to 108 (C8)."""
_PARTS = ("train", "valid", "test")
_VOICES = ("Soprano", "Alto", "Tenor", "Bass")
_FRACTIONS, _SPLIT_SEED = (0.6, 0.2), 0
"""Of music21's chorales: to train on and to validate on, by the draw of this seed."""
_EXTRACTION = 1
"""Raised when other frames are made of the same music."""


@dataclass(frozen=True)
class Chorales(Source):
    """Bach's four-part chorales, 88 bits a quarter note; the answers are the next frame's bits.

    `file` is the JSON of the JSB chorales in the split of Boulanger-Lewandowski et al. (2012): 229
    chorales to train on, 76 to validate, 77 to test; 13,807, 4,602 and 4,725 frames, 25 to 160 a
    chorale. A chorale of T frames is a sequence of T - 1 steps. It is an object with the lists
    `train`, `valid` and `test`; a chorale is a list of frames, a frame a list of MIDI notes, 21 to
    108. Without `valid` a fraction of `train` is held out.

    Without `file` they are the pieces of Bach in music21's corpus that have a soprano, an alto, a
    tenor and a bass, each once: with music21 10.5 there are 399, in a fixed draw's split into 239,
    80 and 80; 13,518, 4,655 and 4,281 frames, 24 to 272 a piece. This is no published split. A
    frame is what sounds at the beginning of its quarter; between lines some pieces have frames of
    silence. Taking them lasts a minute, so they are kept in the user's cache folder (on Linux
    `~/.cache/alignrnn`).
    """

    file: str | None = None
    """The JSB chorales as JSON, in their published split. (default: taken from music21)"""

    is_file: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ("file",)

    def check(self) -> None:
        """See `Plain.check`."""
        super().check()
        if self.file is not None:
            check_type("file", self.file, str | os.PathLike, "it must be the name of a file")
            object.__setattr__(self, "file", os.fspath(self.file))

    def files(self, name: str) -> Iterator[Path]:
        """See `Source.files`. The first time, this takes the chorales from music21."""
        yield _extracted(name) if self.file is None else Path(self.file)

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        (path,) = self.files(name)
        parts = _read(path)
        notes = ()
        if self.file is None:
            counts = ", ".join(f"{len(parts[part])} {what}" for part, what in _NAMED)
            notes = (
                f"{name}: the chorales of music21's corpus in a split of our own by a fixed draw "
                f"({counts}); results on it are not comparable with those on the published split",
            )
        made = {part: _part(chorales) for part, chorales in parts.items()}
        return Dataset(
            name,
            made["train"],
            made.get("valid"),
            made.get("test"),
            output_kind="bits",
            every_step=True,
            notes=notes,
        )


_NAMED = (("train", "to train on"), ("valid", "to validate"), ("test", "to test"))


def _part(chorales: list[list[list[int]]]) -> Part:
    rolls = [_roll(chorale) for chorale in chorales]
    return Part([roll[:-1].astype(float) for roll in rolls], [roll[1:] for roll in rolls])


def _roll(chorale: list[list[int]]) -> np.ndarray:
    """`(T, 88)`: which keys sound in which frame."""
    roll = np.zeros((len(chorale), KEYS), bool)
    for frame, notes in zip(roll, chorale, strict=True):
        frame[np.array(notes, int) - LOWEST] = True
    return roll


def _read(path: Path) -> dict[str, list[list[list[int]]]]:
    checked_file(path, "file")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(path, reason_of(error)) from None
    if not isinstance(given, Mapping) or "train" not in given:
        raise _refused(path, "it has no train")
    for part, chorales in given.items():
        if part not in _PARTS:
            raise _refused(path, f"its parts are train, valid and test, and not {part[:20]!r}")
        if not isinstance(chorales, list) or not chorales:
            raise _refused(path, f"{part} is no list of chorales")
        for number, chorale in enumerate(chorales):
            _check(path, f"{part}[{number}]", chorale)
    return dict(given)


def _check(path: Path, name: str, chorale: Any) -> None:
    if not isinstance(chorale, list) or len(chorale) < 2:
        raise _refused(path, f"{name} is no list of two frames or more")
    for frame in chorale:
        notes = frame if isinstance(frame, list) else [None]
        if not all(type(note) is int and LOWEST <= note < LOWEST + KEYS for note in notes):
            raise _refused(path, f"a frame of {name} is no list of notes from 21 to 108")


def _refused(path: Path, why: str) -> ConfigurationError:
    allowed = f"it must be chorales as JSON, lists of frames of MIDI notes ({why})"
    return ConfigurationError("file", str(path), allowed)


def _extracted(name: str) -> Path:
    """The file in the user's cache with what music21 has; made where it is not there."""
    try:
        version = importlib.metadata.version("music21")
    except importlib.metadata.PackageNotFoundError:
        raise needs(f"{name} without file", "music", "music21") from None
    cache = cache_folder()
    path = cache / f"chorales-{_EXTRACTION}-music21-{version}.json"
    if not path.is_file():
        check_directory("task", cache)
        chorales = _once_each(_frames(voices) for voices in _music())
        with atomic(path) as file:
            json.dump(_split(chorales), file)
    return path


def _once_each(chorales: Iterable[list[list[int]]]) -> list[list[list[int]]]:
    """The first of those that are the same music in whatever key: the corpus has some pieces twice,
    and one of a pair in training would give away the other in the test."""
    kept: dict[str, list[list[int]]] = {}
    for chorale in chorales:
        lowest = min((note for frame in chorale for note in frame), default=0)
        relative = [[note - lowest for note in frame] for frame in chorale]
        kept.setdefault(json.dumps(relative), chorale)
    return list(kept.values())


def _split(chorales: list[list[list[int]]]) -> dict[str, list[list[list[int]]]]:
    """A drawn part each; the legacy generator, whose streams are promised to stay what they are."""
    order = np.random.RandomState(_SPLIT_SEED).permutation(len(chorales))
    first, second = np.cumsum([round(each * len(chorales)) for each in _FRACTIONS])
    rows = np.split(order, [first, second])
    return {
        part: [chorales[row] for row in sorted(each)]
        for part, each in zip(_PARTS, rows, strict=True)
    }


def _music() -> Iterator[list[Any]]:
    """The four voices of each chorale of the corpus, in the order of their file names."""
    try:
        from music21 import corpus
    except ImportError:
        raise needs("chorales without file", "music", "music21") from None
    paths = [Path(each) for each in corpus.getComposer("bach")]
    for path in sorted(paths, key=lambda path: path.name):
        if path.suffix != ".mxl":  # other editions and analyses of the same pieces
            continue
        score: Any = corpus.parse(path)
        voices = {part.partName: part for part in score.parts}
        if all(voice in voices for voice in _VOICES):
            yield [voices[voice] for voice in _VOICES]


def _frames(voices: list[Any]) -> list[list[int]]:
    """What sounds at the beginning of each quarter: notes with onset ≤ q < onset + duration."""
    count = int(max(float(voice.highestTime) for voice in voices))
    frames: list[set[int]] = [set() for _ in range(count)]
    for voice in voices:
        for note in voice.flatten().notes:
            start = float(note.offset)
            end = start + float(note.quarterLength)
            for quarter in range(int(np.ceil(start)), min(count, int(np.ceil(end)))):
                frames[quarter].update(int(pitch.midi) for pitch in note.pitches)
    return [sorted(frame) for frame in frames]
