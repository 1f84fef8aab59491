"""What a person sees and does while training goes on: a line of progress, and Ctrl-C."""

import math
import signal
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ..training import Snapshot


class TrainingProgress:
    """One live line: iterations, how many runs are left, best accuracy, speed, time left.

    On standard error, and silent where that is no terminal.
    """

    def __init__(self, label: str, counts_errors: bool):
        console = Console(stderr=True)
        self._counts_errors = counts_errors
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[runs]} · best {task.fields[best]} · {task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._line = self._progress.add_task(
            label, total=None, runs="compiling", best="none yet", rate="…"
        )

    def __enter__(self) -> "TrainingProgress":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draw how things stand."""
        training = [
            iteration
            for iteration, status in zip(snapshot.iterations, snapshot.statuses, strict=True)
            if status is None
        ]
        best = min(snapshot.best_errors)
        if not math.isfinite(best):
            shown = "none yet"
        elif self._counts_errors:
            shown = f"{math.floor(1e4 * (1 - best) + 1e-9) / 100:.2f}%"
        else:
            shown = f"mse {best:.3g}"
        rate = snapshot.iterations_per_second
        self._progress.update(
            self._line,
            total=snapshot.max_iterations,
            completed=min(training) if training else max(snapshot.iterations),
            runs=f"{len(training)} of {len(snapshot.statuses)} runs left",
            best=shown,
            rate=f"{rate:,.0f} it/s" if math.isfinite(rate) else "…",
        )


class StopRequest:
    """Within it, the first Ctrl-C (or SIGTERM) asks training to end and keep what was reached; a
    second one ends the process at once."""

    def __init__(self):
        self.requested = False
        self._previous: dict[signal.Signals, object] = {}

    def __call__(self) -> bool:
        return self.requested

    def __enter__(self) -> "StopRequest":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
