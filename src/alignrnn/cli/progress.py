"""What a person sees and does while training goes on: a line of progress, and Ctrl-C."""

import math
import signal
import time
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..reports import duration, percent
from ..sweeps import Engine, Place, Standing
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
            shown = f"{percent(1 - best)}%"
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


class SweepProgress:
    """How a sweep stands: runs recorded, and what each device is at.

    On standard error: live on a terminal, and otherwise a line whenever a tenth more is done.
    """

    def __init__(self):
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[how]}"),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._total = self._progress.add_task("runs", total=None, how="")
        self._lines: dict[Place, TaskID] = {}
        self._told = 0.0
        self._started = time.monotonic()

    def __enter__(self) -> "SweepProgress":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, now: Standing, engine: Engine, stop: "StopRequest") -> None:
        """Draw how things stand, and pass on a request to stop."""
        if stop.requested:
            engine.stop()
        elapsed = duration(time.monotonic() - self._started)
        how = f"{now.done:,} of {now.total:,} runs, {now.solved:,} solved, {elapsed}"
        self._progress.update(self._total, total=now.total, completed=now.done, how=how)
        if self._console.is_terminal:
            self._show_places(now)
            return
        share = now.done / now.total if now.total else 0.0
        if share >= self._told + 0.1 or self._told < share == 1:
            self._told = share
            self._console.print(how, highlight=False)

    def _show_places(self, now: Standing) -> None:
        for place in list(now.training):
            if place not in self._lines:
                self._lines[place] = self._progress.add_task("", total=None, how="")
        for place, line in self._lines.items():
            label, snapshot = now.training.get(place, ("idle", None))
            self._progress.update(line, visible=place in now.training)
            if snapshot is None:
                self._progress.update(line, description=label, total=None, how="compiling")
                continue
            left = sum(status is None for status in snapshot.statuses)
            self._progress.update(
                line,
                description=label,
                total=snapshot.max_iterations,
                completed=max(snapshot.iterations),
                how=f"iteration {max(snapshot.iterations):,}, {left} left",
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
