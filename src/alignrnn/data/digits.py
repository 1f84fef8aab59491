"""Handwritten digits, one pixel at a time: the real data set that comes with scikit-learn."""

from dataclasses import dataclass
from typing import ClassVar

from .dataset import Dataset, Part
from .source import Source, needs


@dataclass(frozen=True)
class PixelDigits(Source):
    """1,797 images of 8 × 8 pixels as sequences of 64 steps of one value in [0, 1], ten classes."""

    is_file: ClassVar[bool] = False

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`. Needs scikit-learn, which carries the images."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise needs(name, "data", "scikit-learn") from None
        pixels, labels = load_digits(return_X_y=True)
        return Dataset(name, Part(pixels[:, :, None] / 16, labels))
