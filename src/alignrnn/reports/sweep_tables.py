"""Tables of a sweep on the terminal: what it varies, and its runs."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from ..configuration import Configuration
from ..results import Row, columns_of, flat, usual, varying
from .columns import GAP, aligned, beside


def axes_table(configurations: Sequence[Configuration]) -> Table:
    """What the runs of a sweep differ in: a line an option, with its values; and what they share
    of the sections that every run needs."""
    rows = [flat(each.as_dict()) for each in configurations]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("option", no_wrap=True)
    table.add_column("values")
    always = ("task", "rule", "optimizer")
    axes = varying(rows)
    for column in columns_of(rows):
        if column in (*always, *axes):
            values = dict.fromkeys(row[column] for row in rows if column in row)
            shown = (_shown(column, value) or "(none)" for value in values)
            table.add_row(column, ", ".join(shown))
    return table


def runs_lines(
    rows: Sequence[Row], width: int, *, limit: int = 0, columns: Sequence[str] = ()
) -> list[str]:
    """One line a run, the first `limit` of them (0: all), in so many columns of a terminal.

    What all runs share is said once above; then how each ended, whole at any width; then in what
    they differ, in columns if these fit, or else as option=value, folded where they must be. With
    `columns`, just these.
    """
    shown = rows[: limit or None]
    if columns:
        lines = beside([_column(each, each, shown) for each in columns])
    else:
        options = [each for each in varying(rows) if each not in (*_OUTCOMES, "best_iteration")]
        lines = [*_shared(rows, options, width), *_ended_and_differing(shown, rows, options, width)]
    if limit and len(rows) > limit:
        lines.append(f"{limit} of {len(rows)} runs")
    return lines


_OUTCOMES = ("id", "status", "iterations", "accuracy", "error", "seconds")
_SHORTEST_ID = 6
_LEAST_SETTING = 24
"""Characters beside the results that options must have, or they go below."""


def _column(name: str, heading: str, rows: Sequence[Row]) -> list[str]:
    cells = [heading, *(_shown(name, row.get(name, "")) for row in rows)]
    is_number = any(isinstance(row.get(name), int | float) for row in rows)
    return aligned(cells, right=is_number)


def _ended_and_differing(
    shown: Sequence[Row], rows: Sequence[Row], options: Sequence[str], width: int
) -> list[str]:
    ended = beside(_ended(shown, rows))
    if not options:
        return ended
    names = _short_names(options)
    differing = [_column(option, names[option], shown) for option in options]
    whole = [GAP.join(pair).rstrip() for pair in zip(ended, beside(differing), strict=True)]
    if max(map(len, whole)) <= width:
        return whole
    used = max(map(len, ended)) + len(GAP)
    settings = ["", *(_pairs(row, options, names) for row in shown)]
    if width - used < _LEAST_SETTING:
        return [
            line
            for first, setting in zip(ended, settings, strict=True)
            for line in (first, *textwrap.wrap(setting, max(width, 20), **_BELOW))
        ]
    lines = []
    for first, setting in zip(ended, settings, strict=True):
        parts = textwrap.wrap(setting, width - used, break_long_words=False) or [""]
        lines.append((first.ljust(used) + parts[0]).rstrip())
        lines += [" " * used + part for part in parts[1:]]
    return lines


_BELOW: Mapping[str, Any] = {
    "initial_indent": "    ",
    "subsequent_indent": "    ",
    "break_long_words": False,
}


def _ended(shown: Sequence[Row], rows: Sequence[Row]) -> list[list[str]]:
    """How runs ended: which, how, when, how well, and how long it took."""
    length = _id_length([str(row["id"]) for row in rows])
    columns = [aligned(["id", *(str(row["id"])[:length] for row in shown)])]
    columns += [_column(name, name, shown) for name in ("status", "iterations")]
    if any(row["accuracy"] != "" for row in shown):
        columns.append(_column("accuracy", "accuracy", shown))
    if not shown or any(row["accuracy"] == "" for row in shown):
        columns.append(_column("error", "error", shown))
    return [*columns, _column("seconds", "seconds", shown)]


def _id_length(ids: Sequence[str]) -> int:
    """As many characters as tell all runs apart, for `--id` takes the beginning of one."""
    longest = max(map(len, ids), default=_SHORTEST_ID)
    return next(
        (n for n in range(_SHORTEST_ID, longest) if len({each[:n] for each in ids}) == len(ids)),
        longest,
    )


def _short_names(columns: Sequence[str]) -> dict[str, str]:
    """Options without their section, where that leaves no two alike."""
    bare = [column.rpartition(".")[2] for column in columns]
    return {
        column: name if bare.count(name) == 1 else column
        for column, name in zip(columns, bare, strict=True)
    }


def _pairs(row: Row, options: Iterable[str], names: Mapping[str, str]) -> str:
    there = (option for option in options if option in row)
    return " ".join(f"{names[option]}={_shown(option, row[option]) or 'none'}" for option in there)


def _shared(rows: Sequence[Row], options: Sequence[str], width: int) -> list[str]:
    """What all runs are of, defaults left out."""
    if not rows:
        return []
    first = rows[0]
    defaults = usual(first["rule"], first["optimizer"], first["cell"])
    alike = [
        column
        for column, value in first.items()
        if column not in (*_OUTCOMES, "best_iteration", *options)
        and all(column in row and row[column] == value for row in rows)
        and (column in _ALWAYS or value != defaults.get(column))
    ]
    text = f"all runs: {_pairs(first, alike, _short_names(alike))}"
    return textwrap.wrap(text, width, break_long_words=False) if alike else []


_ALWAYS = ("task", "task.length", "rule", "optimizer", "optimizer.learning_rate")


def _shown(column: str, value: Any) -> str:
    if value is None:
        return ""
    if column == "iterations":
        return f"{value:,}"
    if column == "seconds":
        return f"{value:.1f}"
    if column in ("accuracy", "error") and isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:g}" if isinstance(value, float) else str(value)
