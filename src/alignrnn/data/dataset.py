"""A data set as a file or an archive has it: what to train on, and what it keeps apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..names import OutputKind

PART_NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class Part:
    """Sequences and what to say of them, in any form that `as_sequences` and `as_targets` take."""

    inputs: Any
    targets: Any = None
    lengths: Any = None
    weights: Any = None
    groups: Any = None
    ids: Sequence[Any] | None = None
    """What each sequence is called; None: by its number."""

    def of(self, rows: np.ndarray) -> "Part":
        """Some of the sequences of a part whose fields are arrays, lists of arrays, or None."""

        def some(field: Any) -> Any:
            if isinstance(field, list | tuple):
                return [field[row] for row in rows]
            return None if field is None else field[rows]

        arrays = self.inputs, self.targets, self.lengths, self.weights, self.groups
        ids = None if self.ids is None else [self.ids[row] for row in rows]
        return Part(*map(some, arrays), ids=ids)


@dataclass(frozen=True)
class Dataset:
    """What is there. The test part is for `evaluate` alone: no training looks at it."""

    name: str
    training: Part
    validation: Part | None = None
    """None: a fraction of the training part is held out."""
    test: Part | None = None
    symbols: int | None = None
    """The size of the alphabet, where the data do not tell."""
    output_kind: OutputKind | None = None
    every_step: bool | None = None
    """What the targets are, where type and shape do not tell."""
    notes: tuple[str, ...] = ()
    """What whoever trains on it should know."""
