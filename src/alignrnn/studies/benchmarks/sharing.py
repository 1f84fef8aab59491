"""One run by all cores against one run by one device: what sharing its batch brings."""

import statistics
from dataclasses import dataclass

import jax

from ...cells import Cell, Elman
from ...rules import BPTT, LRADiff, Rule
from ...tasks import TemporalOrder
from ...training import Protocol, Run, sharers_for
from .timed import TimedProgram

_CALL_SECONDS = 0.4
RULES: dict[str, Rule] = {
    "bptt": BPTT(),
    "lra-diff K=10": LRADiff(inner_steps=10),
    "lra-diff K=10, c₁ = c₂ = 1": LRADiff(
        inner_steps=10, gradient_bound=1.0, displacement_bound=1.0
    ),
}
"""The last needs norms of the whole batch at every step."""


@dataclass(frozen=True)
class SharedCase:
    """One run: temporal order of length T, a batch of B."""

    rule: str
    cell: Cell
    length: int
    batch_size: int

    @property
    def run(self) -> Run:
        return Run(RULES[self.rule], cell=self.cell)

    @property
    def protocol(self) -> Protocol:
        return Protocol(batch_size=self.batch_size, validation_samples=500)


@dataclass(frozen=True)
class SharedMeasurement:
    """What it came to; medians of calls that alternate."""

    alone: float
    """Milliseconds an iteration where one device has the whole batch."""
    shared: float
    """Where all devices share it."""
    gain: float
    """How many times as fast, the median of the pairs."""
    by_default: int
    """How many devices training gives it."""


def measure_sharing(case: SharedCase, *, repeats: int = 5) -> SharedMeasurement:
    """Time the training program both ways, data and optimiser included, validation left out."""
    devices = jax.devices()
    task, run, protocol = TemporalOrder(case.length), case.run, case.protocol
    one = TimedProgram(task, protocol, [run], devices[:1])
    every = TimedProgram(task, protocol, [run], devices, len(devices))
    iterations = [side.iterations_in(_CALL_SECONDS) for side in (one, every)]
    alone, shared = [], []
    for _ in range(repeats):
        alone.append(one.call(iterations[0]) / iterations[0])
        shared.append(every.call(iterations[1]) / iterations[1])
    return SharedMeasurement(
        1e3 * statistics.median(alone),
        1e3 * statistics.median(shared),
        statistics.median(a / s for a, s in zip(alone, shared, strict=True)),
        sharers_for(run, protocol, devices),
    )


def shared_cases(
    cells: tuple[Cell, ...], lengths: tuple[int, ...], batches: tuple[int, ...]
) -> list[SharedCase]:
    """BPTT of every cell, length and batch; LRA-diff of every batch with one small cell."""
    plain = [
        SharedCase("bptt", cell, length, batch)
        for length in lengths
        for cell in cells
        for batch in batches
    ]
    others = [name for name in RULES if name != "bptt"]
    return plain + [
        SharedCase(name, Elman(100), lengths[0], batch) for name in others for batch in batches
    ]
