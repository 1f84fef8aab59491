"""Labels of any kind as classes 0 to C - 1, and which label each class stands for."""

from collections.abc import Iterator

import numpy as np

from .._types import Labels


def as_classes(
    targets: np.ndarray, validation_targets: np.ndarray
) -> tuple[Labels | None, np.ndarray, np.ndarray]:
    """The labels that occur, in order, and both arrays as places among them; no labels where the
    classes are called 0 to C - 1 already."""
    found = np.unique(np.concatenate([targets, validation_targets]))
    if found.dtype.kind == "i" and found[0] == 0 and found[-1] == len(found) - 1:
        return None, targets, validation_targets
    training, validation = (np.searchsorted(found, each) for each in (targets, validation_targets))
    return tuple(found.tolist()), training, validation


def untrained(targets: np.ndarray, validation_targets: np.ndarray) -> Iterator[str]:
    """What to tell of labels that only the validation part has: nothing can learn them."""
    missing = np.setdiff1d(validation_targets, targets)
    if len(missing):
        count = int(np.isin(validation_targets, missing).sum())
        some = ", ".join(str(label) for label in missing[:5].tolist())
        more = ", …" if len(missing) > 5 else ""
        yield (
            f"validation_targets: {count} of {len(validation_targets)} have labels that no "
            f"training sample has ({some}{more}), which cannot be learnt"
        )
