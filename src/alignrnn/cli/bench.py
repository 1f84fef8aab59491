"""`alignrnn bench`: speed on this machine, against its own matrix-product rate."""

import itertools
import statistics
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.table import Table

from ..errors import ConfigurationError, check_choice, check_integer
from .terminal import wide_console

PARTS = ("grid", "cores", "batch", "peers")
_PEER_CELLS, _PEER_RULES = ("elman", "gru", "lstm"), ("bptt", "lra-diff")
_BATCHES = (32, 64, 128, 256, 1024)
_LARGEST = 25_000_000
"""T·B·H of a run whose batch is shared; more takes minutes and gigabytes."""


@dataclass
class Bench:
    """Measure training: milliseconds an iteration of one configuration and GFLOP/s, against the
    machine's own matrix products measured in between. Compilation and validation are left out.

    The whole takes some twenty minutes on two cores. On shared machines compare within one run, and
    quote ratios.
    """

    parts: Annotated[
        tuple[str, ...], tyro.conf.arg(help_behavior_hint="(default: grid cores batch)")
    ] = ("grid", "cores", "batch")
    """What to measure: grid (every T, K, α and number of configurations), cores (one core against
    all of them), batch (one run whose batch all cores share), peers (PyTorch's RNN, GRU and LSTM
    beside ours; needs torch)."""
    lengths: tuple[int, ...] = (20, 80, 300)
    """T."""
    inner_steps: tuple[int, ...] = (1, 10)
    """K."""
    regularizations: tuple[float, ...] = (0.0, 0.1)
    """α."""
    configurations: tuple[int, ...] = (1, 16, 64)
    """How many at once."""
    peer_lengths: tuple[int, ...] = (28, 200, 784)
    """T beside peers."""
    peer_batches: tuple[int, ...] = (20, 128)
    """B beside peers."""
    peer_units: tuple[int, ...] = (100, 256)
    """H beside peers."""
    peer_runs: tuple[int, ...] = (1, 16)
    """How many runs at once beside peers."""
    repeats: int = 5
    """Timed calls of the program for each figure; the median is shown."""

    def run(self) -> bool:
        """Measure and show."""
        import jax

        from ..studies.benchmarks import Case
        from ..training import use_cores

        for part in self.parts:
            check_choice("parts", part, PARTS)
        check_integer("repeats", self.repeats, 1)
        use_cores()
        grid = [
            Case(*setting)
            for setting in itertools.product(
                self.lengths, self.inner_steps, self.regularizations, self.configurations
            )
        ]
        console = wide_console()
        console.print(
            f"{len(jax.devices())} devices: {jax.devices()[0].device_kind}; temporal order, SGD; "
            "where nothing else is said, batch 20 and 100 units"
        )
        if "grid" in self.parts:
            self._grid(console, grid)
        if "cores" in self.parts:
            self._cores(console)
        if "batch" in self.parts:
            self._batch(console)
        if "peers" in self.parts:
            self._peers(console)
        return False

    def _grid(self, console, grid: list) -> None:
        from ..studies.benchmarks import measure

        measured = {}
        table = _table(
            "T", "K", "α", "configurations", "ms/iteration", "GFLOP/s", "matrix GFLOP/s",
            "of it", "state KiB", "working MiB", "compile s",
        )  # fmt: skip
        for case in grid:
            m = measured[case] = measure(
                case, repeats=self.repeats, memory=case.configurations == max(self.configurations)
            )
            table.add_row(
                str(case.length),
                str(case.inner_steps),
                f"{case.regularization:g}",
                str(case.configurations),
                f"{m.milliseconds:.3f}",
                f"{m.gigaflops:.1f}",
                f"{m.matrix_gigaflops:.1f}",
                f"{m.of_matrix_rate:.0%}",
                f"{m.state_bytes / 2**10:.0f}",
                f"{m.working_bytes / 2**20:.1f}" if m.working_bytes is not None else "",
                f"{m.compile_seconds:.1f}",
            )
        console.print(table)
        for line in _growth(measured):
            console.print(line, highlight=False)

    def _cores(self, console) -> None:
        from ..studies.benchmarks import Case, measure_elsewhere
        from ..training import available_cores

        case = Case(length=20, inner_steps=10, regularization=0.0, configurations=64)
        count = available_cores()
        ratios = []
        for _ in range(self.repeats):
            one = measure_elsewhere(case, 1, repeats=self.repeats)
            every = measure_elsewhere(case, count, repeats=self.repeats)
            ratios.append(one.milliseconds / every.milliseconds)
        console.print(
            f"{count} cores against one, 64 configurations, T=20, K=10: "
            f"{statistics.median(ratios):.2f} times the throughput "
            f"(min {min(ratios):.2f}, max {max(ratios):.2f} of {len(ratios)} pairs)",
            highlight=False,
        )

    def _batch(self, console) -> None:
        from ..cells import GRU, Elman
        from ..studies.benchmarks import measure_sharing, shared_cases

        table = _table(
            "rule", "cell", "H", "T", "B", "ms, one device", "ms, all", "times as fast",
            "by default",
        )  # fmt: skip
        cells = (Elman(100), Elman(256), GRU(100), GRU(256))
        for case in shared_cases(cells, (28, 784), _BATCHES):
            if case.length * case.batch_size * case.cell.hidden_size > _LARGEST:
                continue
            m = measure_sharing(case, repeats=self.repeats)
            table.add_row(
                case.rule,
                type(case.cell).__name__.lower(),
                str(case.cell.hidden_size),
                str(case.length),
                str(case.batch_size),
                f"{m.alone:.2f}",
                f"{m.shared:.2f}",
                f"{m.gain:.2f}",
                f"{m.by_default} device{'s' * (m.by_default > 1)}",
            )
        console.print(table)

    def _peers(self, console) -> None:
        from ..studies.benchmarks import PeerCase, has_torch, measure_ours, measure_torch

        if not has_torch():
            raise ConfigurationError("parts", "peers", "it needs PyTorch: pip install torch")
        columns = [f"{rule} {what}" for rule in _PEER_RULES for what in ("ms", "times faster")]
        table = _table("cell", "T", "batch", "units", "runs", "torch ms", *columns)
        ratios: dict[str, list[float]] = {rule: [] for rule in _PEER_RULES}
        for setting in itertools.product(
            _PEER_CELLS, self.peer_lengths, self.peer_batches, self.peer_units, self.peer_runs
        ):
            case = PeerCase(*setting)
            before = measure_torch(case, self.repeats)
            ours = {rule: measure_ours(case, rule, self.repeats) for rule in _PEER_RULES}
            torch = statistics.median((before, measure_torch(case, self.repeats)))
            shown = []
            for rule, milliseconds in ours.items():
                ratios[rule].append(torch / milliseconds)
                shown += [f"{milliseconds:.2f}", f"{torch / milliseconds:.2f}"]
            table.add_row(*map(str, setting), f"{torch:.2f}", *shown)
        console.print(table)
        for rule, each in ratios.items():
            console.print(
                f"{rule}: {statistics.geometric_mean(each):.2f} times as fast in the geometric "
                f"mean, from {min(each):.2f} to {max(each):.2f}",
                highlight=False,
            )


def _growth(measured: dict) -> list[str]:
    """How the time grows with T, with K and with α, of what was measured."""
    lines = []
    for name, expected in (
        ("length", lambda a, b: b.length / a.length),
        ("inner_steps", lambda a, b: b.operations / a.operations),
        ("regularization", None),
    ):
        ratios = []
        for a, b in itertools.permutations(measured, 2):
            low, high = (getattr(case, name) for case in (a, b))
            alike = {k: v for k, v in vars(a).items() if k != name}
            if low < high and all(getattr(b, k) == v for k, v in alike.items()):
                ratio = measured[b].milliseconds / measured[a].milliseconds
                ratios.append(ratio if expected is None else ratio / expected(a, b))
        if ratios:
            what = {
                "length": "time ratio over the ratio of T (1 is linear)",
                "inner_steps": "time ratio over the ratio of operations, in K (1 is linear)",
                "regularization": "time with α over the plain rule's",
            }[name]
            lines.append(
                f"{what}: median {statistics.median(ratios):.2f}, "
                f"from {min(ratios):.2f} to {max(ratios):.2f}"
            )
    return lines


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right")
    return table
