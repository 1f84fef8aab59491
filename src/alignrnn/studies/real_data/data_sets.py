"""The data sets of the record, how long each is trained on, and what others reached there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataSet:
    """One set in one form, and the training that all ways to learn get on it."""

    id: str
    title: str
    about: str
    task: Mapping[str, Any]
    """The section of a configuration."""
    length: int
    """T, of the longest sequence."""
    hidden_size: int
    iterations: int
    check_every: int = 50
    batch_size: int = 20
    weight_decay: float = 0.0
    """Of AdamW; 0: plain Adam."""
    published: Mapping[str, float] = field(default_factory=dict)
    """By source: accuracies in percent, or nats a frame."""

    @property
    def is_music(self) -> bool:
        """Whether the score is the NLL in nats a frame, the lower the better; otherwise it is the
        accuracy in percent."""
        return self.task["name"] == "chorales"


_BY_LOSS = {"validate_by": "loss"}
"""Some validation parts are of 16 sequences: as fractions, most of their errors are alike."""


def data_sets(chorales: Path | None = None, mnist: Path | None = None) -> list[DataSet]:
    """All that can be trained on, the quick ones first: the chorales of this file, or else those of
    music21; MNIST only where its folder is given."""
    sets = [*_of_archives(), _chorales(chorales), *([] if mnist is None else _mnist(mnist))]
    return sorted(sets, key=lambda data: data.length * data.iterations)


def _of_archives() -> Iterator[DataSet]:
    yield DataSet(
        "japanese-vowels",
        "JapaneseVowels",
        "Which of nine speakers says /ae/: 12 cepstrum coefficients, 7 to 29 steps; 216 sequences "
        "trained on, 54 held out, 370 tested.",
        {"name": "japanese-vowels", "standardize": True, **_BY_LOSS},
        length=29,
        hidden_size=64,
        iterations=1500,
        published={"LSTMs, 2018": 98.9},
    )
    yield DataSet(
        "basic-motions",
        "BasicMotions",
        "Which of four activities: accelerometer and gyroscope, 6 channels, 100 steps; 24 "
        "sequences trained on, 16 held out, 40 tested.",
        {"name": "basic-motions", "standardize": True, "held_out": 0.4, **_BY_LOSS},
        length=100,
        hidden_size=64,
        iterations=1000,
    )
    yield DataSet(
        "pixel-digits",
        "Pixel digits",
        "Images of 8 × 8 pixels, a pixel a step, ten classes: 1,149 trained on, 288 held out, 360 "
        "tested.",
        {"name": "pixel-digits", "test_fraction": 0.2, **_BY_LOSS},
        length=64,
        hidden_size=64,
        iterations=3000,
    )
    yield DataSet(
        "osu-leaf",
        "OSULeaf",
        "Which of six kinds of leaves: the outline, one channel, 427 steps; 150 sequences trained "
        "on, 50 held out, 242 tested.",
        {"name": "osu-leaf", "standardize": True, "held_out": 0.25, **_BY_LOSS},
        length=427,
        hidden_size=64,
        iterations=1500,
        published={"HIVE-COTE 2": 97.0},
    )


def _chorales(file: Path | None) -> DataSet:
    about = "Bach's chorales, 88 keys, quarter notes: the next frame from those before. "
    if file is None:
        return DataSet(
            "chorales",
            "Chorales (music21)",
            about + "The split is our own: 239 chorales trained on, 80 held out, 80 tested.",
            {"name": "chorales"},
            length=159,
            hidden_size=150,
            iterations=1500,
            weight_decay=1.0,
        )
    return DataSet(
        "chorales",
        "JSB chorales",
        about + "The published split: 229 chorales trained on, 76 held out, 77 tested.",
        {"name": "chorales", "file": str(file)},
        length=159,
        hidden_size=150,
        iterations=1500,
        weight_decay=1.0,
        published={
            "RNN, Bai et al. 2018": 8.91,
            "LSTM, Bai et al. 2018": 8.45,
            "GRU, Bai et al. 2018": 8.43,
        },
    )


def _mnist(folder: Path) -> Iterator[DataSet]:
    has_both = any(folder.glob("train-images*"))
    parts = {} if has_both else {"test_fraction": 0.2}
    split = (
        "48,000 images trained on, 12,000 held out, 10,000 tested."
        if has_both
        else "Only the 10,000 images of its test files: 6,400 trained on, 1,600 held out, 2,000 "
        "tested, so that no number is comparable with others'."
    )
    shared = {"name": "pixel-mnist", "images": str(folder), **parts, **_BY_LOSS}
    yield DataSet(
        "mnist-rows",
        "MNIST, row by row",
        f"28 steps of 28 pixels. {split}",
        {**shared, "form": "rows"},
        length=28,
        hidden_size=100,
        iterations=3000,
        batch_size=50,
    )
    yield DataSet(
        "mnist-pixels",
        "MNIST, pixel by pixel",
        f"784 steps of one pixel. {split}",
        {**shared, "form": "pixels"},
        length=784,
        hidden_size=64,
        iterations=1000,
        check_every=100,
        batch_size=50,
    )
