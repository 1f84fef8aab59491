"""The numbers the paper printed, to stand beside the measured ones."""

import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Literal

Printed = float | Literal["solved"]
"""An accuracy in percent, or the paper's check mark."""

TASK_KEYS = {
    "temporal-order": "temporal_order",
    "temporal-order-3bit": "temporal_order_3bit",
    "random-permutation": "random_permutation",
}


@functools.cache
def _everything() -> Mapping[str, Any]:
    text = (
        resources.files(__name__.rpartition(".")[0])
        .joinpath("published.json")
        .read_text(encoding="utf-8")
    )
    return json.loads(text)


def source() -> str:
    """Where they are from."""
    return _everything()["source"]


def accuracy(table: str, column: str | None, task: str, inner_steps: int, length: int) -> Printed:
    """A cell of Tables I to III; `column` is the half of the table, None where it has one only."""
    content = _everything()[table]
    by_task = content if column is None else content[column]
    cells = by_task[TASK_KEYS[task]][str(inner_steps)]
    return cells[content["lengths"].index(length)]


def normalization_rows() -> Sequence[tuple[int, float, float, float]]:
    """Table IV: K, c₁, c₂ and the accuracy."""
    return [tuple(row) for row in _everything()["table4_normalization_grid_temporal_order"]["rows"]]


def longest_length(task: str, rule: str) -> int | None:
    """A cell of Table V; None where the paper has a dash."""
    content = _everything()["table5_longest_solved_length"]
    return content[TASK_KEYS[task]][content["columns"].index(rule)]


def figure(name: str) -> str:
    """What the paper says one sees in a figure."""
    return _everything()["figures"][name]
