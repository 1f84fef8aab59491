"""Finding runs: conditions on the columns of the table of all runs, and an order."""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, get_args

from ..errors import ConfigurationError, check_choice
from ..names import Status
from .table import Row, columns_of

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_EQUALITY = ("=", "==", "!=")
_MANY = 20
"""Different texts of a column, from which on any text may be asked for."""


def select(rows: Sequence[Row], conditions: Sequence[str]) -> list[Row]:
    """Rows for which all conditions hold: `column=value`, with =, !=, <, <=, > or >=.

    Numbers are compared as numbers. A row that has nothing there meets no condition but !=. Raises
    `ConfigurationError` for a condition of another form, a column no row has, a text where the
    column holds numbers, and a text that a column of few texts does not hold.
    """
    kept = list(rows)
    for condition in conditions:
        found = re.fullmatch(r"([\w.]+)\s*(!=|<=|>=|==|=|<|>)\s*(.*)", condition)
        if not found:
            raise ConfigurationError(
                "where", condition, "it must be a column, one of = != < <= > >=, and a value"
            )
        column, symbol, value = found.groups()
        _check_column("where", column, rows)
        _check_value(condition, column, symbol, value, rows)
        kept = [row for row in kept if _holds(row.get(column), symbol, value)]
    return kept


def ordered(rows: Sequence[Row], by: str) -> list[Row]:
    """Rows by a column, the smallest first, or with a `-` before its name the largest; rows that
    have nothing there come last."""
    descending, column = by.startswith("-"), by.removeprefix("-")
    _check_column("sort", column, rows)
    there = [row for row in rows if row.get(column) not in (None, "")]
    missing = [row for row in rows if row.get(column) in (None, "")]
    numeric = all(_is_number(row[column]) for row in there)
    return [
        *sorted(
            there,
            key=lambda row: row[column] if numeric else str(row[column]),
            reverse=descending,
        ),
        *missing,
    ]


def _check_column(field: str, column: str, rows: Sequence[Row]) -> None:
    if rows:
        check_choice(field, column, columns_of(rows))


def _check_value(condition: str, column: str, symbol: str, value: str, rows: Sequence[Row]) -> None:
    """That a column may hold the value at all."""
    there = [row[column] for row in rows if row.get(column) not in (None, "")]
    texts = set() if column != "status" else set(get_args(Status))
    for each in there:
        if isinstance(each, bool):
            texts |= {"true", "false"}
        elif not _is_number(each):
            texts.add(str(each))
    if value.lower() in (text.lower() for text in texts):
        return
    if any(map(_is_number, there)):
        if not _reads_as_number(value):
            number = " or ".join(("a number", *sorted(texts)))
            allowed = f"{column} takes one of {' '.join(_COMPARISONS)}, and then {number}"
            raise ConfigurationError("where", condition, allowed)
    elif symbol in _EQUALITY and 0 < len(texts) < _MANY:
        check_choice(f"where {column}", value, texts)


def _holds(actual: Any, symbol: str, value: str) -> bool:
    compare = _COMPARISONS[symbol]
    if actual is None or actual == "":
        return symbol == "!="
    if _reads_as_number(str(actual)) != _reads_as_number(value):
        return symbol == "!="
    if _is_number(actual):
        return compare(actual, float(value))
    return compare(str(actual).lower(), value.lower())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reads_as_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
