"""A test part of data that bring none: rows that no training sees."""

import dataclasses

from ..errors import ConfigurationError
from .dataset import Dataset
from .sequences import as_sequences
from .source import Source
from .splits import as_groups, hold_out
from .targets import as_targets


def dataset_of(source: Source, name: str, *, asked: bool = True) -> Dataset:
    """The data of that name; with a `test_fraction`, so much of the training part as a test part:
    of each class alike, or whole groups. Data without targets stay whole.

    Raises `ConfigurationError` for a fraction of data that have a test part of their own.
    """
    data = source.read(name, asked=asked)
    whole = data.training
    if source.test_fraction == 0 or whole.targets is None:
        return data
    if data.test is not None:
        allowed = f"{data.name} has a test part of its own"
        raise ConfigurationError("test_fraction", source.test_fraction, allowed)
    given = as_sequences("inputs", whole.inputs, whole.lengths)
    targets = as_targets(
        "targets",
        whole.targets,
        given,
        kind=source.output_kind or data.output_kind,
        every_step=data.every_step if source.every_step is None else source.every_step,
        weights=whole.weights,
    )
    rows = len(given)
    kept, tested = hold_out(
        targets.strata,
        as_groups(whole.groups, rows),
        rows,
        source.test_fraction,
        source.split_seed,
    )
    return dataclasses.replace(data, training=whole.of(kept), test=whole.of(tested))
