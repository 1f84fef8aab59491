"""One run by all cores against one run by one device: what sharing its batch brings."""

import statistics
import time
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from ...cells import Cell, Elman
from ...rules import BPTT, LRADiff, Rule
from ...tasks import TemporalOrder
from ...training import Orders, Program, Protocol, Run, initial_state, sharers_for

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
    sides = [_Side(case, 1), _Side(case, len(devices))]
    alone, shared = ([] for _ in sides)
    for _ in range(repeats):
        for side, seconds in zip(sides, (alone, shared), strict=True):
            seconds.append(side.iteration())
    return SharedMeasurement(
        1e3 * statistics.median(alone),
        1e3 * statistics.median(shared),
        statistics.median(one / other for one, other in zip(alone, shared, strict=True)),
        sharers_for(case.run, case.protocol, devices),
    )


class _Side:
    """A program of one run, and how many iterations a timed call has."""

    def __init__(self, case: SharedCase, sharers: int):
        task, run = TemporalOrder(case.length), case.run
        devices = jax.devices()[:sharers]
        self._program = Program(task, case.protocol, run.structure, devices, None, sharers)
        state = jax.device_get(initial_state(task, run))
        self._states = self._program.place(jax.tree.map(lambda leaf: leaf[None], state))
        self._active = self._program.place(np.ones(1, bool))
        self._call(1)
        self._iterations = max(1, round(_CALL_SECONDS / self._call(1)))

    def _call(self, iterations: int) -> float:
        orders = Orders(jnp.int32(iterations), jnp.bool_(False), jnp.bool_(False))
        started = time.perf_counter()
        self._states, report = self._program.advance(self._states, self._active, orders)
        jax.block_until_ready(report)
        return time.perf_counter() - started

    def iteration(self) -> float:
        """Seconds of one."""
        return self._call(self._iterations) / self._iterations


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
