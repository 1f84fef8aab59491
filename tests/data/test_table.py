"""Tables in long form, a row a step: the arrays they stand for, whatever the rows' order."""

import numpy as np
import pandas as pd
import pytest

from alignrnn import ConfigurationError
from alignrnn.data import TableFile
from alignrnn.tasks import check_numbers, check_task, frame_task, load_data, read_data

RNG = np.random.default_rng(0)
LENGTHS = [4, 2, 5, 3, 1, 4, 2, 3]
IDS = ["w", "b", "q", "a", "z", "k", "c", "m"]
FEATURES = [RNG.normal(size=(length, 2)) for length in LENGTHS]
LABELS = ["x", "y"] * 4
STEP_VALUES = [RNG.normal(size=length) for length in LENGTHS]
PERSONS = ["p", "p", "q", "q", "r", "r", "s", "s"]
PARTS = ["train", "test", "train", "validation", "train", "train", "validation", "test"]


def frame() -> pd.DataFrame:
    rows = []
    for n, length in enumerate(LENGTHS):
        for step in range(length):
            rows.append(
                {
                    "id": IDS[n],
                    "step": step * 10,
                    "one": FEATURES[n][step, 0],
                    "two": FEATURES[n][step, 1],
                    "target": LABELS[n],
                    "value": STEP_VALUES[n][step],
                    "person": PERSONS[n],
                    "part": PARTS[n],
                    "symbol": (n + step) % 5,
                }
            )
    return pd.DataFrame(rows)


def shuffled(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    return table.sample(frac=1, random_state=seed)


USED = {"time": "step", "features": ["one", "two"]}


def part_of(table, **options):
    options = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    return TableFile(**options).of_frame(table, "frame")


def refusal(table, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        frame_task(table, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check_rows(part):
    """That each sequence, by its name, has its own steps and label."""
    assert sorted(part.ids) == sorted(IDS)
    for row, name in enumerate(part.ids):
        n = IDS.index(name)
        length = LENGTHS[n]
        assert part.lengths[row] == length
        np.testing.assert_allclose(part.inputs[row, :length], FEATURES[n])
        assert part.targets[row] == LABELS[n]
        assert part.groups[row] == PERSONS[n]


@pytest.mark.parametrize("seed", range(4))
def test_rows_in_any_order_are_the_arrays(seed):
    part = part_of(shuffled(frame(), seed), **USED, group="person").training
    check_rows(part)


def test_without_a_time_the_rows_of_a_sequence_are_in_order():
    mixed = frame().sort_values("step", kind="stable")  # sequences interleaved
    part = part_of(mixed, features=["one", "two"], group="person").training
    check_rows(part)


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_a_file_is_its_frame(tmp_path, end):
    path, table = tmp_path / f"my.{end}", shuffled(frame())
    table.to_csv(path, index=False) if end == "csv" else table.to_parquet(path)
    check_rows(read_data(str(path), **USED, group="person").training)
    task = load_data(str(path), **USED, group="person", held_out=0.25)
    assert (task.name, task.input_size, task.labels) == ("my", 2, ("x", "y"))
    check_task(task, 3, 3)
    check_numbers(task, 3, task.validation(1))


TIMES = {
    "floats": lambda step: step / 7,
    "dates": lambda step: pd.Timestamp("2024-02-28") + pd.to_timedelta(step, "D"),
    "texts": lambda step: (pd.Timestamp("2024-02-28") + pd.to_timedelta(step, "D")).isoformat(),
    "dates as texts": lambda step: f"{2000 + step}-01-31",
    "of a zone": lambda step: (
        pd.Timestamp("2024-03-30", tz="Europe/Rome") + pd.to_timedelta(step, "h")
    ),
    "negative": lambda step: step - 20,
}


@pytest.mark.parametrize("kind", TIMES)
def test_times_of_any_kind(kind):
    table = frame()
    table["step"] = [TIMES[kind](step) for step in table["step"]]
    check_rows(part_of(shuffled(table), **USED, group="person").training)


NULLABLE = {"one": "Float64", "step": "Int64", "id": "string", "target": "category"}


def test_nullable_and_categorical_columns_are_like_plain_ones():
    table = shuffled(frame().astype(NULLABLE))
    check_rows(part_of(table, **USED, group="person").training)
    table = frame().astype({"one": "Float64"})
    table.loc[2, "one"] = pd.NA
    part = part_of(table, **USED).training
    assert np.isnan(part.inputs[0, 2, 0])
    assert np.isnan(part.inputs[0]).sum() == 1
    task = frame_task(table, **USED, missing="mean", held_out=0.5)
    check_numbers(task, 3, task.validation(1))


class Frame:
    """What any library's frame has: columns, a length, and columns that give NumPy arrays."""

    def __init__(self, table):
        self._of = {name: table[name].to_numpy() for name in table.columns}
        self.columns = list(self._of)

    def __len__(self):
        return len(self._of["id"])

    def __getitem__(self, name):
        return type("Column", (), {"to_numpy": lambda _: self._of[name]})()


def test_a_frame_of_another_library():
    check_rows(part_of(Frame(shuffled(frame())), **USED, group="person").training)


def test_an_answer_a_step_and_what_has_none():
    table = frame().drop(columns="target")
    table.loc[1, "value"] = np.nan
    task = frame_task(
        shuffled(table), **USED, target="value", every_step=True, part="part", group="person"
    )
    assert (task.output_kind, task.every_step) == ("values", True)
    data = part_of(shuffled(table), **USED, target=["value"], every_step=True, part="part")
    row = data.training.ids.index("w")
    np.testing.assert_allclose(
        data.training.targets[row, :4], [STEP_VALUES[0][0], np.nan, *STEP_VALUES[0][2:]]
    )
    np.testing.assert_array_equal(task.weights[row], [1, 0, 1, 1, 0])


def test_labels_at_every_step_with_one_missing():
    table = frame()
    table["target"] = [f"{step % 20}" for step in table["step"]]
    table.loc[1, "target"] = None
    task = frame_task(table, **USED, every_step=True, part="part")
    assert task.labels == ("0", "10")
    np.testing.assert_array_equal(task.weights[0], [1, 0, 1, 1, 0])
    wanted = np.ones(len(table))
    wanted[3] = 0
    table["w"] = wanted
    task = frame_task(table, **USED, every_step=True, weight="w", part="part")
    np.testing.assert_array_equal(task.weights[0], [1, 0, 1, 0, 0])


def test_integer_labels_at_every_step():
    table = frame()
    table["target"] = table["step"] // 10 % 2
    task = frame_task(shuffled(table), **USED, every_step=True, part="part")
    assert (task.output_kind, task.every_step, task.labels) == ("classes", True, None)
    np.testing.assert_array_equal(task.targets[0, :4], [0, 1, 0, 1])
    # A missing one makes pandas have real numbers, which are values unless it is said.
    table["target"] = table["target"].astype(float)
    table.loc[2, "target"] = np.nan
    task = frame_task(table, **USED, every_step=True, part="part", output_kind="classes")
    assert (task.output_kind, task.labels) == ("classes", None)
    np.testing.assert_array_equal(task.targets[0, [0, 1, 3]], [0, 1, 1])
    np.testing.assert_array_equal(task.weights[0, :4], [1, 1, 0, 1])


def test_real_numbers_that_are_not_whole_are_no_labels():
    table = frame().assign(target=0.5)
    assert "it must be labels" in refusal(table, **USED, output_kind="classes")


def test_several_targets_are_values_together():
    table = frame()
    table["sum"] = [float(IDS.index(name)) for name in table["id"]]
    table["other"] = 2 * table["sum"] + 1
    part = part_of(shuffled(table), **USED, target=["sum", "other"]).training
    for name, values in zip(part.ids, part.targets, strict=True):
        assert values.tolist() == [IDS.index(name), 2 * IDS.index(name) + 1]


def test_the_part_column_splits_sequences():
    data = part_of(shuffled(frame()), **USED, part="part")
    for part, name in (
        (data.training, "train"),
        (data.validation, "validation"),
        (data.test, "test"),
    ):
        assert sorted(part.ids) == sorted(
            one for one, of in zip(IDS, PARTS, strict=True) if of == name
        )
        for row, own in enumerate(part.ids):
            n = IDS.index(own)
            np.testing.assert_allclose(part.inputs[row, : LENGTHS[n]], FEATURES[n])
            assert part.targets[row] == LABELS[n]


def test_groups_are_held_out_as_a_whole():
    for seed in range(5):
        options = {**USED, "group": "person", "held_out": 0.4, "split_seed": seed}
        task = frame_task(shuffled(frame()), **options)
        kept = {
            PERSONS[n]
            for n, rows in enumerate(FEATURES)
            if np.isclose(np.asarray(task.inputs)[:, 0], rows[0], rtol=1e-5).all(axis=1).any()
        }
        held = {
            PERSONS[n]
            for n, rows in enumerate(FEATURES)
            if np.isclose(np.asarray(task.validation_inputs)[:, 0], rows[0], rtol=1e-5)
            .all(axis=1)
            .any()
        }
        assert not kept & held
        assert kept | held == set(PERSONS)


def test_symbols():
    data = part_of(shuffled(frame()), time="step", features=["symbol"], symbols=True)
    for row, name in enumerate(data.training.ids):
        n = IDS.index(name)
        wanted = [(n + step) % 5 for step in range(LENGTHS[n])]
        assert data.training.inputs[row, : LENGTHS[n]].tolist() == wanted
    task = frame_task(frame(), time="step", features=["symbol"], symbols=True, held_out=0.25)
    assert task.input_size == 5
    assert task.inputs.dtype == np.int32


def test_ids_that_are_numbers_stay_apart():
    table = frame()
    table["id"] = [10 if name == "w" else 1 if name == "b" else 100 for name in table["id"]]
    table["step"] = range(len(table))
    table["target"] = table["target"].where(table["id"] != 100, "x")
    part = part_of(table, **USED).training
    assert part.ids == [10, 1, 100]
    assert part.lengths.tolist() == [4, 2, 18]


def changed(column, row, value):
    table = frame()
    table[column] = table[column].astype(object)
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (changed("step", 1, 0), {"time": "step"}, "step: got 0 twice in sequence w"),
        (changed("id", 3, None), {}, "id: got nothing in row 3, but every row needs its id"),
        (changed("step", 3, None), {"time": "step"}, "step: "),
        (changed("target", 1, "y"), {}, "target: got x and y in sequence w"),
        (changed("one", 1, "high"), {}, "one: got 'high', but it must be numbers"),
        (changed("part", 1, "test"), {"part": "part"}, "part: got train and test in sequence w"),
        (changed("part", slice(0, 3), "dev"), {"part": "part"}, "part: got 'dev'"),
        (frame(), {"id": "who"}, "id: got 'who', but the columns are: id, step"),
        (frame(), {"features": ["one", "three"]}, "features: got 'three'"),
        (frame(), {"features": ["one", "symbol"], "symbols": True}, "with symbols it must be one"),
        (frame(), {"features": ["one"], "symbols": True}, "one: got 'float64'"),
        (frame().iloc[:0], {}, "it must have rows"),
        (frame()[["id", "target"]], {}, "features: got no column"),
        (frame().rename(columns={"two": "one"}), {}, "two are 'one'"),
        (frame().assign(step="soon"), {"time": "step"}, "times are numbers or ISO dates"),
        (frame().assign(target=None), {}, "target"),
        (frame().assign(one=np.nan), {}, "inputs: got nan at (0, 0, 0)"),
        (frame().assign(one=np.inf), {}, "inputs: got inf at"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(table, options, message):
    if not {"features", "id"} & set(options) and len(table.columns) > 5:
        options = {**options, "features": [each for each in ("one", "two") if each in table]}
    assert message in refusal(table, **options)
