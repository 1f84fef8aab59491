"""`alignrnn generalize`: trained networks at lengths they were not trained on."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ..errors import ConfigurationError, Description, check_integer
from ..files import check_directory, writable, write_rows
from .options import hint
from .signals import StopRequest
from .terminal import wide_console
from .trained import Trained, configuration_of, kept_networks

if TYPE_CHECKING:
    from ..studies.generalization import AtLength, Generalization
    from ..tasks import Task


@dataclass(kw_only=True)
class Generalize:
    """Count the wrong answers of trained networks at any length, and show where their states go.

    Samples are fresh, the same for every network, and drawn in slices: memory does not grow with
    the length. Prints a table and writes generalization.csv, generalization.png, states.csv, and of
    each network states-ID.png: the states of long sequences in their principal components, with the
    fixed points that hold what was seen, and the eigenvalues. Ctrl-C keeps what was found.
    """

    trained: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A directory of runs, all of whose networks are measured (where a task has grown, those of the
    last stage), or a network's .npz file."""
    task: Annotated[tyro.conf.Positional[str | None], tyro.conf.arg(metavar="[TASK]")] = None
    """A synthetic task by its name; a network's file says nothing of its own. (default: the run's
    own)"""
    run_id: Annotated[str | None, hint(str, "all that kept their networks")] = None
    """Which run of a directory: its id as `alignrnn runs` lists it, or the beginning of it."""
    lengths: Annotated[tuple[int, ...], hint("INT", "50 100 200 500 1000 2000 5000 10000")] = ()
    """The lengths T."""
    samples: int = 10_000
    """Samples at each length."""
    enough: Annotated[int | None, hint(int, "count all")] = None
    """Draw no more samples at a length once so many answers were wrong; the table then has the
    share."""
    states_at: int = 1000
    """The length of the sequences whose states are shown; 0: none are."""
    out: Annotated[Path | None, hint(Path, "RUN; of a network's file none")] = None
    """Directory for the table and the pictures."""

    def run(self) -> bool:
        """Measure, print, write; whether it was stopped from outside."""
        from ..studies.generalization import LENGTHS, check_lengths
        from ..training import use_cores

        use_cores()
        check_integer("states_at", self.states_at, 0)
        lengths = self.lengths or LENGTHS
        groups = _by_task(kept_networks(self.trained, self.run_id), self.task)
        for group in groups:
            check_lengths(group.task, lengths, self.samples)
            if self.states_at:
                check_lengths(group.task, [self.states_at], self.samples, "states_at")
        out = self.out
        if out is None and self.trained.is_dir():
            out = self.trained
        written = []
        with StopRequest() as stop:
            for number, group in enumerate(groups, 1):
                suffix = f"-{number}" if len(groups) > 1 else ""
                for name, write in self._shown(group, lengths, suffix, stop):
                    if out is not None:
                        check_directory("out", out)
                        write(out / name)
                        written.append(name)
        if out is not None:
            print(f"written to {out}: {', '.join(written)}")
        return stop.requested

    def _shown(
        self, group: "_Group", lengths: Sequence[int], suffix: str, stop: StopRequest
    ) -> Iterator[tuple[str, Callable[[Path], None]]]:
        """Measure and print; what there is to write, by its name."""
        from ..reports import lengths_figure, states_figure
        from ..studies.generalization import dynamics, generalize

        if stop.requested:
            return
        console = wide_console()

        def told(name: str, at: "AtLength") -> bool:
            if console.is_terminal:
                console.print(f"{name}: T = {at.length:,}", highlight=False, style="dim")
            return stop.requested

        found = generalize(
            {name: each.network for name, each in group.members.items()},
            *(group.task, lengths, self.samples),
            enough=self.enough,
            trained_on=group.trained_on,
            on_found=told,
        )
        print(found)
        yield f"generalization{suffix}.csv", found.write
        yield (
            f"generalization{suffix}.png",
            _picture(lengths_figure(*_curves(found), percent=found.counts_errors)),
        )
        if not self.states_at:
            return
        rows = []
        for name, each in group.members.items():
            if stop.requested:
                break
            seen = dynamics(each.network, group.task, self.states_at)
            print(f"{name}: {seen}")
            # Which run it is stands in the name of the file.
            run = name if each.record is None else name.rpartition(", ")[0]
            picture = states_figure(seen.shown(), f"{group.task.name}, {run}")
            yield f"states-{each.file.stem}.png", _picture(picture)
            radius = max((point.radius for point in seen.fixed_points), default=math.nan)
            counts = len(seen.answers), len(seen.fixed_points)
            rows.append((name, seen.length, *counts, _number(radius), seen.moving))
        heading = ("network", "length", "states", "fixed_points", "largest_radius", "moving")
        yield f"states{suffix}.csv", lambda path: write_rows("out", path, heading, rows)


@dataclass(frozen=True)
class _Group:
    """Networks of one task."""

    task: "Task"
    trained_on: str
    """The lengths; "": not all on the same."""
    members: "dict[str, Trained]"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _picture(figure: Any) -> Callable[[Path], None]:
    from ..reports import save_figure

    return lambda path: writable("out", path, functools.partial(save_figure, figure))


def _by_task(networks: "list[Trained]", named: str | None) -> list[_Group]:
    """Networks by the task they are of, with the lengths they were trained on, and a name each."""
    from ..registry import TASKS, is_own
    from ..tasks import named_task

    groups: dict[Any, _Group] = {}
    for each in networks:
        if named is not None:
            key, task, trained_on = named, named_task(named), ""
        elif each.record is None:
            allowed = "a network's file says nothing of its task: name it"
            raise ConfigurationError("task", Description("nothing"), allowed)
        else:
            section = each.record.configuration["task"]
            if section["name"] not in TASKS.names and not is_own(section["name"]):
                allowed = f"its sequences must be of any length: {', '.join(sorted(TASKS.names))}"
                raise ConfigurationError("task", section["name"], allowed)
            own = {option: value for option, value in section.items() if option not in _LENGTHS}
            key = repr(sorted(own.items()))
            task = configuration_of(each.record).build_task()
            trained_on = task.span
        group = groups.setdefault(key, _Group(task, trained_on, {}))
        group.members[_name_of(each)] = each
        if group.trained_on != trained_on:
            groups[key] = dataclasses.replace(group, trained_on="")
    return list(groups.values())


_LENGTHS = ("length", "lengths", "run_in")
"""Options of a task that no network depends on."""


def _name_of(which: Trained) -> str:
    record = which.record
    if record is None:
        return which.file.stem
    return f"{record.configuration['rule']['name']}, seed {record.seed}, {record.identity[:6]}"


def _curves(found: "Generalization") -> tuple[dict[str, dict[int, float]], tuple[int, int] | None]:
    """Of each network percent wrong, or the mean loss, by length; and the lengths trained on."""
    from ..reports import telling

    factor = 100 if found.counts_errors else 1
    shown = {name: rows for name, rows in found.found.items() if rows}
    curves = {
        name: {each.length: factor * each.error for each in rows}
        for name, rows in zip(telling(list(shown)), shown.values(), strict=True)
    }
    first, _, last = found.trained_on.partition("..")
    return curves, (int(first), int(last or first)) if first else None
