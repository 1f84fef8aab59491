"""Sequences in long form: a row a step, with a column that says of which sequence it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigurationError, Description, check_choice, check_type
from .dataset import PART_NAMES, Dataset, Part
from .source import Source, checked_file, needs, reason_of


@dataclass(frozen=True)
class TableFile(Source):
    """A CSV or Parquet file in long form."""

    id: str = "id"
    """The column that says of which sequence a row is."""
    time: str | None = None
    """The column that orders the rows of a sequence. (default: the order in the file)"""
    target: tuple[str, ...] = ("target",)
    """The column of the answers; several are values or bits together."""
    features: tuple[str, ...] = ()
    """The columns a network sees. (default: all that are named by no other option)"""
    symbols: bool = False
    """Whether the one feature is a symbol, an integer from 0."""
    weight: str | None = None
    """A column that says how much an answer counts; 0: it is not scored. (default: all alike)"""
    group: str | None = None
    """A column whose groups are held out as a whole. (default: of each class alike)"""
    part: str | None = None
    """A column that says train, validation or test. (default: all is train)"""

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`."""
        path = checked_file(name)
        return self.of_frame(_frame(path), path.stem, asked=asked)

    def of_frame(self, frame: Any, name: str, *, asked: bool = True) -> Dataset:
        """The same of a frame of pandas, or of any other whose columns give NumPy arrays."""
        columns = [str(column) for column in frame.columns]
        if len(set(columns)) < len(columns):
            twice = next(each for each in columns if columns.count(each) > 1)
            raise ConfigurationError("task", name, f"its columns must differ; two are {twice!r}")
        if not len(frame):
            raise ConfigurationError("task", name, "it must have rows")
        self._check_columns(columns, asked)
        order, starts, ids = _ordered(frame, self.id, self.time)
        table = _Table(frame, order, starts, ids)
        target = [each for each in self.target if each in columns]
        steps = {each: table.each(each) for each in self._features(columns)}
        whole = Part(
            table.padded(_inputs(steps, self.symbols)),
            self._targets(table, target) if target else None,
            table.lengths,
            self._weights(table),
            table.one(self.group) if self.group else None,
            ids.tolist(),
        )
        split = {"train": whole}
        if self.part is not None:
            split = _split(whole, table.one(self.part), self.part)
        return Dataset(
            name,
            split["train"],
            split.get("validation"),
            split.get("test"),
            int(whole.inputs.max()) + 1 if self.symbols else None,
            self.output_kind,
            bool(self.every_step),
        )

    def _check_columns(self, columns: Sequence[str], asked: bool) -> None:
        named = {"id": (self.id,), "features": self.features}
        named |= {"target": self.target} if asked else {}
        for option in ("time", "weight", "group", "part"):
            column = getattr(self, option)
            named[option] = () if column is None else (column,)
        for option, wanted in named.items():
            check_type(option, wanted, tuple, "it must be the name of a column")
            for column in wanted:
                if column not in columns:
                    some = ", ".join(columns[:10]) + (", …" if len(columns) > 10 else "")
                    raise ConfigurationError(option, column, f"the columns are: {some}")
        if asked and not self.target:
            raise ConfigurationError("target", [], "some column must hold the answers")

    def _features(self, columns: Sequence[str]) -> list[str]:
        used = {self.id, self.time, self.weight, self.group, self.part, *self.target}
        found = list(self.features) or [each for each in columns if each not in used]
        if not found:
            raise ConfigurationError(
                "features", Description("no column"), "some must be left besides the others"
            )
        return found

    def _targets(self, table: "_Table", columns: Sequence[str]) -> np.ndarray:
        if self.every_step:
            each = [table.padded(table.each(column)) for column in columns]
        else:
            each = [table.one(column) for column in columns]
        together = each[0] if len(each) == 1 else np.stack(each, axis=-1)
        if len(each) > 1 or self.output_kind in ("values", "bits"):
            return _numbers(" ".join(columns), together)
        return together

    def _weights(self, table: "_Table") -> np.ndarray | None:
        if self.weight is None:
            return None
        if not self.every_step:
            return _numbers(self.weight, table.one(self.weight))
        return table.padded(_numbers(self.weight, table.each(self.weight)))


class _Table:
    """Rows in the order of their sequences, and of the steps of each."""

    def __init__(self, frame: Any, order: np.ndarray, starts: np.ndarray, ids: np.ndarray):
        self._frame, self._order, self._starts, self._ids = frame, order, starts, ids
        ends = np.append(starts[1:], len(order))
        self.lengths = ends - starts
        self._sequence = np.repeat(np.arange(len(starts)), self.lengths)
        self._step = np.arange(len(order)) - starts[self._sequence]

    def each(self, column: str) -> np.ndarray:
        """A column, a value a row."""
        return _array(self._frame, column)[self._order]

    def one(self, column: str) -> np.ndarray:
        """A column with one value a sequence, in all its rows or in some of them."""
        values = self.each(column)
        empty = np.array([_is_empty(each) for each in values.tolist()])
        # The first that is there: empty ones are sorted to the end of their sequence.
        first = np.lexsort((self._step, empty, self._sequence))[self._starts]
        found = values[first]
        differs = ~empty & (values != found[self._sequence])
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            own = self._ids[self._sequence[row]]
            raise ConfigurationError(
                column,
                Description(f"{found[self._sequence[row]]} and {values[row]} in sequence {own}"),
                "it must be one a sequence; with every_step there is an answer at every step",
            )
        return found

    def padded(self, rows: np.ndarray) -> np.ndarray:
        """`(R, …)` of all rows as `(N, T, …)`, zeros or None past the ends."""
        shape = len(self.lengths), int(self.lengths.max()), *rows.shape[1:]
        made = np.full(shape, None if rows.dtype == object else 0, rows.dtype)
        made[self._sequence, self._step] = rows
        return made


def _inputs(steps: dict[str, np.ndarray], symbols: bool) -> np.ndarray:
    """`(R, I)` features, or `(R,)` symbols."""
    if symbols:
        (name, values), *others = steps.items()
        if others:
            found = Description(f"{len(steps)} columns")
            raise ConfigurationError("features", found, "with symbols it must be one")
        if values.dtype.kind not in "iu":
            raise ConfigurationError(name, values.dtype.name, "symbols are integers")
        return values.astype(np.int64)
    return np.stack([_numbers(name, each) for name, each in steps.items()], axis=1)


def _ordered(frame: Any, id: str, time: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows by sequence and time, where each sequence starts, and what it is called."""
    raw = _array(frame, id)
    row = next((n for n, each in enumerate(raw.tolist()) if _is_empty(each)), None)
    if row is not None:
        raise ConfigurationError(id, Description(f"nothing in row {row}"), "every row needs its id")
    keys = raw.astype(str) if raw.dtype == object else raw
    _, first, code = np.unique(keys, return_index=True, return_inverse=True)
    # In the order in which they appear.
    place = np.empty(len(first), int)
    place[np.argsort(first)] = np.arange(len(first))
    code = place[code]
    when = np.arange(len(code)) if time is None else _times(time, _array(frame, time))
    order = np.lexsort((when, code))
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    ids = raw[np.sort(first)]
    if time is not None:
        same = (when[order][1:] == when[order][:-1]) & (code[order][1:] == code[order][:-1])
        if same.any():
            row = order[1:][same][0]
            found = Description(f"{_array(frame, time)[row]} twice in sequence {raw[row]}")
            raise ConfigurationError(time, found, "a sequence has each time once")
    return order, starts, ids


def _times(name: str, values: np.ndarray) -> np.ndarray:
    """What rows are ordered by: numbers, or dates."""
    if values.dtype == object:
        given = [None if _is_empty(each) else each for each in values.tolist()]
        known = [each for each in given if each is not None]
        try:
            if all(isinstance(each, int | float) for each in known):
                values = np.array(given if None not in given else [*map(_or_nan, given)])
            else:
                import pandas as pd

                dates = pd.to_datetime(given, format="ISO8601", utc=True)
                values = dates.tz_localize(None).to_numpy()
        except ImportError:
            raise needs(name, "data", "pandas") from None
        except Exception:  # pandas has many
            found = Description(f"such as {known[0]!r}")
            raise ConfigurationError(name, found, "times are numbers or ISO dates") from None
    if values.dtype.kind not in "iufM":
        raise ConfigurationError(name, values.dtype.name, "times are numbers or dates")
    is_missing = np.isnat(values) if values.dtype.kind == "M" else values != values
    if is_missing.any():
        row = int(np.flatnonzero(is_missing)[0])
        found = Description(f"nothing in row {row}")
        raise ConfigurationError(name, found, "every row needs its time")
    return values


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _array(frame: Any, column: str) -> np.ndarray:
    """A column by its name as it was written, or as a text."""
    named = {str(each): each for each in frame.columns}
    values = frame[named[column]]
    array = np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    if array.ndim != 1:
        raise ConfigurationError(column, array.dtype.name, "a column has one value a row")
    return array.astype(object) if array.dtype.kind in "US" else array


def _numbers(name: str, values: np.ndarray) -> np.ndarray:
    """Real numbers, NaN where there is none."""
    if values.dtype.kind in "iufb":
        return values.astype(float)
    try:
        if values.dtype.kind != "O":
            raise TypeError
        flat = [np.nan if _is_empty(each) else each for each in values.ravel().tolist()]
        if any(isinstance(each, str) for each in flat):
            raise TypeError
        return np.array(flat, float).reshape(values.shape)
    except (TypeError, ValueError, OverflowError):
        texts = (each for each in values.ravel().tolist() if isinstance(each, str) and each)
        one = next(texts, None)
        found = values.dtype.name if one is None else one
        allowed = "it must be numbers; features names the columns a network sees"
        raise ConfigurationError(name, found, allowed) from None


def _is_empty(value: Any) -> bool:
    if value is None or (isinstance(value, str) and not value):
        return True
    return type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _split(whole: Part, parts: np.ndarray, column: str) -> dict[str, Part]:
    """The sequences of each part."""
    for each in parts:
        check_choice(column, each, PART_NAMES)
    made = {}
    for part in PART_NAMES:
        rows = np.flatnonzero(parts == part)
        if len(rows):
            made[part] = whole.of(rows)
    if "train" not in made:
        raise ConfigurationError(column, Description("no train"), "there must be some to train on")
    return made


def _frame(path: Path) -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise needs(str(path), "data", "pandas") from None
    is_parquet = path.suffix.lower() == ".parquet"
    try:
        return pd.read_parquet(path) if is_parquet else pd.read_csv(path)
    except ImportError:
        raise needs(str(path), "data", "pyarrow") from None
    except Exception as error:  # pandas and its parsers have many
        kind = "Parquet" if is_parquet else "CSV"
        allowed = f"it must be a {kind} file ({reason_of(error)})"
        raise ConfigurationError("task", str(path), allowed) from None
