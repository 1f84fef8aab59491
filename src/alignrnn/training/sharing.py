"""How many devices share the batch of a run, where there are fewer runs than devices."""

from collections.abc import Sequence

from .._types import Device
from ..errors import ConfigurationError, check_integer
from .runs import Protocol, Run

LEAST_SHARE = 3_000
"""Numbers of a state, B·H, that are worth a device. Measured on two cores: at 3,200 each (B = 64, H
= 100) 1.2 to 1.7 times the speed, and 1.15 at 1,600; what the sums over all samples cost does not
grow with T, for there is one an iteration (docs/performance.md). The paper's batch of 20 with 100
units is never split."""
LEAST_SHARE_JOINED = 50_000
"""The same of a rule whose every step needs something of the whole batch: 0.8 times the speed at
12,800 each, 1.4 at 51,200."""


def sharers_for(run: Run, protocol: Protocol, devices: Sequence[Device]) -> int:
    """How many of these devices the run's batch is worth; 1: it stays whole.

    On a CPU alone: elsewhere nothing was measured. They share the samples equally, and XLA would
    fill up what is missing.
    """
    if devices[0].platform != "cpu":
        return 1
    size = protocol.batch_size * max(cell.hidden_size for cell in run.cell.each)
    least = LEAST_SHARE_JOINED if run.rule.joins_each_step else LEAST_SHARE
    most = min(len(devices), size // least)
    return next((n for n in range(most, 1, -1) if protocol.batch_size % n == 0), 1)


def can_share(sharers: int, protocol: Protocol, devices: int) -> bool:
    """Whether so many of the devices can share a batch."""
    return sharers <= devices and protocol.batch_size % sharers == 0


def check_sharers(given: int, protocol: Protocol, devices: int) -> None:
    """Raises `ConfigurationError` where so many cannot share a batch."""
    check_integer("batch_over", given, 1)
    if not can_share(given, protocol, devices):
        allowed = f"it must divide the batch of {protocol.batch_size}, on {devices} devices"
        raise ConfigurationError("batch_over", given, allowed)
