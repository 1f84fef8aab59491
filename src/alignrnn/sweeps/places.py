"""Where a group of runs is trained: a device of this process, or workers elsewhere."""

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax

from .._types import Device
from ..configuration import Configuration
from ..results import Record, record_of, software
from ..training import Checkpoint, Race, RunResult, Snapshot, train_many

Group = list[Configuration]


class DoesNotFit(Exception):  # noqa: N818 - says why
    """Raised where runs cannot be trained together here, though fewer perhaps can."""


@dataclass(frozen=True)
class Work:
    """Configurations of one group, and how to train them."""

    group: Group
    start_from: Checkpoint | None = None
    """Of exactly these."""
    race: Race | None = None
    until_solved: bool = False
    """Whether nobody wants to know more once one of them is solved."""


@dataclass(frozen=True)
class Callbacks:
    """What a training tells, see `train_many`; any of them may end it by raising."""

    on_progress: Callable[[Snapshot], None]
    on_records: Callable[[dict[int, Record]], None]
    """The records of runs that have ended, by their places in the group."""
    on_pause: Callable[[Callable[[], Checkpoint]], None]
    while_waiting: Callable[[], None]
    """Called every now and then by a place that has nothing to tell for longer."""


class Place(abc.ABC):
    """Trains one group at a time."""

    device: Device
    """On which this process computes what it computes itself."""

    @abc.abstractmethod
    def train(self, work: Work, callbacks: Callbacks) -> None:
        """Train a group to its end. Raises `DoesNotFit`."""


def local_places(devices: Sequence[Device] | None = None) -> list[Place]:
    """A place on each of these devices; by default, on all of JAX's."""
    return [LocalPlace(device) for device in devices or jax.devices()]


class LocalPlace(Place):
    """A device of this process."""

    def __init__(self, device: Device):
        self.device = device
        self._software = software()

    def __str__(self) -> str:
        return str(self.device)

    def train(self, work: Work, callbacks: Callbacks) -> None:
        group = work.group

        def record(results: dict[int, RunResult]) -> None:
            callbacks.on_records(
                {
                    place: record_of(group[place], results[place], self._software)
                    for place in results
                }
            )

        try:
            train_many(
                group[0].build_task(),
                [each.build_run() for each in group],
                group[0].build_protocol(),
                on_progress=callbacks.on_progress,
                on_results=record,
                on_pause=callbacks.on_pause,
                start_from=work.start_from,
                race=work.race,
                devices=[self.device],
            )
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise DoesNotFit(f"the memory of {self} is too small") from None
