"""The files of MNIST: read as their format says, and refused where they do not hold to it."""

import gzip
import struct
import warnings

import numpy as np
import pytest

from alignrnn import ConfigurationError, load_data
from alignrnn.configuration import configuration
from alignrnn.data.idx import read_idx
from alignrnn.errors import Notice
from alignrnn.sweeps.grid import expand
from alignrnn.tasks import check_numbers, check_task, read_data

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 3, 4), np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 2


def idx(array: np.ndarray) -> bytes:
    """A file's bytes from the format's description."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + bytes(array.ravel().tolist())


def write(folder, part="train", images=IMAGES, labels=LABELS, end="", dot="-"):
    pack = gzip.compress if end else bytes
    folder.mkdir(exist_ok=True, parents=True)
    (folder / f"{part}-images{dot}idx3-ubyte{end}").write_bytes(pack(idx(images)))
    (folder / f"{part}-labels{dot}idx1-ubyte{end}").write_bytes(pack(idx(labels)))
    return folder


def refusal(*arguments, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_data(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_read_as_it_was_written(tmp_path, pack):
    (tmp_path / "a").write_bytes(pack(idx(IMAGES)))
    read = read_idx(tmp_path / "a", 3)
    np.testing.assert_array_equal(read, IMAGES)
    assert read.dtype == np.uint8


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has 0 bytes, fewer than its head"),
        (idx(IMAGES)[:10], "it has 10 bytes, fewer than its head"),
        (idx(IMAGES)[:-1], "it says 20 × 3 × 4 values and has 239"),
        (idx(IMAGES) + b"0", "it says 20 × 3 × 4 values and has 241"),
        (idx(LABELS), "its first bytes are 00 00 08 01"),
        (b"\0\0\x0d\x03" + idx(IMAGES)[4:], "its first bytes are 00 00 0d 03"),
        (idx(np.zeros((0, 3, 4), np.uint8)), "it is empty"),
        (struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3), "values and has 0"),
        (gzip.compress(idx(IMAGES), mtime=0)[:30], "it cannot be read: "),
        (b"\x1f\x8bnothing", "it cannot be read: "),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path, content, why):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_idx(tmp_path / "a", 3)
    message = str(caught.value)
    assert message.startswith(f"images: got '{tmp_path / 'a'}', but it must be an IDX file")
    assert why in message
    assert "\n" not in message


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-", "."])
def test_pixels_row_by_row(tmp_path, end, dot):
    write(tmp_path, end=end, dot=dot)
    data = read_data("pixel-mnist", images=str(tmp_path))
    np.testing.assert_allclose(data.training.inputs, IMAGES.reshape(20, 12, 1) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.training.targets, LABELS)
    assert data.test is None
    task = load_data("pixel-mnist", images=str(tmp_path))
    assert (task.length, task.input_size, task.output_size, task.name) == (12, 1, 2, "pixel-mnist")
    check_task(task, 4, 4)
    check_numbers(task, 4, task.validation(1))


def test_rows_and_a_fixed_order(tmp_path):
    write(tmp_path)
    rows = read_data("pixel-mnist", images=str(tmp_path), form="rows").training.inputs
    np.testing.assert_allclose(rows, IMAGES / 255, rtol=1e-6)
    permuted = read_data("pixel-mnist", images=str(tmp_path), form="permuted").training.inputs
    # The order as NumPy 2.4 draws it: it must never be another.
    order = [6, 11, 4, 10, 2, 8, 1, 7, 9, 3, 0, 5]
    np.testing.assert_allclose(permuted[:, :, 0], IMAGES.reshape(20, 12)[:, order] / 255, rtol=1e-6)


def test_t10k_is_the_test_part_and_alone_it_is_trained_on(tmp_path):
    both = write(write(tmp_path / "both"), "t10k", IMAGES[:5], LABELS[:5])
    data = read_data("pixel-mnist", images=str(both))
    assert (len(data.training.inputs), len(data.test.inputs), data.notes) == (20, 5, ())
    alone = write(tmp_path / "alone", "t10k")
    with pytest.warns(Notice, match=f"{alone} has the files of t10k alone, .* its 20 images"):
        task = load_data("pixel-mnist", images=str(alone))
    assert len(task.inputs) == 16


def test_what_is_not_there_is_said_in_one_line(tmp_path, without_type_checker):
    assert refusal("pixel-mnist") == (
        "images: got nothing, but it must be the folder with train-images-idx3-ubyte.gz and the "
        "like; over a network, the task openml:mnist_784 needs none"
    )
    assert "there is no such folder" in refusal("pixel-mnist", images=str(tmp_path / "none"))
    assert "there is no such folder" in refusal("pixel-mnist", images="a\0b")
    assert "it must hold train-images" in refusal("pixel-mnist", images=str(tmp_path))
    assert "it must be the name of a folder" in refusal("pixel-mnist", images=3)
    assert refusal("pixel-mnist", images=str(tmp_path), form="columns").startswith("form: ")
    write(tmp_path, labels=LABELS[:7])
    assert "7 labels in" in refusal("pixel-mnist", images=str(tmp_path))
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert "images and labels must both be there" in refusal("pixel-mnist", images=str(tmp_path))
    other = write(write(tmp_path / "b"), "t10k", IMAGES[:, :2], LABELS)
    assert "images of two sizes" in refusal("pixel-mnist", images=str(other))


def section(**options):
    return {"task": {"name": "pixel-mnist", **options}, "rule": {"name": "bptt"}}


def test_the_folder_of_images_is_looked_for_beside_the_grid_file(tmp_path, monkeypatch):
    write(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    (here,) = expand(section(images="digits"))
    monkeypatch.chdir("/")
    (there,) = expand(section(images="digits"), tmp_path)
    assert here == there
    assert here.task["images"] == "digits"
    assert here.task["folder"] == str(tmp_path)
    assert here.build_task().inputs.shape == (16, 12, 1)
    absolute = configuration(section(images=str(tmp_path / "digits")))
    assert "folder" not in absolute.task
    source, name = here.data_source()
    assert source.read(name).training.inputs.shape == (20, 12, 1)


def test_identity_is_the_content_of_all_files(tmp_path, monkeypatch):
    write(tmp_path / "a" / "d")
    write(tmp_path / "b" / "d")
    of = {at: expand(section(images="d"), tmp_path / at)[0] for at in "ab"}
    assert of["a"].identity == of["b"].identity
    write(tmp_path / "b" / "d", labels=1 - LABELS)
    changed = expand(section(images="d"), tmp_path / "b")[0]
    assert changed.identity != of["a"].identity
    with pytest.raises(ConfigurationError, match="task: got"):
        of["b"].build_task()


def test_openml_rows_are_sequences_of_one_feature(monkeypatch):
    asked = []

    def fetch(**which):
        asked.append(which)
        rows = np.random.default_rng(0).normal(size=(30, 5))
        return type("Bunch", (), {"data": rows, "target": np.array(["a", "b", "c"] * 10)})

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    task = load_data("openml:mnist_784")
    assert (task.length, task.input_size, task.output_size) == (5, 1, 3)
    assert task.labels == ("a", "b", "c")
    load_data("openml:554", version=2)
    assert asked[0]["name"] == "mnist_784"
    assert asked[0]["version"] == 1
    assert asked[1]["data_id"] == 554


def test_openml_that_fails_is_one_line(monkeypatch):
    def fetch(**which):
        warnings.warn("A network error", UserWarning, stacklevel=1)
        raise OSError("no\nnetwork")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    assert refusal("openml:mnist_784") == (
        "task: got 'openml:mnist_784', but it must be a data set that openml.org gives (no)"
    )
    assert "it must be openml:NAME or openml:ID" in refusal("openml:")
    assert "it must be openml:NAME or openml:ID" in refusal("openml")
    for data, target in (
        (np.array([["a", "b"]]), np.zeros(1)),
        (object(), np.zeros(1)),
        (np.zeros((3, 2)), None),
    ):
        made = type("Bunch", (), {"data": data, "target": target})
        monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda made=made, **_: made)
        assert "openml:x must" in refusal("openml:x")
