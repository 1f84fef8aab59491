"""All runs as one table: a line a run, a column for everything a run was and came to."""

import csv
import functools
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..configuration import configuration
from ..errors import ConfigurationError
from .record import Record

OUTCOMES = (
    "status",
    "iterations",
    "best_iteration",
    "error",
    "accuracy",
    "seconds",
)
Row = Mapping[str, Any]


def row_of(record: Record) -> dict[str, Any]:
    """A record as one flat row: `id`, the outcomes, then `section.option` of its configuration."""
    row: dict[str, Any] = {
        "id": record.identity,
        "status": record.status,
        "iterations": record.iterations,
        "best_iteration": record.best_iteration,
        "error": record.best_error,
        "accuracy": record.accuracy if math.isfinite(record.accuracy) else "",
        "seconds": record.seconds,
    }
    return row | flat(record.configuration)


def flat(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without levels: `section.option`, and for a section's name the section."""
    row: dict[str, Any] = {}
    for section, options in configuration.items():
        if not isinstance(options, Mapping):
            row[section] = options
            continue
        for option, value in options.items():
            shown = "+".join(value) if isinstance(value, list) else value
            row[section if option == "name" else f"{section}.{option}"] = shown
    return row


@functools.cache
def usual(rule: str, optimizer: str, cell: str) -> Row:
    """The options of a run with this rule, optimiser and cell of which nothing else was said; none
    of a rule that is not known here."""
    sections = {"rule": {"name": rule}, "optimizer": {"name": optimizer}, "cell": {"name": cell}}
    try:
        made = configuration({"task": {"name": "temporal-order"}, **sections})
    except ConfigurationError:
        return {}
    return flat(made.as_dict())


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Every column any row has, in the order they first appear."""
    return list(dict.fromkeys(column for row in rows for column in row))


def varying(rows: Sequence[Row]) -> list[str]:
    """The columns in which rows differ, but not those in which they do only for being of another
    rule, task or optimiser, which has other options or other defaults."""
    found = []
    for column in columns_of(rows):
        section, _, option = column.partition(".")
        values: dict[Any, set[Any]] = {}
        for row in rows:
            if column in row:
                values.setdefault(row.get(section) if option else None, set()).add(row[column])
        if any(len(different) > 1 for different in values.values()):
            found.append(column)
    return found


def as_csv(records: Iterable[Record]) -> str:
    """All records, sorted by identity: the same records give the same text, times aside."""
    rows = [row_of(record) for record in sorted(records, key=lambda record: record.identity)]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns_of(rows) or ["id", *OUTCOMES])
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
