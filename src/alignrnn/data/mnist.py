"""MNIST, and all that comes in its files: images as sequences of pixels or of rows."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, get_args

import numpy as np

from ..errors import ConfigurationError, Description, check_choice, check_type
from ..names import ImageForm
from .dataset import Dataset, Part
from .idx import read_idx
from .sequences import as_float
from .source import Source

PERMUTATION_SEED = 0
"""Of the order of pixels in "permuted"."""
_LARGEST = 255


@dataclass(frozen=True)
class PixelMnist(Source):
    """Images of digits, ten classes: 60,000 of 28 × 28 pixels to train on, 10,000 to test.

    Values are divided by 255. Any set in MNIST's files is read alike (Fashion-MNIST, and images of
    another size H × W): `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and for the test part
    `t10k-` instead of `train-`; plain, or with `.gz`. Where only those of t10k are there, they are
    trained on. The order of "permuted" is that of `numpy.random.RandomState(0).permutation(H W)`,
    the same for all images and every run.
    """

    images: str | None = None
    """The folder with the IDX files of MNIST or Fashion-MNIST. (default: it has to be given)"""
    form: ImageForm = "pixels"
    """What the steps are: 784 pixels row by row, the same in a fixed order, or 28 rows of 28."""

    is_file: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ("images",)

    def check(self) -> None:
        """See `Plain.check`."""
        super().check()
        if self.images is not None:
            check_type("images", self.images, str | os.PathLike, "it must be the name of a folder")
            object.__setattr__(self, "images", os.fspath(self.images))
        check_choice("form", self.form, get_args(ImageForm))

    def files(self, name: str) -> Iterator[Path]:
        """See `Source.files`."""
        for pair in self._pairs().values():
            yield from pair

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        pairs = self._pairs()
        parts = {part: self._part(*pair) for part, pair in pairs.items()}
        if "train" in parts:
            training, test, notes = parts["train"], parts.get("t10k"), ()
            shapes = {part.inputs.shape[1:] for part in parts.values()}
            if len(shapes) > 1:
                found = Description(f"images of two sizes in {self.images}")
                raise ConfigurationError("images", found, "train and t10k must be alike")
        else:
            training, test = parts["t10k"], None
            count = len(training.inputs)
            notes = (
                f"images: {self.images} has the files of t10k alone, so {name} is trained and "
                f"validated on its {count:,} images; results on it are not comparable with others'",
            )
        return Dataset(name, training, test=test, notes=notes)

    def _part(self, images: Path, labels: Path) -> Part:
        pixels, digits = read_idx(images, 3), read_idx(labels, 1)
        if len(pixels) != len(digits):
            found = Description(f"{len(digits)} labels in {labels}")
            raise ConfigurationError("images", found, f"{images} has {len(pixels)} images")
        values = as_float(pixels) / _LARGEST
        if self.form != "rows":
            values = values.reshape(len(values), -1, 1)
        if self.form == "permuted":
            # The legacy generator: its streams are promised to stay what they are.
            values = values[:, np.random.RandomState(PERMUTATION_SEED).permutation(values.shape[1])]
        return Part(values, digits.astype(np.int64))

    def _pairs(self) -> dict[str, tuple[Path, Path]]:
        """The files of images and labels of each part that is there."""
        if self.images is None:
            allowed = (
                "it must be the folder with train-images-idx3-ubyte.gz and the like; "
                "over a network, the task openml:mnist_784 needs none"
            )
            raise ConfigurationError("images", Description("nothing"), allowed)
        folder = Path(self.images)
        try:
            is_folder = folder.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if not is_folder:
            raise ConfigurationError("images", self.images, "there is no such folder")
        found: dict[str, tuple[Path, Path]] = {}
        for part in ("train", "t10k"):
            images, labels = (_found(folder, part, what) for what in ("images-idx3", "labels-idx1"))
            if images is None and labels is None:
                continue
            if images is None or labels is None:
                other = images or labels
                assert other is not None
                alone = Description(f"{other.name} alone in {folder}")
                raise ConfigurationError("images", alone, "images and labels must both be there")
            found[part] = images, labels
        if not found:
            allowed = "it must hold train-images-idx3-ubyte, train-labels-idx1-ubyte (or with .gz)"
            raise ConfigurationError("images", self.images, allowed)
        return found


def _found(folder: Path, part: str, what: str) -> Path | None:
    """A file by its published name, or with the dot that some copies have in it."""
    names = (
        f"{part}-{each}-ubyte{end}"
        for each in (what, what.replace("-idx", ".idx"))
        for end in ("", ".gz")
    )
    return next((folder / name for name in names if (folder / name).is_file()), None)
