"""Files of the UEA and UCR archives."""

import sys

import numpy as np
import pytest

from alignrnn import ConfigurationError, load_data
from alignrnn.tasks import check_numbers, check_task, read_data

RNG = np.random.default_rng(0)


def written(rows, labels, *, regression=False):
    """A file from the format's description: channels between colons, the label last."""
    sizes = {len(row) for row in rows}
    channels = rows[0].shape[1]
    head = ["# made up", "@problemName Made", "@timeStamps false", "@missing false"]
    head.append(f"@univariate {'true' if channels == 1 else 'false'}")
    head += [f"@dimensions {channels}"] if channels > 1 else []
    head.append(f"@equalLength {'true' if len(sizes) == 1 else 'false'}")
    head += [f"@seriesLength {len(rows[0])}"] if len(sizes) == 1 else []
    head.append(
        "@targetlabel true" if regression else f"@classLabel true {' '.join(sorted(set(labels)))}"
    )
    lines = [
        ":".join([*(",".join(map(str, channel)) for channel in row.T), str(label)])
        for row, label in zip(rows, labels, strict=True)
    ]
    return "\n".join([*head, "@data", *lines]) + "\n"


LABELS = list("abababababab")
EQUAL = [RNG.normal(size=(6, 2)).round(4) for _ in LABELS]
UNEQUAL = [RNG.normal(size=(3 + n % 4, 2)).round(4) for n in range(len(LABELS))]
ONE = [RNG.normal(size=(6, 1)).round(4) for _ in LABELS]


@pytest.mark.parametrize("rows", [EQUAL, UNEQUAL, ONE], ids=["equal", "unequal", "one channel"])
def test_a_file_is_read_as_it_was_written(tmp_path, rows):
    path = tmp_path / "Made_TRAIN.ts"
    path.write_text(written(rows, LABELS))
    data = read_data(str(path))
    for read, row in zip(data.training.inputs, rows, strict=True):
        np.testing.assert_allclose(read, row)
    assert data.training.targets.tolist() == LABELS
    assert data.test is None
    task = load_data(str(path))
    assert (task.labels, task.input_size) == (("a", "b"), rows[0].shape[1])
    check_task(task, 3, 3)
    check_numbers(task, 3, task.validation(1))


def test_the_test_file_beside_it_is_the_test_part(tmp_path):
    (tmp_path / "Made_TRAIN.ts").write_text(written(EQUAL, LABELS))
    (tmp_path / "Made_TEST.ts").write_text(written(EQUAL[:4], LABELS[:4]))
    data = read_data(str(tmp_path / "Made_TRAIN.ts"))
    assert data.name == "Made"
    assert len(data.test.inputs) == 4
    alone = read_data(str(tmp_path / "Made_TEST.ts"))
    assert (len(alone.training.inputs), alone.test) == (4, None)


def test_values_to_predict(tmp_path):
    path = tmp_path / "made.ts"
    path.write_text(written(EQUAL, [0.5 * n for n in range(12)], regression=True))
    task = load_data(str(path))
    assert task.output_kind == "values"
    assert read_data(str(path)).training.targets.tolist() == [0.5 * n for n in range(12)]


@pytest.mark.parametrize(
    ("name", "train", "test", "length", "channels", "classes"),
    [
        ("japanese-vowels", 270, 370, 29, 12, 9),
        ("basic-motions", 40, 40, 100, 6, 4),
        ("osu-leaf", 200, 242, 427, 1, 6),
    ],
)
def test_shipped_sets_are_what_their_docstrings_say(name, train, test, length, channels, classes):
    data = read_data(name)
    assert (len(data.training.inputs), len(data.test.inputs)) == (train, test)
    parts = (data.training, data.test)
    assert max(len(each) for part in parts for each in part.inputs) == length
    assert {np.shape(each)[1] for part in parts for each in part.inputs} == {channels}
    assert len(np.unique(data.training.targets)) == classes
    np.testing.assert_array_equal(np.unique(data.training.targets), np.unique(data.test.targets))


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", b"@data\n", b"\xff\xfe\0", b"@problemName x\n@data\n1,2:a\n1,b:c\n"],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "bad.ts"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_data(str(path))
    assert "\n" not in str(caught.value)


def test_without_aeon_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    monkeypatch.setitem(sys.modules, "aeon", None)
    with pytest.raises(ConfigurationError, match=r"it needs aeon: pip install 'alignrnn\[data\]'"):
        load_data("japanese-vowels")
