"""The training program by itself, called and timed: data and optimiser included, validation not."""

import time
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Device
from ...tasks import Task
from ...training import Orders, Program, Protocol, Run, initial_state

_MOST_ITERATIONS = 2000


class TimedProgram:
    """Runs on these devices, `sharers` of which share each batch; compiled, and called once."""

    def __init__(
        self,
        task: Task,
        protocol: Protocol,
        runs: Sequence[Run],
        devices: list[Device],
        sharers: int = 1,
    ):
        self.program = Program(task, protocol, runs[0].structure, devices, None, sharers)
        first = jax.device_get(initial_state(task, runs[0]))
        self.state_bytes = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(first))
        """What one run keeps between iterations."""
        rows = self.program.rows_per_place(len(runs)) * self.program.places
        filled = jax.tree.map(lambda leaf: np.stack([leaf] * rows), first)
        self._states: Any = self.program.place(filled)
        self._active = self.program.place(np.arange(rows) < len(runs))
        self.compile_seconds = self.call(1)

    def call(self, iterations: int) -> float:
        """Seconds that so many iterations of every run take."""
        orders = Orders(jnp.int32(iterations), jnp.bool_(False), jnp.bool_(False))
        started = time.perf_counter()
        self._states, report = self.program.advance(self._states, self._active, orders)
        jax.block_until_ready(report)
        return time.perf_counter() - started

    def iterations_in(self, seconds: float) -> int:
        """How many make a call of about so long."""
        return max(1, min(_MOST_ITERATIONS, round(seconds / self.call(1))))

    @property
    def working_bytes(self) -> int:
        """What a device needs besides while it trains; costs a second compilation."""
        return self.program.memory(self._states, self._active)
