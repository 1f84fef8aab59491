"""Where a group of runs is trained: a device of this process, or workers elsewhere."""

import abc
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

import jax

from .._types import Device
from ..configuration import Configuration
from ..results import Record, record_of, software
from ..training import Checkpoint, Race, Snapshot, Training

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

    def is_enough(self, records: Mapping[int, Record]) -> bool:
        """Whether, with the records of these, nobody wants to know more."""
        return self.until_solved and any(record.solved for record in records.values())


@dataclass(frozen=True)
class Slice:
    """What there is to tell of a group after some of its training."""

    records: Mapping[int, Record] = field(default_factory=dict)
    """Of the runs that ended meanwhile, by their places in the group."""
    snapshot: Snapshot | None = None
    """How it stands; None: there is nothing new."""
    checkpoint: Callable[[], Checkpoint] | None = None
    """Takes one of the runs still training, in their order, until training goes on; None: none
    can be had now."""


class Place(abc.ABC):
    """Trains one group at a time."""

    device: Device
    """On which this process computes what it computes itself."""

    @abc.abstractmethod
    def train(self, work: Work) -> Generator[Slice, None, None]:
        """Train a group, a slice whenever the next is asked for, until all its runs have ended;
        whoever wants no more closes it. Raises `DoesNotFit`."""


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

    def train(self, work: Work) -> Generator[Slice, None, None]:
        """A slice is a call of the program, about a second."""
        group = work.group
        try:
            training = Training(
                group[0].build_task(),
                [each.build_run() for each in group],
                group[0].build_protocol(),
                devices=[self.device],
                start_from=work.start_from,
            )
            while training.training:
                ended = training.advance()
                if work.race is not None:
                    ended |= training.end(work.race.behind(training), "outpaced")
                yield Slice(
                    {at: record_of(group[at], ended[at], self._software) for at in ended},
                    training.snapshot(),
                    training.checkpoint if training.training else None,
                )
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise DoesNotFit(f"the memory of {self} is too small") from None
