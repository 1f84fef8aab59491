"""The `.ts` files of the UEA and UCR archives, read by aeon; and archives that aeon ships."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigurationError
from .dataset import Dataset, Part
from .source import Source, checked_file, needs, reason_of


@dataclass(frozen=True)
class TsFile(Source):
    """Sequences of one or several channels, of equal length or not, each with a label (or a value:
    `@targetlabel true`). Of a file NAME_TRAIN.ts, NAME_TEST.ts beside it is the test part."""

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        path = checked_file(name)
        test = path.with_name(path.name.replace("_TRAIN.", "_TEST."))
        has_test = test != path and test.is_file()
        return Dataset(
            path.stem.removesuffix("_TRAIN"),
            read_ts(path),
            test=read_ts(test) if has_test else None,
        )


@dataclass(frozen=True)
class ShippedArchive(Source):
    """A data set of the UEA and UCR archives that comes with aeon, in its published split."""

    is_file: ClassVar[bool] = False
    archive: ClassVar[str]

    def files(self, name: str) -> Iterator[Path]:
        """See `Source.files`."""
        yield from (self._file(name, part) for part in ("TRAIN", "TEST"))

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        training, test = (read_ts(file) for file in self.files(name))
        return Dataset(name, training, test=test)

    def _file(self, name: str, part: str) -> Path:
        try:
            from aeon import datasets
        except ImportError:
            raise needs(name, "data", "aeon") from None
        folder = Path(datasets.__file__).parent / "data" / self.archive
        return checked_file(folder / f"{self.archive}_{part}.ts")


@dataclass(frozen=True)
class JapaneseVowels(ShippedArchive):
    """Two vowels by nine speakers, 12 cepstrum coefficients, 7 to 29 frames; 270 to train on, 370
    to test (Kudo et al. 1999)."""

    archive: ClassVar[str] = "JapaneseVowels"


@dataclass(frozen=True)
class BasicMotions(ShippedArchive):
    """Four activities, 6 channels of a smart watch, 100 steps; 40 to train on, 40 to test."""

    archive: ClassVar[str] = "BasicMotions"


@dataclass(frozen=True)
class OSULeaf(ShippedArchive):
    """Outlines of leaves of six kinds, one channel, 427 steps; 200 to train on, 242 to test."""

    archive: ClassVar[str] = "OSULeaf"


def read_ts(path: Path) -> Part:
    """One file. aeon gives channels first: `(N, I, T)`, or a list of `(I, T_n)`."""
    try:
        from aeon.datasets import load_from_ts_file
    except ImportError:
        raise needs(str(path), "data", "aeon") from None
    try:
        read: Any = load_from_ts_file(str(path), return_meta_data=True)
        collection, targets, about = read
    except Exception as error:  # its parser has no exception of its own
        allowed = f"it must be a .ts file of the UEA and UCR archives ({reason_of(error)})"
        raise ConfigurationError("task", str(path), allowed) from None
    axes = {np.ndim(each) for each in collection}
    if axes != {2}:  # aeon takes a file without data for one with none
        allowed = "it must be a .ts file of the UEA and UCR archives (it has no sequences)"
        raise ConfigurationError("task", str(path), allowed)
    is_labelled = about.get("classlabel") or about.get("targetlabel")
    return Part(turned(collection), _targets(targets, about) if is_labelled else None)


def turned(collection: Any) -> Any:
    """A collection with channels first, with time first."""
    if isinstance(collection, np.ndarray) and collection.dtype != object:
        return np.swapaxes(collection, 1, 2)
    return [np.asarray(each).T for each in collection]


def _targets(targets: Any, about: dict[str, Any]) -> np.ndarray:
    if about.get("targetlabel"):
        return np.asarray(targets, float)
    return np.asarray(targets).astype(str)
