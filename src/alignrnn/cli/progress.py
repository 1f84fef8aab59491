"""What a person sees while training goes on: live lines on a terminal, and how long is left."""

import contextlib
import math
import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column

from ..reports import duration, percent
from ..sweeps import Engine, Place, Standing
from ..training import Snapshot
from .signals import StopRequest

_NARROW = 100
"""Columns of a terminal below which a line has no bar."""
_BAR = 24
_LABEL = 18
"""Columns of a label where there are few."""


class _Display:
    """Live lines on standard error, where that is a terminal, of any width."""

    def __init__(self):
        # The terminal may be gone before the training is.
        self.console = Console(file=_Forgiving(sys.stderr))  # pyright: ignore[reportArgumentType]
        # Asked of the stream itself: a notebook's kernel has FORCE_COLOR call any pipe a terminal.
        is_terminal = self.console.is_terminal and sys.stderr.isatty()
        self.is_live = is_terminal and not self.console.is_dumb_terminal
        self.progress = Progress(
            *self._columns(), console=self.console, disable=not self.is_live, transient=True
        )

    def _columns(self) -> Sequence[ProgressColumn]:
        is_narrow = self.console.width < _NARROW
        short = Column(no_wrap=True, overflow="ellipsis", max_width=_LABEL if is_narrow else None)
        label = TextColumn("{task.description}", table_column=short)
        how = TextColumn("{task.fields[how]}", table_column=Column(no_wrap=True))
        return (label, how) if is_narrow else (label, BarColumn(bar_width=_BAR), how)

    def __enter__(self):
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def as_fits(self, parts: Sequence[str]) -> str:
        """The first of the parts that there is room for beside a label, and a bar."""
        label = max((len(task.description) for task in self.progress.tasks), default=0)
        beside = min(label, _LABEL) if self.console.width < _NARROW else label + 1 + _BAR
        room = self.console.width - beside - 1
        texts = [" · ".join(parts[: count + 1]) for count in range(len(parts))]
        return next((text for text in reversed(texts) if len(text) <= room), texts[0])

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, highlight=False, soft_wrap=True)


class _Forgiving:
    """A stream to which everything else matters more than what is said there."""

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TrainingProgress(_Display):
    """One live line: iterations, how many runs are left, best accuracy, speed, time left."""

    def __init__(self, label: str, counts_errors: bool):
        super().__init__()
        self._counts_errors = counts_errors
        self._line = self.progress.add_task(label, total=None, how="compiling")

    def show_standing(self, now: Standing, engine: Engine, stop: StopRequest) -> None:
        """Draw how all runs stand, wherever they are trained, and pass on a request to stop."""
        if stop.requested:
            engine.stop()
        places = [snapshot for _, snapshot in list(now.training.values()) if snapshot is not None]
        if places:
            self.show(_together(places), now.total)

    def show(self, snapshot: Snapshot, runs: int = 1) -> None:
        """Draw how things stand with those of the `runs` that are being trained."""
        training = [
            iteration
            for iteration, status in zip(snapshot.iterations, snapshot.statuses, strict=True)
            if status is None
        ]
        reached = min(training) if training else max(snapshot.iterations)
        parts = [
            f"{reached:,}/{snapshot.max_iterations:,}",
            f"best {_shown_error(min(snapshot.best_errors), self._counts_errors)}",
        ]
        rate = snapshot.iterations_per_second
        if math.isfinite(rate) and training:
            left = (snapshot.max_iterations - reached) * len(training) / rate
            parts.append(f"at most {duration(left)}")
        if runs > 1:
            parts.append(f"{len(training)} of {runs} runs left")
        if math.isfinite(rate) and training:
            parts.append(f"{rate:,.0f} it/s")
        self.progress.update(
            self._line,
            total=snapshot.max_iterations,
            completed=reached,
            how=self.as_fits(parts),
        )


def _together(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Of all runs of several trainings side by side."""
    return Snapshot(
        iterations=tuple(each for one in snapshots for each in one.iterations),
        best_errors=tuple(each for one in snapshots for each in one.best_errors),
        statuses=tuple(each for one in snapshots for each in one.statuses),
        iterations_per_second=sum(one.iterations_per_second for one in snapshots),
        max_iterations=max(one.max_iterations for one in snapshots),
    )


class SweepProgress(_Display):
    """How a sweep stands: runs recorded, the lowest error, time left, and what each device is at.

    Live on a terminal, and otherwise a line whenever a tenth more is done.
    """

    def __init__(self):
        super().__init__()
        self._total = self.progress.add_task("runs", total=None, how="")
        self._lines: dict[Place, TaskID] = {}
        self._told = 0.0
        self._started = time.monotonic()
        self._done_before: int | None = None

    def show(self, now: Standing, engine: Engine, stop: StopRequest) -> None:
        """Draw how things stand, and pass on a request to stop."""
        if stop.requested:
            engine.stop()
        how = self._how(now)
        self.progress.update(self._total, total=now.total, completed=now.done, how=how)
        if self.is_live:
            self._show_places(now)
            return
        share = now.done / now.total if now.total else 0.0
        if share >= self._told + 0.1 or self._told < share == 1:
            self._told = share
            self.say(how)

    def _how(self, now: Standing) -> str:
        elapsed = time.monotonic() - self._started
        parts = [f"{now.done:,} of {now.total:,} runs", f"{now.solved:,} solved"]
        left = self._seconds_left(now, elapsed)
        if left is not None:
            parts.append(f"about {duration(left)} left")
        running = [snapshot for _, snapshot in list(now.training.values()) if snapshot is not None]
        lowest = min(now.lowest_error, *(min(each.best_errors) for each in running), math.inf)
        if math.isfinite(lowest):
            parts.append(f"lowest error {lowest:.3g}")
        parts.append(duration(elapsed))
        return self.as_fits(parts) if self.is_live else ", ".join(parts)

    def _seconds_left(self, now: Standing, elapsed: float) -> float | None:
        """As long for each run to come as for those that have ended, and the begun parts of others,
        took; None until there is something to judge by."""
        if self._done_before is None:
            self._done_before = now.done
        begun = sum(
            iteration / snapshot.max_iterations
            for _, snapshot in list(now.training.values())
            if snapshot is not None
            for iteration, status in zip(snapshot.iterations, snapshot.statuses, strict=True)
            if status is None
        )
        made = now.done - self._done_before + begun
        left = now.total - now.done - begun
        if now.done == now.total or made <= 0 or elapsed < 2:
            return None
        return elapsed / made * max(left, 0)

    def _show_places(self, now: Standing) -> None:
        for place in list(now.training):
            if place not in self._lines:
                self._lines[place] = self.progress.add_task("", total=None, how="")
        for place, line in self._lines.items():
            label, snapshot = now.training.get(place, ("idle", None))
            self.progress.update(line, visible=place in now.training, description=label)
            if snapshot is None:
                self.progress.update(line, total=None, how="compiling")
                continue
            left = sum(status is None for status in snapshot.statuses)
            self.progress.update(
                line,
                total=snapshot.max_iterations,
                completed=max(snapshot.iterations),
                how=f"iteration {max(snapshot.iterations):,}, {left} left",
            )


def _shown_error(error: float, counts_errors: bool) -> str:
    """An error as a person wants it: the accuracy where samples are right or wrong."""
    if not math.isfinite(error):
        return "none yet"
    return f"{percent(1 - error)}%" if counts_errors else f"error {error:.3g}"
