"""The directory of a training: configuration, history, what came out, and the networks.

config.json       task, protocol, every run, versions
runs.csv          one line a run: how it ended
history.csv       one line a check of a run
diagnostics.npz   per run and time step, (checks, T), where recorded
seed-0.npz …      each run's network, at its best validation error
"""

import contextlib
import csv
import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigurationError, Notice
from ..files import atomic, check_directory, not_written
from ..networks import Network
from ..tasks import Task
from ..training import Protocol, RunResult
from .describe import describe_protocol, describe_run, describe_task, software
from .lock import LOCK, held
from .network_file import check_network, load_network, write_network

RUN_COLUMNS = (
    "seed",
    "status",
    "iterations",
    "best_iteration",
    "error",
    "accuracy",
    "seconds",
    "network",
)
HISTORY_COLUMNS = ("seed", "iteration", "loss", "error")


@contextlib.contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Make the directory of a training, and keep others out of it meanwhile; one that holds
    anything already is refused. What failed leaves no empty directory behind."""
    _check_empty(path)
    check_directory("out", path)
    try:
        with held(path):
            _check_empty(path)
            yield path
    except BaseException:
        with contextlib.suppress(OSError):
            path.rmdir()  # where nothing was written into it
        raise


def first_unused(candidates: Iterable[Path]) -> Path:
    """The first directory that is not there yet, made, so that no other process takes it too."""
    return next(path for path in candidates if _is_ours(path))


def _is_ours(path: Path) -> bool:
    """Whether it was not there, and we have made it."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise not_written("out", path, error) from None
    return True


def _check_empty(path: Path) -> None:
    try:
        is_empty = not path.exists() or all(file.name == LOCK for file in path.iterdir())
    except OSError:  # a file, or one that may not be looked into
        is_empty = False
    if not is_empty:
        raise ConfigurationError("out", str(path), "it must be a new or empty directory")


def write_or_elsewhere(path: Path, write: Callable[[Path], None]) -> None:
    """Write what was reached into its directory, made anew where somebody has removed it; and
    where the operating system says no, among the temporary files.

    Raises `ConfigurationError` then, which says where.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        write(path)
    except OSError as error:
        reason = f"it cannot be written ({error.strerror or error})"
    else:
        return
    try:
        elsewhere = Path(tempfile.mkdtemp(prefix=f"{path.name}-"))
        write(elsewhere)
    except OSError:
        raise ConfigurationError("out", str(path), f"{reason}, nor can anything else") from None
    raise ConfigurationError("out", str(path), f"{reason}; what was reached is in {elsewhere}")


def save_results(path: Path, task: Task, protocol: Protocol, results: Sequence[RunResult]) -> None:
    """Write all that came out of one `train_many` into a directory."""
    config = {
        "task": describe_task(task),
        "protocol": describe_protocol(protocol),
        "runs": [describe_run(result.run) for result in results],
        "software": software(),
    }
    with atomic(path / "config.json") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    networks = [_saved_network(path, result) for result in results]
    with atomic(path / "history.csv") as file:
        table = csv.writer(file)
        table.writerow(HISTORY_COLUMNS)
        for result in results:
            history = result.history
            for entry in zip(history.iteration, history.loss, history.error, strict=True):
                table.writerow((result.run.seed, *entry))
    diagnostics: dict[str, Any] = {
        f"seed-{result.run.seed}/{name}": values
        for result in results
        for name, values in result.history.diagnostics.items()
    }
    if diagnostics:
        with atomic(path / "diagnostics.npz", "wb") as file:
            np.savez_compressed(file, **diagnostics)
    with atomic(path / "runs.csv") as file:
        table = csv.writer(file)
        table.writerow(RUN_COLUMNS)
        for result, network in zip(results, networks, strict=True):
            table.writerow(
                (
                    result.run.seed,
                    result.status,
                    result.iterations,
                    result.best_iteration,
                    result.best_error,
                    result.accuracy if math.isfinite(result.accuracy) else "",
                    round(result.seconds, 3),
                    network,
                )
            )


def load(path: str | Path) -> Network:
    """The network of a training, ready to `predict`.

    `path` is a network's `.npz` file, or the directory of a training: then that of its best run,
    lowest validation error first, then fewest iterations. Raises `ConfigurationError` for anything
    else, and for a damaged file, by name.
    """
    path = Path(path)
    if not path.is_dir():
        return load_network(path)
    try:
        with (path / "runs.csv").open(newline="") as file:
            runs = [run for run in csv.DictReader(file) if run["network"]]
        best = min(runs, key=lambda run: (float(run["error"]), int(run["iterations"])))
        name = Path(best["network"]).name
    except (OSError, KeyError, ValueError, TypeError):
        raise ConfigurationError(
            "path", str(path), "a directory must be one that alignrnn train has written"
        ) from None
    return load_network(path / name)


def load_config(path: Path) -> dict[str, Any]:
    """What a training was, from its directory: `task`, `protocol`, `runs` and `software`. Raises
    `ConfigurationError` where there is none."""
    try:
        return json.loads((path / "config.json").read_text())
    except (OSError, ValueError, RecursionError):
        raise ConfigurationError("directory", str(path), "it must be of a training") from None


def load_diagnostics(
    path: Path, seed: str | None
) -> tuple[str, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A run's name (`seed-0`), its history by column and its diagnostics by name, from the
    directory of a training; the first run where no seed is given.

    Raises `ConfigurationError` where the directory holds no such run, or no diagnostics of it.
    """
    try:
        with (path / "history.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load(path / "diagnostics.npz", allow_pickle=False) as file:
            everything = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        raise ConfigurationError(
            "directory", str(path), "it must be of a training with diagnostics, or of a sweep"
        ) from None
    seeds = list(dict.fromkeys(name.split("/")[0].removeprefix("seed-") for name in everything))
    if seed is None and seeds:
        seed = seeds[0]
    if seed is None or seed not in seeds:
        raise ConfigurationError("id", str(seed), f"it must be one of: {', '.join(seeds)}")
    own = [row for row in rows if row["seed"] == seed]
    history = {
        column: np.array([float(row[column]) for row in own]) for column in HISTORY_COLUMNS[2:]
    }
    history["iteration"] = np.array([int(row["iteration"]) for row in own])
    prefix = f"seed-{seed}/"
    diagnostics = {
        name.removeprefix(prefix): values
        for name, values in everything.items()
        if name.startswith(prefix)
    }
    return f"seed-{seed}", history, diagnostics


def _saved_network(path: Path, result: RunResult) -> str:
    """Write a run's network; the name of its file, or none where it could not be read back."""
    name = f"seed-{result.run.seed}.npz"
    try:
        check_network(result.network)
    except ConfigurationError as error:
        warnings.warn(f"{name} is not written: {error}", Notice, stacklevel=2)
        return ""
    write_network(result.network, path / name)
    return name
