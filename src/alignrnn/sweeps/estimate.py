"""How long runs may take, from the products they are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..configuration import Configuration
from ..training import VALIDATION_SLICE
from .engine import groups_of

OF_MATRIX_RATE = 0.4
"""What training reaches of the rate of plain matrix products (docs/performance.md)."""
COMPILE_SECONDS = 4.0
"""Of a group."""


@dataclass(frozen=True)
class Estimate:
    """Seconds of wall time."""

    at_first_chance: float
    """If every run ends as soon as its patience allows, without having been solved."""
    at_most: float
    """If every run uses all its iterations."""


def operations(configuration: Configuration) -> float:
    """Floating-point operations of an iteration, its share of a check that finds errors early
    included; of the products with recurrent weights only."""
    task, run = configuration.build_task(), configuration.build_run()
    protocol = configuration.build_protocol()
    products = protocol.batch_size * run.rule.products(task.length)
    products += task.length * VALIDATION_SLICE / protocol.check_every
    return products * sum(2 * cell.recurrent_size for cell in run.cell.each)


def estimate(
    configurations: Iterable[Configuration], matrix_gigaflops: float, devices: int
) -> Estimate:
    """The time of runs on so many devices, whose matrix products reach this rate together."""
    groups = groups_of(configurations)
    rate = matrix_gigaflops * 1e9 * OF_MATRIX_RATE
    # With fewer groups than devices, each device compiles its portion of one.
    compiling = COMPILE_SECONDS * max(len(groups) / devices, 1) if groups else 0.0
    first = most = 0.0
    for group in groups:
        protocol, seconds = group[0].build_protocol(), len(group) * operations(group[0]) / rate
        longest, patience = protocol.stopping.max_iterations, protocol.stopping.patience
        soonest = longest if patience is None else protocol.check_every * (patience + 1)
        first += seconds * min(soonest, longest)
        most += seconds * longest
    return Estimate(compiling + first, compiling + most)
