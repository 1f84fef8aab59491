"""Trained networks at many lengths, side by side."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import jax

from ..._types import Device
from ...errors import ConfigurationError
from ...files import check_directory, write_rows
from ...network import RNN
from ...reports import aligned, beside
from ...tasks import Task, as_task
from .counting import AtLength, check_lengths, check_network, errors_at

LENGTHS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""Those that are looked at where none are asked for."""


@dataclass(frozen=True)
class Generalization:
    """What networks came to at each length, of fresh samples. By name, the shortest length first.

    Its text is a table of wrong answers, or of mean losses where none is right or wrong.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 6, 4, key=jax.random.key(0))
        >>> found = ar.generalize(network, "temporal-order", [10, 20], samples=100)
        >>> found.lengths, found.samples
        ((10, 20), 100)
    """

    task: str
    samples: int
    counts_errors: bool
    trained_on: str
    """The length, or the range of them, that the networks were trained on; "": it is not known."""
    found: Mapping[str, tuple[AtLength, ...]]

    @property
    def lengths(self) -> tuple[int, ...]:
        """All that were looked at."""
        return tuple(sorted({each.length for rows in self.found.values() for each in rows}))

    def lines(self) -> list[str]:
        """A row a network, a column a length."""
        what = "wrong answers" if self.counts_errors else "mean loss"
        trained = f", trained on T = {self.trained_on}" if self.trained_on else ""
        head = f"{self.task}{trained}: {what} of {self.samples:,} samples at each length"
        columns = [aligned(["T", *self.found])]
        for length in self.lengths:
            at = {name: {each.length: each for each in rows} for name, rows in self.found.items()}
            cells = (self._cell(by_length.get(length)) for by_length in at.values())
            columns.append(aligned([f"{length:,}", *cells], right=True))
        return [head, *beside(columns)]

    def _cell(self, at: AtLength | None) -> str:
        if at is None:
            return ""
        if not self.counts_errors:
            return f"{at.error:.3g}"
        # Of fewer samples the share tells more than the count.
        return f"{at.wrong:,.6g}" if at.answers >= self.samples else f"{at.error:.0%}"

    def write(self, file: Path | str) -> None:
        """A CSV file, a row a network and length."""
        path = Path(file)
        check_directory("out", path.parent)
        heading = ("network", "length", "samples", "answers", "wrong", "error")
        rows = (
            (
                *(name, each.length, self.samples, f"{each.answers:.8g}"),
                *(f"{each.wrong:.8g}" if self.counts_errors else "", f"{each.error:.6g}"),
            )
            for name, of_name in self.found.items()
            for each in of_name
        )
        write_rows("out", path, heading, rows)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def generalize(
    networks: RNN | Mapping[str, RNN],
    task: Task | str,
    lengths: Sequence[int] = LENGTHS,
    samples: int = 10_000,
    *,
    enough: int | None = None,
    trained_on: str = "",
    devices: Sequence[Device] | None = None,
    on_found: Callable[[str, AtLength], bool] | None = None,
) -> Generalization:
    """The errors of trained networks, by name, at each of these lengths of a task, whatever lengths
    it has itself. All see the same samples, which are none of training or validation.

    Each of the `devices` (default: all of JAX's) takes a network and a length at a time, the
    longest first. With `enough`, no more samples are drawn at a length once so many answers were
    wrong. `on_found` is told of each, and what was found by then is returned where it
    answers True. Raises `ConfigurationError` for a task that has no room in a length, and for one
    that a network is not of.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 6, 4, key=jax.random.key(0))
        >>> found = ar.generalize({"untrained": network}, "temporal-order", [10, 20], samples=100)
        >>> [at.length for at in found.found["untrained"]]
        [10, 20]
    """
    task = as_task(task)
    named = {"network": networks} if isinstance(networks, RNN) else dict(networks)
    if not named:
        raise ConfigurationError("networks", [], "there must be one at least")
    lengths = sorted(set(lengths))
    check_lengths(task, lengths, samples)
    for network in named.values():
        check_network(network, task)
    idle = list(devices or jax.devices())
    is_double = jax.config.read("jax_enable_x64")  # of this thread

    def measure(name: str, length: int) -> AtLength:
        device = idle.pop()
        try:
            with jax.enable_x64(is_double), jax.default_device(device):
                network = jax.device_put(named[name], device)
                return errors_at(network, task, length, samples, enough=enough)
        finally:
            idle.append(device)

    found: dict[str, list[AtLength]] = {name: [] for name in named}
    with ThreadPoolExecutor(len(idle)) as pool:
        jobs = {
            pool.submit(measure, name, length): name for length in lengths[::-1] for name in named
        }
        for job in as_completed(jobs):
            found[jobs[job]].append(job.result())
            if on_found is not None and on_found(jobs[job], job.result()):
                pool.shutdown(wait=True, cancel_futures=True)
                break
    ordered = {name: tuple(sorted(rows)) for name, rows in found.items()}
    return Generalization(task.name, samples, task.counts_errors, trained_on, ordered)
