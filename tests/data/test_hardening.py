"""Malformed data of any kind end in one line, or in a task that can be trained on."""

import gzip
import io
import tempfile
import warnings
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp

from alignrnn import ArrayTask, ConfigurationError, load_data
from alignrnn.errors import Notice
from alignrnn.tasks import check_numbers, check_task, frame_task

from .test_idx import IMAGES, LABELS, idx
from .test_ts import EQUAL, UNEQUAL, written
from .test_ts import LABELS as TS_LABELS

pytestmark = pytest.mark.usefixtures("without_type_checker")
FEW, MANY = 15, 350
"""Cases of each kind in `make test`, and in `make test-all`."""
sizes = pytest.mark.parametrize("cases", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])


def check(make, samples: int | None = None) -> bool:  # samples: all that are given
    """One line, or a task whose batches are what they must be; whether it is a task."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Notice)
            task = make()
    except ConfigurationError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return False
    try:
        check_task(task, 3, 3)
        check_numbers(task, 3, task.validation(1))
    except ConfigurationError as error:
        # The draw of a batch of 3 may have none of the answers that count.
        assert "some answer must count" in str(error), error  # noqa: PT017
    seen, kept = task.validation(1).inputs, task.inputs
    if samples is not None:
        assert seen.shape[1] + len(kept) == samples
    assert task.length == seen.shape[0] == kept.shape[1]
    assert np.all(np.isfinite(np.asarray(kept)))
    return True


def run(cases, strategy, test):
    """A property, over so many made cases; the same ones always."""

    def silent(case):
        test(case)

    decorated = settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(silent))
    decorated()


DTYPES = st.sampled_from(
    ["f8", "f4", "f2", "i8", "i1", "u1", "u8", "?", "U3", "S3", "O", "c8", "M8[s]", "m8[s]", "V4"]
)
USUAL = st.sampled_from(["f8", "f4", "i8", "u1", "?", "U3", "O"])
KINDS = {
    **{"U": ["a", "b", "", "nan"], "S": [b"a", b"b"], "V": [b"aaaa"], "c": [1j, 0]},
    "O": [None, np.nan, 1, 0, "a", True, 2.5],
    "f": [0.0, 1.0, -2.5, np.nan, np.inf, 1e4, 0.0, 1.0, 0.5, 0.25],
    "i": [0, 1, 2, 3, 2, 1, 0, -1, 100],
    "u": [0, 1, 2, 3, 255],
    **{"b": [True, False], "M": [0, 5], "m": [0, 5]},
}


@st.composite
def arrays(draw, axes=(0, 4), rows=None, dtypes=USUAL):
    """Few different entries, so that they mean something; of any shape, or with so many rows."""
    kind = np.dtype(draw(dtypes))
    shape = draw(hnp.array_shapes(min_dims=axes[0], max_dims=axes[1], min_side=0, max_side=5))
    if rows is not None and shape and draw(st.integers(0, 9)):
        shape = (rows, *shape[1:])
    choices = KINDS[kind.kind]
    tame = choices if draw(st.booleans()) else choices[:3]
    picked = draw(st.lists(st.sampled_from(tame), min_size=1, max_size=12))
    entries = [picked[n % len(picked)] for n in range(int(np.prod(shape)))]
    made = np.empty(len(entries), kind)
    for n, entry in enumerate(entries):
        made[n] = entry
    return made.reshape(shape)


@st.composite
def listed(draw, rows):
    """A list of arrays of any lengths, most of them of one width."""
    width = draw(st.sampled_from([None, 1, 2]))
    kind = draw(st.sampled_from(["f8", "i8", "?", "U3", "O"]))
    made = []
    for _ in range(rows):
        length = draw(st.integers(1 if draw(st.integers(0, 9)) else 0, 4))
        shape = (length,) if width is None else (length, width)
        entries = st.sampled_from(KINDS[np.dtype(kind).kind][:4])
        made.append(np.array([draw(entries) for _ in range(int(np.prod(shape)))], kind))
        made[-1] = made[-1].reshape(shape)
    if draw(st.integers(0, 9)) == 0:
        made[draw(st.integers(0, rows - 1))] = draw(st.sampled_from([None, 3, "abc", {}, np.inf]))
    return made if draw(st.booleans()) else [np.asarray(each).tolist() for each in made]


READINGS = st.fixed_dictionaries(
    {},
    optional={
        "output_kind": st.sampled_from(["classes", "values", "bits", "words", 3]),
        "every_step": st.sampled_from([True, False, 1]),
        "missing": st.sampled_from(["refuse", "mean", "previous", "zero"]),
        "standardize": st.booleans(),
        "held_out": st.sampled_from([0.5, 0.3, 0, 1.5, "half"]),
    },
)


@st.composite
def array_tasks(draw):
    """Such as can be used, and with nothing, one or two of them in place of another."""
    rows, count, width = (draw(st.integers(least, 8)) for least in (6, 1, 1))
    fields = {
        "inputs": draw(st.sampled_from(["features", "symbols", "one", "list"])),
        "targets": draw(st.sampled_from(["labels", "texts", "values", "bits", "steps"])),
    }
    numbers = np.arange(rows * count * width, dtype=float).reshape(rows, count, width) % 7
    every = {
        "features": numbers,
        "symbols": numbers[..., 0].astype(int),
        "one": numbers[..., 0],
        "list": [row[: 1 + n % count] for n, row in enumerate(numbers)],
        "labels": np.arange(rows) % 2,
        "texts": list("ab" * rows)[:rows],
        "values": numbers[:, 0],
        "bits": numbers[:, 0] > 3,
        "steps": numbers[..., :1] / 7,
    }
    case = {name: every[field] for name, field in fields.items()}
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(["inputs", "targets", "weights", "lengths", "groups"]))
        case[name] = draw(listed(rows) if draw(st.booleans()) else arrays((1, 4), rows, DTYPES))
    if draw(st.integers(0, 4)) == 0:
        inputs, targets = (
            every[fields[name]] if draw(st.booleans()) else draw(arrays((1, 4), rows))
            for name in ("inputs", "targets")
        )
        case["validation"] = inputs, targets
    return case, draw(READINGS) if draw(st.booleans()) else {}


@sizes
def test_arrays_and_lists_of_any_kind(cases):
    made = []

    def test(case):
        arguments, options = case
        samples = None if "validation" in arguments else len(arguments["targets"])
        made.append(check(lambda: ArrayTask(**arguments, **options), samples))

    run(2 * cases, array_tasks(), test)
    assert sum(made) > len(made) / 10


@st.composite
def archives(draw):
    """The bytes of an `.npz`, some of them cut or changed."""
    rows = draw(st.integers(2, 8))
    given = {"inputs": draw(arrays((1, 4), rows, DTYPES)), "targets": draw(arrays((1, 3), rows))}
    for name in ("weights", "lengths", "groups", "validation_inputs", "test_inputs", "other"):
        if draw(st.integers(0, 7)) == 0:
            given[name] = draw(arrays((1, 3), rows))
    if draw(st.integers(0, 9)) == 0:
        given.pop(draw(st.sampled_from(sorted(given))))
    stream = io.BytesIO()
    np.savez(stream, **given)
    return changed(draw, stream.getvalue()), draw(READINGS)


def changed(draw, content: bytes) -> bytes:
    how = draw(st.sampled_from(["whole", "whole", "cut", "bytes", "more"]))
    if how == "cut":
        return content[: draw(st.integers(0, len(content)))]
    if how == "more":
        return content + draw(st.binary(max_size=8))
    if how == "bytes":
        made = bytearray(content)
        for _ in range(draw(st.integers(1, 4))):
            made[draw(st.integers(0, len(made) - 1))] = draw(st.integers(0, 255))
        return bytes(made)
    return content


def check_file(name: str, content: bytes, **options) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return check(lambda: load_data(str(path), **options))


@sizes
def test_npz_files(cases):
    run(cases, archives(), lambda case: check_file("a.npz", case[0], **case[1]))


@st.composite
def frames(draw):
    rows = draw(st.integers(0, 20))
    entries = {
        "ids": st.sampled_from(["a", "b", "c", "d"]),
        "numbers": st.sampled_from([0.0, 1.0, 0.5, -3.0, 2.0]),
        "gaps": st.sampled_from([0.0, 1.0, np.nan, None, np.inf]),
        "integers": st.integers(0, 3),
        "texts": st.sampled_from(["x", "y", "", "2020-01-01", "3"]),
        "dates": st.sampled_from([pd.Timestamp("2020-01-01"), pd.Timestamp(5), pd.NaT]),
        "switches": st.booleans(),
        "mixed": st.sampled_from([None, 1, "x", 2.5, True, pd.NA]),
    }
    usual = {"id": "ids", "target": "integers", "one": "numbers", "two": "numbers"}
    columns = {}
    for name in ("id", "target", "one", "two", "time", "part", "weight"):
        if name not in usual and draw(st.booleans()):
            continue
        is_usual = name in usual and draw(st.integers(0, 3))
        kind = usual[name] if is_usual else draw(st.sampled_from(sorted(entries)))
        columns[name] = [draw(entries[kind]) for _ in range(rows)]
    if draw(st.booleans()) and "id" in columns:
        columns["target"] = [
            ["a", "b"].index(str(each)) if str(each) in ("a", "b") else 0 for each in columns["id"]
        ]
    if draw(st.booleans()):
        columns["time"] = list(range(rows))[::-1]
    table = pd.DataFrame(columns)
    if draw(st.integers(0, 4)) == 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # pandas tries infinity as an integer
            table = table.convert_dtypes()
    options = draw(READINGS)
    for option in ("time", "part", "weight", "group"):
        if draw(st.integers(0, 3)) == 0:
            options[option] = draw(st.sampled_from(["time", "part", "weight", "one", "none"]))
    if "time" in columns and draw(st.booleans()):
        options["time"] = "time"
    if draw(st.integers(0, 3)) == 0:
        options["features"] = draw(st.sampled_from([["one"], ["one", "two"], ["target"], ["id"]]))
    if draw(st.integers(0, 7)) == 0:
        options |= {"symbols": True, "features": ["target"]}
    if draw(st.integers(0, 7)) == 0:
        options["target"] = ["one", "two"]
    return table, options


@sizes
def test_frames(cases):
    made = []

    def test(case):
        table, options = case
        made.append(check(lambda: frame_task(table, **options)))

    run(2 * cases, frames(), test)
    assert cases == FEW or any(made)


@st.composite
def table_files(draw):
    table, options = draw(frames())
    end = draw(st.sampled_from(["csv", "parquet"]))
    stream = io.BytesIO()
    try:
        table.to_csv(stream, index=False) if end == "csv" else table.to_parquet(stream)
    except Exception:  # Parquet has no columns of mixed types
        end, stream = "csv", io.BytesIO()
        table.to_csv(stream, index=False)
    return f"a.{end}", changed(draw, stream.getvalue()), options


@sizes
def test_table_files(cases):
    run(cases, table_files(), lambda case: check_file(case[0], case[1], **case[2]))


@st.composite
def ts_files(draw):
    text = written(draw(st.sampled_from([EQUAL, UNEQUAL])), TS_LABELS)
    lines = text.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "twice", "swap", "cut", "text", "missing"]))
        if how == "drop":
            lines.pop(at)
        elif how == "twice":
            lines.insert(at, lines[at])
        elif how == "swap":
            lines[at], lines[0] = lines[0], lines[at]
        elif how == "cut":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
        elif how == "missing":
            lines[at] = lines[at].replace(
                "0.", draw(st.sampled_from(["?", "NaN", ",", "x", "1e999"]))
            )
        else:
            lines[at] = draw(st.text(max_size=10))
        lines = lines or [""]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return (changed(draw, content) if draw(st.booleans()) else content), draw(READINGS)


@sizes
def test_ts_files(cases):
    run(cases, ts_files(), lambda case: check_file("a.ts", case[0], **case[1]))


@st.composite
def idx_files(draw):
    images, labels = idx(IMAGES), idx(LABELS)
    pack = draw(st.sampled_from([bytes, gzip.compress]))
    return pack(changed(draw, images)), changed(draw, pack(labels))


@sizes
def test_idx_files(cases):
    def test(case):
        with tempfile.TemporaryDirectory() as folder:
            for content, what in zip(case, ("images-idx3", "labels-idx1"), strict=True):
                Path(folder, f"train-{what}-ubyte").write_bytes(content)
            check(lambda: load_data("pixel-mnist", images=folder))

    run(cases, idx_files(), test)
