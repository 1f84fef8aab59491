"""The record of one run: what ran, what came out; one JSON text that proves itself whole."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..configuration import Configuration
from ..names import Status
from ..training import Check, Optimizer, RunResult

FORMAT = 1


class DamagedRecordError(ValueError):
    """A text that is no whole record; says why."""


@dataclass(frozen=True)
class Record:
    """What a run came to, as plain data. Errors and losses that are not finite are infinite."""

    identity: str
    """Of the configuration, see `Configuration.identity`."""
    configuration: Mapping[str, Any]
    status: Status
    iterations: int
    best_error: float
    best_iteration: int
    counts_errors: bool
    """Whether errors are fractions of wrong samples; otherwise they are mean squared errors."""
    seconds: float
    """Time spent on this run alone."""
    history: Mapping[str, Sequence[float]]
    """`iteration`, `loss`, `error`: one entry a check."""
    diagnostics: Mapping[str, Sequence[Sequence[float]]]
    """By name, one row of T numbers a check; empty where not recorded."""
    software: Mapping[str, Any]

    @property
    def seed(self) -> int:
        """The run's."""
        return self.configuration["seed"]

    @property
    def solved(self) -> bool:
        """Whether it ended by being solved."""
        return self.status == "solved"

    @property
    def accuracy(self) -> float:
        """Best validation accuracy, a fraction; nan where samples are not right or wrong, or the
        run ended before any check."""
        is_fraction = self.counts_errors and math.isfinite(self.best_error)
        return 1 - self.best_error if is_fraction else math.nan


def record_of(
    configuration: Configuration, result: RunResult, software: Mapping[str, Any]
) -> Record:
    """The record of a run that has ended."""
    history = result.history
    return Record(
        identity=configuration.identity,
        configuration=configuration.as_dict(),
        status=result.status,
        iterations=result.iterations,
        best_error=_or_infinite(result.best_error),
        best_iteration=result.best_iteration,
        counts_errors=result.counts_errors,
        seconds=round(result.seconds, 4),
        history={
            "iteration": history.iteration.tolist(),
            "loss": _or_infinite(history.loss),
            "error": _or_infinite(history.error),
        },
        diagnostics={name: _or_infinite(values) for name, values in history.diagnostics.items()},
        software=software,
    )


def checks_of(record: Record, optimizer: Optimizer) -> Iterator[Check]:
    """The checks of a run with this optimiser, as whoever follows its training is told of them."""
    columns = (record.history[name] for name in ("iteration", "loss", "error"))
    for at, (iteration, loss, error) in enumerate(zip(*columns, strict=True)):
        diagnostics = {name: np.array(rows[at]) for name, rows in record.diagnostics.items()}
        rate = optimizer.rate_after(int(iteration) - 1)
        yield Check(0, int(iteration), loss, error, rate, diagnostics)


def to_json(record: Record) -> str:
    """The record with a checksum of itself."""
    content = {"format": FORMAT, **vars(record)}
    return json.dumps({"sha256": _checksum(content), **_finite(content)}, allow_nan=False) + "\n"


def from_json(text: str) -> Record:
    """Back from `to_json`; raises `DamagedRecordError` for anything else."""
    try:
        content = json.loads(text)
        checksum, format_ = content.pop("sha256"), content.get("format")
        is_whole = format_ == FORMAT and checksum == _checksum(content)
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise DamagedRecordError("it is cut short, or no record") from None
    if format_ != FORMAT:
        raise DamagedRecordError(f"it is of format {format_!r:.80}, not {FORMAT}")
    if not is_whole:
        raise DamagedRecordError("its checksum does not match")
    del content["format"]
    try:
        return Record(**_infinite(content))
    except (AttributeError, KeyError, TypeError):
        raise DamagedRecordError("it has not what a record has") from None


def _or_infinite(values: Any) -> Any:
    """As plain numbers, nan as infinity: so that a record is what will be read back."""
    return np.where(np.isfinite(values), values, np.inf).tolist()


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(_finite(content), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _finite(value: Any) -> Any:
    """JSON has no infinity: null stands for it."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value


def _infinite(content: dict[str, Any]) -> dict[str, Any]:
    def numbers(values: list) -> list:
        return [
            numbers(each) if isinstance(each, list) else math.inf if each is None else each
            for each in values
        ]

    for key in ("history", "diagnostics"):
        content[key] = {name: numbers(values) for name, values in content[key].items()}
    if content["best_error"] is None:
        content["best_error"] = math.inf
    return content
