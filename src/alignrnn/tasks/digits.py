"""Handwritten digits, one pixel at a time: the real data set that comes with scikit-learn."""

from ..errors import ConfigurationError
from .arrays import ArrayTask


def pixel_digits() -> ArrayTask:
    """1,797 images of 8 × 8 pixels as sequences of 64 steps of one value in [0, 1], ten classes.

    A fixed fifth of each class is held out. Needs scikit-learn (`pip install 'alignrnn[data]'`),
    which carries the images; raises `ConfigurationError` without it.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ConfigurationError(
            "task", "pixel-digits", "it needs scikit-learn: pip install 'alignrnn[data]'"
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    return ArrayTask(pixels[:, :, None] / 16, labels, name="pixel-digits")
