"""The directory of a training: configuration, history, what came out, and the networks.

config.json       task, protocol, every run, versions
runs.csv          one line a run: how it ended
history.csv       one line a check of a run
diagnostics.npz   per run and time step, (checks, T), where recorded
seed-0.npz …      each run's network, at its best validation error
"""

import csv
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigurationError
from ..networks import Network
from ..tasks import Task
from ..training import Protocol, RunResult
from .describe import describe_protocol, describe_run, describe_task, software
from .files import atomic, writable
from .network_file import load_network, save_network

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


def new_directory(path: Path) -> Path:
    """Make the directory of a training; one that holds anything already is refused."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigurationError("out", str(path), "it must be a new or empty directory")
    writable("out", path, lambda path: path.mkdir(parents=True, exist_ok=True))
    return path


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
    for result in results:
        save_network(result.network, path / _network_name(result))
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
        for result in results:
            table.writerow(
                (
                    result.run.seed,
                    result.status,
                    result.iterations,
                    result.best_iteration,
                    result.best_error,
                    result.accuracy if result.counts_errors else "",
                    round(result.seconds, 3),
                    _network_name(result),
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
            runs = list(csv.DictReader(file))
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


def _network_name(result: RunResult) -> str:
    return f"seed-{result.run.seed}.npz"
