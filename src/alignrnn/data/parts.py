"""The parts of a data set as a trained network is shown them: raw, each with what it is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ConfigurationError, Description, check_choice
from ..names import OutputKind
from .dataset import PART_NAMES, Dataset, Part
from .kept_away import dataset_of
from .sequences import Sequences, as_sequences
from .source import Source
from .splits import as_groups, hold_out
from .targets import Targets, as_targets


@dataclass(frozen=True)
class Shown:
    """Sequences of one part, nothing done to them."""

    name: str
    given: Sequences
    asked: Targets | None
    """None: the data do not say."""
    ids: Sequence[Any]
    """The file's own, or the number within the part as the file has it."""

    def of(self, name: str, rows: np.ndarray) -> "Shown":
        """Some of them, as a part of their own."""
        asked = None if self.asked is None else self.asked.of(rows)
        return Shown(name, self.given.of(rows), asked, [self.ids[row] for row in rows])


def shown_parts(
    source: Source,
    name: str,
    which: str | None,
    *,
    kind: OutputKind,
    every_step: bool,
    asked: bool = True,
    otherwise: str = "all",
) -> list[Shown]:
    """Of the data of this name, to be answered in this kind, the part `which`; of "all", everything
    there is; of None, the test part where there is one, and else `otherwise`. Without a validation
    part of its own, "validation" is what a training with these options would hold out, and "train"
    the rest. Unless `asked`, targets may be missing.

    Raises `ConfigurationError` for a part there is not, and for targets of another kind.
    """
    source = source.replaced(output_kind=kind, every_step=every_step)
    data = dataset_of(source, name, asked=asked)
    if which is None:
        which = otherwise if data.test is None else "test"
    check_choice("part", which, (*PART_NAMES, "all"))

    def shown(name: str, part: Part) -> Shown:
        given = as_sequences("inputs", part.inputs, part.lengths)
        asked = None
        if part.targets is not None:
            asked = as_targets(
                "targets",
                part.targets,
                given,
                kind=kind,
                every_step=every_step,
                weights=part.weights,
            )
        ids = range(len(given)) if part.ids is None else part.ids
        return Shown(name, given, asked, ids)

    own = {"train": data.training, "validation": data.validation, "test": data.test}
    if which == "all":
        return [shown(name, part) for name, part in own.items() if part is not None]
    if which == "test" and data.test is None:
        raise ConfigurationError("part", which, f"{data.name} has no test part")
    part = own[which]
    if part is None or (which == "train" and data.validation is None):
        whole = shown("train", data.training)
        kept, held = _held_out(whole, data, source)
        return [whole.of(which, kept if which == "train" else held)]
    return [shown(which, part)]


def _held_out(whole: Shown, data: Dataset, source: Source) -> tuple[np.ndarray, np.ndarray]:
    """The rows a training keeps, and those it holds out."""
    if whole.asked is None:
        found = Description(f"{data.name} without targets")
        raise ConfigurationError("part", found, "what is held out is drawn by them; all works")
    rows = len(whole.given)
    groups = as_groups(data.training.groups, rows)
    return hold_out(whole.asked.strata, groups, rows, source.held_out, source.split_seed)
