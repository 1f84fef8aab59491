"""Training measured: milliseconds an iteration of one configuration, and GFLOP/s."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

import jax

from ...errors import check_integer, check_number
from ...rules import LRADiff
from ...tasks import TemporalOrder
from ...training import Protocol, Run, use_cores
from .matrix import MatrixProduct
from .timed import TimedProgram

BATCH, HIDDEN = 20, 100
_CALL_SECONDS = 0.7


@dataclass(frozen=True)
class Case:
    """One setting: temporal order of length T, LRA-diff with K inner steps and α, so many
    configurations at once; batch 20, 100 hidden units, plain SGD."""

    length: int
    inner_steps: int
    regularization: float
    configurations: int

    def __post_init__(self):
        TemporalOrder(self.length)
        check_integer("inner_steps", self.inner_steps, 1)
        check_number("regularization", self.regularization, at_least=0)
        check_integer("configurations", self.configurations, 1)

    @property
    def operations(self) -> int:
        """Floating-point operations of an iteration of one configuration, its H × H products only.
        Everything else is what the overhead is made of."""
        return self.rule.products(self.length) * 2 * BATCH * HIDDEN**2

    @property
    def rule(self) -> LRADiff:
        return LRADiff(10.0, inner_steps=self.inner_steps, regularization=self.regularization)


@dataclass(frozen=True)
class Measurement:
    """What one case came to."""

    milliseconds: float
    """An iteration of one configuration, the median of the repeats: wall time of a call of the
    program, over its iterations and configurations."""
    gigaflops: float
    matrix_gigaflops: float
    """Of plain matrix products on the same devices, measured in between."""
    compile_seconds: float
    state_bytes: int
    """What one configuration keeps between iterations."""
    working_bytes: int | None
    """What a device needs besides while it trains, where it was asked for."""

    @property
    def of_matrix_rate(self) -> float:
        return self.gigaflops / self.matrix_gigaflops


def measure(case: Case, *, repeats: int = 5, memory: bool = False) -> Measurement:
    """Time the training program itself, data and optimiser included, validation left out.

    `memory` asks for the working memory, which costs a second compilation.
    """
    runs = [Run(case.rule, seed=seed) for seed in range(case.configurations)]
    devices = jax.devices()[: case.configurations]
    timed = TimedProgram(TemporalOrder(case.length), Protocol(), runs, devices)
    iterations = timed.iterations_in(_CALL_SECONDS)
    yardstick = MatrixProduct(devices)
    seconds, rates = [], []
    for _ in range(repeats):
        rates.append(yardstick.gigaflops(1))
        seconds.append(timed.call(iterations))
    each = statistics.median(seconds) / iterations / len(runs)
    return Measurement(
        milliseconds=1e3 * each,
        gigaflops=case.operations / each / 1e9,
        matrix_gigaflops=statistics.median(rates),
        compile_seconds=timed.compile_seconds,
        state_bytes=timed.state_bytes,
        working_bytes=timed.working_bytes if memory else None,
    )


def measure_elsewhere(case: Case, cores: int, *, repeats: int = 5) -> Measurement:
    """The same in a fresh process that has only so many of this machine's cores."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    order = json.dumps({"case": dataclasses.asdict(case), "cores": allowed, "repeats": repeats})
    done = subprocess.run(
        [sys.executable, "-m", __name__, order], capture_output=True, text=True, check=True
    )
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def _follow(order: str) -> None:
    wanted = json.loads(order)
    os.sched_setaffinity(0, wanted["cores"])  # before JAX starts its threads
    use_cores()
    measured = measure(Case(**wanted["case"]), repeats=wanted["repeats"])
    print(json.dumps(dataclasses.asdict(measured)))


if __name__ == "__main__":
    _follow(sys.argv[1])
