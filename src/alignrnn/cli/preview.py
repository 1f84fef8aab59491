"""What a command would train, and about how long that takes."""

from collections.abc import Sequence

import jax

from ..benchmarks import MatrixProduct
from ..configuration import Configuration
from ..reports import axes_table, duration
from ..results import Store
from ..sweeps import Estimate, Grid, estimate, groups_of
from .terminal import wide_console


def preview(grid: Grid, store: Store | None, parallel: int | None = None) -> None:
    """Say what a grid varies, how many runs are to be made, and about how long that takes."""
    console = wide_console()
    console.print(axes_table(grid.configurations))
    missing = [each for each in grid.configurations if store is None or store.get(each) is None]
    recorded = len(grid.configurations) - len(missing)
    if not missing:
        console.print(f"all {recorded} runs are recorded already", highlight=False)
        return
    devices = parallel or jax.device_count()
    besides = f", besides {recorded} recorded already" if recorded else ""
    console.print(
        f"{counted(len(missing), 'run')}{besides}, in "
        f"{counted(len(groups_of(missing)), 'group')} on {counted(devices, 'device')}: "
        + in_words(expected(missing, devices)),
        highlight=False,
        soft_wrap=True,
    )


def expected(missing: Sequence[Configuration], devices: int) -> Estimate:
    """How long runs would take on this machine, whose speed is measured, which takes a second."""
    return estimate(missing, MatrixProduct(jax.devices()).gigaflops(), devices)


def in_words(time: Estimate) -> str:
    """An estimate as a clause."""
    return (
        f"about {duration(time.at_first_chance)} if each ends as soon as its patience allows, "
        f"at most {duration(time.at_most)}, compiling included"
    )


def counted(number: int, what: str) -> str:
    """1 run, 2 runs."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
