"""Tables of a sweep on the terminal: what it varies, and its runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from ..configuration import Configuration
from ..results import columns_of, flat, varying


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


def runs_table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str], limit: int) -> Table:
    """One line a run, the first `limit` of them (0: all)."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = list(columns)
    for column in columns:
        is_number = any(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(column, justify="right" if is_number else "left", no_wrap=column == "id")
    for row in rows[: limit or None]:
        table.add_row(*(_shown(column, row.get(column, "")) for column in columns))
    if limit and len(rows) > limit:
        table.caption = f"{limit} of {len(rows)} runs"
        table.caption_justify = "left"
    return table


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
