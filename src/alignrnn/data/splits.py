"""Which rows are trained on and which are held out: of each class alike, or whole groups."""

from typing import Any

import numpy as np

from ..errors import ConfigurationError, Description, as_array, described


def hold_out(
    labels: np.ndarray | None, groups: np.ndarray | None, rows: int, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows kept and rows held out, each in order; a fixed draw of the seed.

    With `groups`, whole groups are held out until the fraction is reached. Else a fraction of each
    class of `labels (N,)` is, or of all rows where there are none.
    """
    shuffle = np.random.default_rng(seed)
    if groups is not None:
        is_held = _groups_held(groups, fraction * rows, shuffle)
        kept, held = np.flatnonzero(~is_held), np.flatnonzero(is_held)
        what = f"too few groups to hold out a fraction of {fraction:g}"
    else:
        classes = np.zeros(rows, int) if labels is None else labels
        kept, held = _of_each_class(classes, fraction, shuffle)
        what = f"too few to hold out a fraction of {fraction:g} of each class"
    if len(kept) == 0 or len(held) == 0:
        allowed = f"{what} and train on the rest"
        raise ConfigurationError("inputs", Description(f"{rows} samples"), allowed)
    return kept, held


def as_groups(groups: Any, rows: int) -> np.ndarray | None:
    """Which group each row belongs to, as numbers."""
    if groups is None:
        return None
    array = as_array("groups", groups)
    if array.shape != (rows,):
        raise ConfigurationError(
            "groups", described(array), f"it must be one a sequence, ({rows},)"
        )
    try:
        _, numbers = np.unique(
            array.astype(str) if array.dtype == object else array, return_inverse=True
        )
    except (TypeError, ValueError):
        raise ConfigurationError(
            "groups", described(array), "they must be names or numbers"
        ) from None
    return numbers


def _of_each_class(
    classes: np.ndarray, fraction: float, shuffle: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    kept, held = [], []
    for label in np.unique(classes):
        rows = shuffle.permutation(np.flatnonzero(classes == label))
        count = round(fraction * len(rows))
        held.append(rows[:count])
        kept.append(rows[count:])
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(held))


def _groups_held(groups: np.ndarray, wanted: float, shuffle: np.random.Generator) -> np.ndarray:
    """Groups in a drawn order, each held out if that comes nearer to the rows wanted."""
    is_held = np.zeros(len(groups), bool)
    for group in shuffle.permutation(groups.max() + 1):
        members = groups == group
        if abs(is_held.sum() + members.sum() - wanted) < abs(is_held.sum() - wanted):
            is_held |= members
    return is_held
