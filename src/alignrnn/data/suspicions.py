"""What the shape of data suggests that whoever gave it may not have meant."""

import warnings
from collections.abc import Iterator

import numpy as np

from .sequences import Sequences
from .targets import Targets

FEW, MANY = 20, 5
"""Of values to be labels, at most this many are different; of labels to be values, a label has
fewer samples than this."""
SPARSE_ALPHABET, SPARSE = 1000, 10
"""An alphabet of more symbols than this of which not one in ten occurs."""
LARGEST_DEVIATION, SMALLEST_DEVIATION = 30.0, 0.01
"""Beyond the first the squared error and its gradients are hundreds of times those of numbers near
1; below the second a constant has a mean squared error below 1e-4, the limit of "solved"."""
FAR_OFF, FAR = 10.0, 5.0
"""A mean so many standard deviations from 0, and at least so far."""


def of_targets(targets: Targets, *, is_said: bool) -> Iterator[str]:
    """Of targets whose reading somebody has said, or not."""
    if targets.kind == "classes" and targets.values.dtype.kind == "i" and not is_said:
        yield from _of_labels(targets.scored)
    if targets.kind == "values":
        if not is_said:
            yield from _of_values(targets.scored)
        yield from _of_scale("targets, output", targets.scored, SMALLEST_DEVIATION)


def of_inputs(given: Sequences, *, is_scaled: bool) -> Iterator[str]:
    """Of symbols or features; of these, unless they are going to be scaled."""
    inputs = given.inputs
    if not given.are_symbols:
        known = inputs[given.live]
        if inputs.shape[2] == 1 and len(np.unique(known)) <= FEW and np.all(known % 1 == 0):
            yield (
                "inputs: whole numbers, given as real ones, are read as one feature; if they are "
                "symbols, give integers (N, T)"
            )
        elif not is_scaled:
            yield from _of_scale("inputs, feature", known)
        return
    size, seen = int(inputs.max()) + 1, len(np.unique(inputs))
    if size > SPARSE_ALPHABET and size > SPARSE * seen:
        yield (
            f"inputs: of the symbols 0 to {size - 1:,} only {seen:,} occur, and W_xh has a row for "
            "each; number them from 0, or give measurements as real numbers (N, T, 1)"
        )


def _of_labels(targets: np.ndarray) -> Iterator[str]:
    """Of integers `(N,)` that are read as labels."""
    labels = len(np.unique(targets))
    if labels > FEW and len(targets) < MANY * labels:
        yield (
            f"targets: {labels:,} different integers in {len(targets):,} samples are read as "
            "labels; if they are quantities, give real numbers"
        )


def _of_values(targets: np.ndarray) -> Iterator[str]:
    """Of real numbers `(N, O)` that are read as the values of a regression."""
    if targets.shape[1] > 1:
        if np.all(np.isin(targets, (0, 1))) and np.all(targets.sum(axis=1) == 1):
            yield (
                "targets: rows of one 1 and else 0 are read as values of a regression; if they "
                "are labels, give targets.argmax(axis=1)"
            )
    else:
        different = np.unique(targets)
        if len(different) <= min(FEW, len(targets) // 2) and np.all(different % 1 == 0):
            yield (
                f"targets: {len(different)} different whole numbers, given as real ones, are read "
                "as values of a regression; if they are labels, give integers"
            )


def _of_scale(name: str, columns: np.ndarray, smallest: float = 0.0) -> Iterator[str]:
    """The first column whose numbers, those that are there, are far from 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a number
        means = np.atleast_1d(np.nanmean(columns, axis=0, dtype=np.float64))
        deviations = np.atleast_1d(np.nanstd(columns, axis=0, dtype=np.float64))
    is_far_off = np.abs(means) > np.maximum(FAR_OFF * deviations, FAR)
    unusual = is_far_off | (deviations > LARGEST_DEVIATION) | (deviations < smallest)
    for at in np.flatnonzero(unusual)[:1]:
        yield (
            f"{name} {at}: a mean of {means[at]:.3g} and a standard deviation of "
            f"{deviations[at]:.3g}; training goes best near mean 0 and standard deviation 1: "
            "scale them"
        )
