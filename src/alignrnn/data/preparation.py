"""What is done with features before a network sees them; it travels with the network."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from ..errors import ConfigurationError, Description, check_choice
from ..names import Missing
from .sequences import Sequences, as_float


@dataclass(frozen=True)
class Preparation:
    """Missing numbers are filled in, then x ← (x - mean) / scale, for each of I channels."""

    missing: Missing
    means: tuple[float, ...]
    """What stands for a missing number."""
    offsets: tuple[float, ...]
    scales: tuple[float, ...]

    def __call__(self, name: str, given: Sequences) -> Sequences:
        """Features as a network is to see them."""
        inputs = np.asarray(given.inputs, dtype=float)
        live = given.live[..., None]
        gaps = np.isnan(inputs) & live
        if gaps.any():
            if self.missing == "refuse":
                raise refused(name, given.inputs, gaps)
            inputs = _filled(inputs, gaps, np.array(self.means), self.missing)
        prepared = (inputs - np.array(self.offsets)) / np.array(self.scales)
        return Sequences(as_float(np.where(live, prepared, 0)), given.lengths)


def refused(name: str, inputs: np.ndarray, gaps: np.ndarray) -> ConfigurationError:
    """What is said of the first number that is missing where none may be."""
    where = tuple(int(index) for index in np.argwhere(gaps)[0])
    allowed = 'all must be finite; missing="mean" or "previous" fills in what is missing'
    return ConfigurationError(name, Description(f"{inputs[where]} at {where}"), allowed)


def preparation_of(
    name: str, training: Sequences, *, standardize: bool, missing: Missing
) -> Preparation | None:
    """Learnt from the training part alone; None where nothing is to be done.

    A channel that is constant there is only centred. Raises `ConfigurationError` for a channel
    without a single number, and for missing numbers where they are refused.
    """
    check_choice("missing", missing, get_args(Missing))
    if training.are_symbols:
        if standardize:
            allowed = "inputs are symbols, and only features are standardised"
            raise ConfigurationError("standardize", True, allowed)
        return None
    known = np.isfinite(training.inputs) & training.live[..., None]
    gaps = ~known & training.live[..., None]
    if gaps.any() and missing == "refuse":
        raise refused(name, training.inputs, gaps)
    if not standardize and missing == "refuse":
        return None
    counts = known.sum(axis=(0, 1))
    if not counts.all():
        channel = int(np.flatnonzero(counts == 0)[0])
        allowed = "a channel must have at least one number in the training part"
        raise ConfigurationError(name, Description(f"none in channel {channel}"), allowed)
    values = np.where(known, training.inputs, 0).astype(np.float64)
    means = values.sum(axis=(0, 1)) / counts
    squares = np.where(known, (values - means) ** 2, 0).sum(axis=(0, 1)) / counts
    # A constant's deviation is rounding, not scale.
    deviations = np.sqrt(squares)
    is_constant = deviations <= 1e-6 * np.maximum(np.abs(means), 1e-30)
    scales = np.where(is_constant, 1.0, deviations)
    nothing = np.zeros_like(means), np.ones_like(means)
    offsets, scales = (means, scales) if standardize else nothing
    return Preparation(missing, *(tuple(map(float, each)) for each in (means, offsets, scales)))


def _filled(inputs: np.ndarray, gaps: np.ndarray, means: np.ndarray, how: Missing) -> np.ndarray:
    by_mean = np.where(gaps, means, inputs)
    if how == "mean":
        return by_mean
    steps = np.arange(inputs.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(gaps, -1, steps), axis=1)
    previous = np.take_along_axis(inputs, np.maximum(last, 0), axis=1)
    return np.where(last < 0, by_mean, previous)
