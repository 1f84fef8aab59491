"""Where a group of runs is trained: a device of this process, or workers elsewhere."""

import abc
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

import jax

from .._types import Device
from ..configuration import Configuration
from ..network import RNN
from ..results import Record, record_of, software
from ..training import Check, Checkpoint, Race, RunResult, Snapshot, Training, sharers_for

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
    keeps_networks: bool = False
    """Whether networks and last states are wanted besides the records."""
    checks_after: int | None = None
    """From which iteration on somebody wants to know what each check finds; None: nobody does."""

    def is_enough(self, ended: Mapping[int, "Ended"]) -> bool:
        """Whether, where these have ended, nobody wants to know more."""
        return self.until_solved and any(each.record.solved for each in ended.values())


@dataclass(frozen=True)
class Ended:
    """A run that has ended; network and last state only where they are wanted."""

    record: Record
    network: RNN | None = None
    last_state: Checkpoint | None = None
    """Where a run with more iterations goes on; None where it would have ended too."""


@dataclass(frozen=True)
class Slice:
    """What there is to tell of a group after some of its training."""

    ended: Mapping[int, Ended] = field(default_factory=dict)
    """The runs that ended meanwhile, by their places in the group."""
    snapshot: Snapshot | None = None
    """How it stands; None: there is nothing new."""
    checks: Sequence[Check] = ()
    """What was found meanwhile, where it is asked for; of each run by its place in the group."""
    checkpoint: Callable[[], Checkpoint] | None = None
    """Takes one of the runs still training, in their order, until training goes on; None: none
    can be had now."""
    stop: Callable[[], Mapping[int, Ended]] | None = None
    """Ends the runs still training, as stopped: what they have come to so far. None: as above."""


class Place(abc.ABC):
    """Trains one group at a time."""

    device: Device
    """On which this process computes what it computes itself."""

    @abc.abstractmethod
    def train(self, work: Work) -> Generator[Slice, None, None]:
        """Train a group, a slice whenever the next is asked for, until all its runs have ended;
        whoever wants no more closes it. Raises `DoesNotFit`."""


def local_places(
    devices: Sequence[Device] | None = None, *, runs: int | None = None
) -> list[Place]:
    """A place on each of these devices; by default, on all of JAX's.

    Where they are for so few `runs` that devices would be idle, there is a place for each run, and
    its devices share large batches. Count all runs, those that are recorded already too: then a run
    comes to the same whichever are left.
    """
    devices = list(devices or jax.devices())
    each = max(1, len(devices) // (runs or len(devices)))
    places = min(len(devices), runs or len(devices))
    return [LocalPlace(*devices[at * each : (at + 1) * each]) for at in range(places)]


class LocalPlace(Place):
    """A device of this process; with others that share its batches, where these are large."""

    def __init__(self, device: Device, *others: Device):
        self.device = device
        self._devices = [device, *others]
        self._software = software()

    def __str__(self) -> str:
        return str(self.device)

    def train(self, work: Work) -> Generator[Slice, None, None]:
        """A slice is a call of the program, about a second."""
        group = work.group
        try:
            runs = [each.build_run() for each in group]
            protocol = group[0].build_protocol()
            # Whatever the number of runs in the group; what has begun goes on as it was.
            own = sharers_for(runs[0], protocol, self._devices)
            training = Training(
                *(group[0].build_task(), runs, protocol),
                devices=self._devices,
                batch_over=own if work.start_from is None else None,
                start_from=work.start_from,
            )
            told = work.checks_after
            while training.training:
                ended = training.advance()
                checks = [] if told is None else training.checks(after=told)
                told = None if told is None else training.iteration
                if work.race is not None:
                    ended |= training.end(work.race.behind(training), "outpaced")
                yield Slice(
                    self._told(work, training, ended),
                    training.snapshot(),
                    checks,
                    training.checkpoint if training.training else None,
                    lambda: self._told(work, training, training.end()),
                )
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise DoesNotFit(f"the memory of {self} is too small") from None

    def _told(
        self, work: Work, training: Training, results: Mapping[int, RunResult]
    ) -> dict[int, Ended]:
        ended = {}
        for at, result in results.items():
            record = record_of(work.group[at], result, self._software)
            ended[at] = Ended(record)
            if work.keeps_networks:
                ended[at] = Ended(record, result.network, training.last_states.get(at))
        return ended
