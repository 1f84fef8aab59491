"""Labels of any kind as classes 0 to C - 1, and which label each class stands for."""

from collections.abc import Iterator

import numpy as np

from .._types import Labels


def classes_of(*scored: np.ndarray) -> np.ndarray:
    """The labels that occur, in order."""
    return np.unique(np.concatenate(scored))


def names_of(found: np.ndarray) -> Labels | None:
    """What each class is called; None where the classes are called 0 to C - 1 already."""
    if found.dtype.kind == "i" and found[0] == 0 and found[-1] == len(found) - 1:
        return None
    return tuple(found.tolist())


def one_sided(training: np.ndarray, validation: np.ndarray) -> Iterator[str]:
    """What to tell of labels that only one part has: nothing can learn those of validation, and
    nothing tells of those of training."""
    missing = np.setdiff1d(validation, training)
    if len(missing):
        count = int(np.isin(validation, missing).sum())
        yield (
            f"validation_targets: {count} of {len(validation)} have labels that no "
            f"training sample has ({_listed(missing)}), which cannot be learnt"
        )
    unseen = np.setdiff1d(training, validation)
    if len(unseen):
        yield (
            f"validation_targets: none has the label{'s' * (len(unseen) > 1)} {_listed(unseen)} of "
            "the training part, so no check tells how well these are learnt"
        )


def _listed(labels: np.ndarray) -> str:
    some = ", ".join(str(label) for label in labels[:5].tolist())
    return some + (", …" if len(labels) > 5 else "")
