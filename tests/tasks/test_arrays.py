"""One's own sequences as a task: what is accepted, how it is split, and what every mistake says."""

import pickle
import sys
from typing import Any

import jax
import numpy as np
import pytest
from sklearn.datasets import load_digits

from alignrnn import ArrayTask, ConfigurationError, load_arrays, pixel_digits

N, T = 40, 3
SYMBOLS = np.arange(N * T).reshape(N, T)
"""Every entry its own symbol: row n at step t is n T + t."""
LABELS = np.repeat([0, 1, 2], [20, 15, 5])
FEATURES = np.linspace(-1, 1, N * T * 2).reshape(N, T, 2)
VALUES = np.linspace(0, 1, N)


def rows_of(symbols) -> np.ndarray:
    """Which rows of SYMBOLS a time-major batch consists of."""
    symbols = np.asarray(symbols)
    rows = symbols[0] // T
    np.testing.assert_array_equal(symbols.T, SYMBOLS[rows])
    return rows


def training_rows(task: ArrayTask, draws: int = 1000) -> set[int]:
    return set(rows_of(task.sample(jax.random.key(0), draws).inputs).tolist())


def held_out_rows(task: ArrayTask) -> list[int]:
    return rows_of(task.validation(1).inputs).tolist()


def test_symbols_and_labels_make_a_classification():
    task = ArrayTask(SYMBOLS, LABELS, name="mine")
    assert (task.name, task.length, task.input_size, task.output_size) == ("mine", T, N * T, 3)
    assert task.output_kind == "classes"
    batch = task.sample(jax.random.key(0), 7)
    assert batch.inputs.shape == (T, 7)
    assert batch.inputs.dtype == batch.targets.dtype == np.int32
    np.testing.assert_array_equal(batch.targets, LABELS[rows_of(batch.inputs)])


@pytest.mark.parametrize("targets", [VALUES, VALUES[:, None]])
def test_features_and_values_make_a_regression(targets):
    task = ArrayTask(FEATURES, targets, tolerance=0.1)
    assert (task.length, task.input_size, task.output_size) == (T, 2, 1)
    assert (task.output_kind, task.tolerance) == ("values", 0.1)
    batch = task.sample(jax.random.key(0), 7)
    assert batch.inputs.shape == (T, 7, 2)
    assert batch.targets.shape == (7, 1)
    assert batch.inputs.dtype == batch.targets.dtype == np.float32
    rows = np.rint(np.asarray(batch.targets[:, 0], float) * (N - 1)).astype(int)
    np.testing.assert_allclose(np.swapaxes(batch.inputs, 0, 1), FEATURES[rows], rtol=1e-6)


def test_several_values_a_sample_are_several_outputs():
    values = np.stack([VALUES, -VALUES], axis=1)
    task = ArrayTask(SYMBOLS, values)
    batch = task.sample(jax.random.key(0), 9)
    assert (task.output_size, task.tolerance) == (2, None)
    np.testing.assert_allclose(batch.targets, values[rows_of(batch.inputs)], rtol=1e-6)


def test_integer_features_are_real_numbers():
    task = ArrayTask(np.ones((N, T, 2), np.int64), LABELS)
    assert task.inputs.dtype == np.float32
    assert task.input_size == 2


def test_sizes_may_be_larger_than_what_is_seen():
    task = ArrayTask(SYMBOLS, LABELS, symbols=500, classes=9)
    assert (task.input_size, task.output_size) == (500, 9)


def test_own_validation_arrays_are_used_complete_and_in_order():
    validation = (SYMBOLS[30:], LABELS[30:])
    task = ArrayTask(SYMBOLS[:30], LABELS[:30], validation=validation)
    assert (task.input_size, task.output_size) == (N * T, 3)  # sizes count the validation part
    assert held_out_rows(task) == list(range(30, N))
    assert training_rows(task) == set(range(30))
    np.testing.assert_array_equal(task.validation(1).targets, LABELS[30:])


def test_own_validation_values_may_be_one_dimensional():
    task = ArrayTask(FEATURES[:30], VALUES[:30], validation=(FEATURES[30:], VALUES[30:]))
    np.testing.assert_allclose(task.validation(1).targets, VALUES[30:, None], rtol=1e-6)


@pytest.mark.parametrize("held_out", [0.2, 0.4])
def test_held_out_part_has_its_fraction_of_every_class(held_out):
    held = held_out_rows(ArrayTask(SYMBOLS, LABELS, held_out=held_out))
    np.testing.assert_array_equal(np.bincount(LABELS[held]), held_out * np.bincount(LABELS))


def test_values_hold_out_a_fraction_of_all():
    assert len(held_out_rows(ArrayTask(SYMBOLS, VALUES, held_out=0.25))) == N / 4


def test_split_is_disjoint_and_complete_and_sampling_covers_the_training_part():
    task = ArrayTask(SYMBOLS, LABELS)
    held, trained = held_out_rows(task), training_rows(task)
    assert len(held) == len(set(held))
    assert trained.isdisjoint(held)
    assert trained.union(held) == set(range(N))


def test_split_is_fixed_and_chosen_by_its_seed():
    held = [held_out_rows(ArrayTask(SYMBOLS, LABELS, split_seed=seed)) for seed in (0, 0, 1)]
    assert held[0] == held[1] != held[2]
    assert held[0] == held_out_rows(ArrayTask(SYMBOLS, LABELS))


def test_a_draw_takes_every_training_row_equally_often():
    rows = rows_of(ArrayTask(SYMBOLS, LABELS).sample(jax.random.key(3), 32_000).inputs)
    counts = np.bincount(rows)
    counts = counts[counts > 0]
    assert len(counts) == 32
    assert np.all(np.abs(counts - 1000) < 5 * np.sqrt(1000))


def test_validation_is_complete_and_time_major_whatever_the_number():
    task = ArrayTask(FEATURES, LABELS)
    for samples in (1, 10_000):
        batch = task.validation(samples)
        assert batch.inputs.shape == (T, 8, 2)
        assert batch.targets.shape == (8,)
    np.testing.assert_array_equal(np.swapaxes(batch.inputs, 0, 1), task.validation_inputs)


def test_same_key_same_batch_inside_jit_too():
    task = ArrayTask(SYMBOLS, LABELS)
    first, other = (task.sample(jax.random.key(seed), 20) for seed in (1, 2))
    jitted = jax.jit(lambda task, key: task.sample(key, 20))(task, jax.random.key(1))
    np.testing.assert_array_equal(first.inputs, jitted.inputs)
    np.testing.assert_array_equal(first.targets, jitted.targets)
    assert np.any(np.asarray(first.inputs) != np.asarray(other.inputs))


def replaced(array: np.ndarray, index, value) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


NEITHER_INPUTS = "it must be integers (N, T), symbols, or numbers (N, T, I), features"
NEITHER_TARGETS = "it must be integers (N,), class labels, or real numbers (N,) or (N, O)"

MISTAKES = {
    "real symbols": (
        (SYMBOLS * 1.0, LABELS),
        {},
        f"inputs: got float64 of shape (40, 3), but {NEITHER_INPUTS}",
    ),
    "one axis": (
        (np.arange(N), LABELS),
        {},
        f"inputs: got int64 of shape (40,), but {NEITHER_INPUTS}",
    ),
    "four axes": (
        (FEATURES[..., None], LABELS),
        {},
        f"inputs: got float64 of shape (40, 3, 2, 1), but {NEITHER_INPUTS}",
    ),
    "complex features": (
        (FEATURES * 1j, LABELS),
        {},
        f"inputs: got complex128 of shape (40, 3, 2), but {NEITHER_INPUTS}",
    ),
    "texts": (
        (np.full((N, T), "a"), LABELS),
        {},
        f"inputs: got <U1 of shape (40, 3), but {NEITHER_INPUTS}",
    ),
    "labels of two axes": (
        (SYMBOLS, LABELS[:, None]),
        {},
        f"targets: got int64 of shape (40, 1), but {NEITHER_TARGETS}",
    ),
    "values of three axes": (
        (SYMBOLS, VALUES[:, None, None]),
        {},
        f"targets: got float64 of shape (40, 1, 1), but {NEITHER_TARGETS}",
    ),
    "true or false": (
        (SYMBOLS, LABELS > 0),
        {},
        f"targets: got bool of shape (40,), but {NEITHER_TARGETS}",
    ),
    "rows": ((SYMBOLS, LABELS[:-1]), {}, "targets: got 39 rows, but inputs has 40"),
    "no rows": (
        (SYMBOLS[:0], LABELS[:0]),
        {},
        "inputs: got int64 of shape (0, 3), but no axis may be empty",
    ),
    "no steps": (
        (SYMBOLS[:, :0], LABELS),
        {},
        "inputs: got int64 of shape (40, 0), but no axis may be empty",
    ),
    "no features": (
        (FEATURES[..., :0], LABELS),
        {},
        "inputs: got float32 of shape (40, 3, 0), but no axis may be empty",
    ),
    "no values": (
        (SYMBOLS, np.zeros((N, 0))),
        {},
        "targets: got float32 of shape (40, 0), but no axis may be empty",
    ),
    "nan": (
        (replaced(FEATURES, (4, 1, 0), np.nan), LABELS),
        {},
        "inputs: got nan at (4, 1, 0), but all must be finite",
    ),
    "infinite": (
        (SYMBOLS, replaced(VALUES, 7, -np.inf)),
        {},
        "targets: got -inf at (7, 0), but all must be finite",
    ),
    "negative symbol": (
        (replaced(SYMBOLS, (0, 0), -2), LABELS),
        {},
        "inputs: got -2, but all must be integers from 0 up",
    ),
    "negative label": (
        (SYMBOLS, replaced(LABELS, slice(5), -1)),
        {},
        "targets: got -1, but all must be integers from 0 up",
    ),
    "symbol too large": (
        (SYMBOLS, LABELS),
        {"symbols": 100},
        "inputs: got 100, but all must be integers from 0 to 99",
    ),
    "label too large": (
        (SYMBOLS, LABELS),
        {"classes": 2},
        "targets: got 2, but all must be integers from 0 to 1",
    ),
    "values too large for the device": (
        (np.full((8, 4, 2), 1e39), LABELS[:8]),
        {},
        "inputs: got inf at (0, 0, 0), but all must be finite",
    ),
    "symbols too large for the device": (
        (SYMBOLS + 2**40, LABELS),
        {},
        f"inputs: got {int(SYMBOLS.flat[0]) + 2**40}, but all must be integers from 0 up",
    ),
    "three validation arrays": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS, LABELS)},
        "validation: got 3 arrays, but it must be (inputs, targets)",
    ),
    "a negative split seed": (
        (SYMBOLS, LABELS),
        {"split_seed": -1},
        "split_seed: got -1, but it must be an integer of at least 0",
    ),
    "no symbols": (
        (SYMBOLS, LABELS),
        {"symbols": 0},
        "symbols: got 0, but it must be an integer of at least 1",
    ),
    "no classes": (
        (SYMBOLS, LABELS),
        {"classes": 0},
        "classes: got 0, but it must be an integer of at least 1",
    ),
    "one class": (
        (SYMBOLS, np.zeros(N, int)),
        {},
        "targets: got one class, but there must be at least 2",
    ),
    "nothing held out": (
        (SYMBOLS, LABELS),
        {"held_out": 0.0},
        "held_out: got 0.0, but it must be a finite number above 0",
    ),
    "negative held out": (
        (SYMBOLS, LABELS),
        {"held_out": -0.1},
        "held_out: got -0.1, but it must be a finite number above 0",
    ),
    "undefined held out": (
        (SYMBOLS, LABELS),
        {"held_out": float("nan")},
        "held_out: got nan, but it must be a finite number above 0",
    ),
    "all held out": (
        (SYMBOLS, LABELS),
        {"held_out": 1.0},
        "held_out: got 1.0, but it must be below 1",
    ),
    "too few to hold out": (
        (SYMBOLS[:4], np.array([0, 0, 1, 1])),
        {"held_out": 0.1},
        "inputs: got 4 samples, but too few to hold out a fraction of 0.1 of each class "
        "and train on the rest",
    ),
    "too few to train": (
        (SYMBOLS[:4], np.array([0, 0, 1, 1])),
        {"held_out": 0.9},
        "inputs: got 4 samples, but too few to hold out a fraction of 0.9 of each class "
        "and train on the rest",
    ),
    "negative tolerance": (
        (SYMBOLS, VALUES),
        {"tolerance": -1.0},
        "tolerance: got -1.0, but it must be a finite number of at least 0",
    ),
    "validation of another length": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS[:, :2], LABELS)},
        "validation_inputs: got int64 of shape (40, 2), "
        "but the training array is int64 of shape (40, 3)",
    ),
    "validation of another kind": (
        (SYMBOLS, LABELS),
        {"validation": (FEATURES, LABELS)},
        "validation_inputs: got float32 of shape (40, 3, 2), "
        "but the training array is int64 of shape (40, 3)",
    ),
    "validation targets of another kind": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, VALUES)},
        "validation_targets: got float32 of shape (40, 1), "
        "but the training array is int64 of shape (40,)",
    ),
    "validation of the wrong type": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS * 1.0, LABELS)},
        f"validation_inputs: got float64 of shape (40, 3), but {NEITHER_INPUTS}",
    ),
    "validation targets of the wrong type": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS[:, None])},
        f"validation_targets: got int64 of shape (40, 1), but {NEITHER_TARGETS}",
    ),
    "validation rows": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS[:-1])},
        "validation_targets: got 39 rows, but validation_inputs has 40",
    ),
    "empty validation": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS[:0], LABELS[:0])},
        "validation_inputs: got int64 of shape (0, 3), but no axis may be empty",
    ),
    "validation not finite": (
        (FEATURES, LABELS),
        {"validation": (replaced(FEATURES, (0, 0, 1), np.inf), LABELS)},
        "validation_inputs: got inf at (0, 0, 1), but all must be finite",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_what_is_allowed(mistake):
    arrays, options, message = MISTAKES[mistake]
    with pytest.raises(ConfigurationError) as caught:
        ArrayTask(*arrays, **options)
    assert str(caught.value) == message
    assert caught.value.field == message.partition(":")[0]


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"held_out": "half"}, "held_out: got half, but it must be a finite number above 0"),
        (
            {"tolerance": "none"},
            "tolerance: got none, but it must be a finite number of at least 0",
        ),
        ({"symbols": 99.5}, "symbols: got 99.5, but it must be an integer of at least 1"),
        ({"classes": True}, "classes: got True, but it must be an integer of at least 1"),
    ],
)
def test_an_option_of_the_wrong_type_is_named_too(options, message):
    with pytest.raises(ConfigurationError) as caught:
        ArrayTask(SYMBOLS, LABELS, **options)
    assert str(caught.value) == message


def test_a_file_gives_the_task_of_its_arrays(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, inputs=SYMBOLS, targets=LABELS)
    for given in (path, str(path)):
        task = load_arrays(given, held_out=0.4)
        assert (task.name, task.input_size, task.output_size) == ("mine", N * T, 3)
        assert held_out_rows(task) == held_out_rows(ArrayTask(SYMBOLS, LABELS, held_out=0.4))


def test_a_file_may_bring_its_validation_arrays(tmp_path):
    path = tmp_path / "values.npz"
    np.savez_compressed(
        path,
        inputs=FEATURES[:30],
        targets=VALUES[:30],
        validation_inputs=FEATURES[30:],
        validation_targets=VALUES[30:],
    )
    task = load_arrays(path, tolerance=0.5)
    assert task.tolerance == 0.5
    assert task.inputs.shape == (30, T, 2)
    np.testing.assert_allclose(task.validation(1).targets, VALUES[30:, None], rtol=1e-6)


def loading_error(path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_arrays(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["missing.npz", ""])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    path = tmp_path / name
    assert loading_error(path) == f"task: got {path}, but there is no such file"


@pytest.mark.parametrize(
    ("names", "given", "allowed"),
    [
        (
            ("inputs", "targets", "weights", "extra"),
            " with extra, weights",
            "its arrays must be among: inputs, targets, validation_inputs, validation_targets",
        ),
        (("inputs",), "", "it must hold an array named targets"),
        (("targets",), "", "it must hold an array named inputs"),
        ((), "", "it must hold an array named inputs"),
        (
            ("inputs", "targets", "validation_inputs"),
            " with validation_inputs alone",
            "both or neither of the two must be",
        ),
        (
            ("inputs", "targets", "validation_targets"),
            " with validation_targets alone",
            "both or neither of the two must be",
        ),
    ],
)
def test_a_file_with_the_wrong_arrays_is_named(tmp_path, names, given, allowed):
    path = tmp_path / "file.npz"
    arrays: dict[str, Any] = {name: LABELS if "targets" in name else SYMBOLS for name in names}
    np.savez(path, **arrays)
    assert loading_error(path) == f"task: got {path}{given}, but {allowed}"


class Trap:
    """Unpickling it would raise a flag."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def write_npz_of_objects(path):
    np.savez(path, inputs=np.array([Trap()], object), targets=LABELS)


def write_pickle(path):
    path.write_bytes(pickle.dumps(Trap()))


def write_npy(path):
    with path.open("wb") as file:
        np.save(file, SYMBOLS)


@pytest.mark.parametrize(
    "write",
    [
        write_npz_of_objects,
        write_pickle,
        write_npy,
        lambda path: path.write_text("inputs\ntargets\n"),
        lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
        lambda path: path.write_bytes(b""),
    ],
    ids=["npz of objects", "pickle", "npy", "text", "broken zip", "empty"],
)
def test_a_file_of_anything_else_is_refused_and_never_run(tmp_path, write):
    path = tmp_path / "file.npz"
    write(path)
    message = loading_error(path)
    # The reason at the end is numpy's own.
    start = f"task: got {path}, but it must be an .npz file of plain arrays ("
    assert message.startswith(start)
    assert message.endswith(")")
    assert len(message) > len(start) + 1
    assert not Trap.sprung


@pytest.fixture(scope="module")
def digits():
    return pixel_digits()


def test_digits_are_1797_sequences_of_64_pixels(digits):
    held, kept = digits.validation(1), digits.inputs
    assert (digits.name, digits.length, digits.input_size) == ("pixel-digits", 64, 1)
    assert (digits.output_kind, digits.output_size, digits.tolerance) == ("classes", 10, None)
    assert len(kept) + held.inputs.shape[1] == 1797
    for pixels in (kept, held.inputs):
        assert (pixels.min(), pixels.max()) == (0, 1)
    assert held.inputs.shape[0] == kept.shape[1] == 64


def test_digits_hold_out_a_fifth_of_every_class(digits):
    held = np.bincount(digits.validation(1).targets, minlength=10)
    kept = np.bincount(digits.targets, minlength=10)
    assert np.all(np.abs(held - (held + kept) / 5) <= 1)


def test_digits_are_split_the_same_way_always(digits):
    again = pixel_digits()
    np.testing.assert_array_equal(digits.inputs, again.inputs)
    np.testing.assert_array_equal(digits.validation_inputs, again.validation_inputs)


def test_digits_and_their_labels_belong_together(digits):
    pixels, labels = load_digits(return_X_y=True)
    label_of = {image.tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    for images, targets in (
        (digits.inputs, digits.targets),
        (digits.validation_inputs, digits.validation_targets),
    ):
        whole = np.asarray(images[..., 0], float) * 16
        assert [label_of[image.tobytes()] for image in whole] == np.asarray(targets).tolist()


def test_digits_without_scikit_learn_say_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ConfigurationError) as caught:
        pixel_digits()
    assert str(caught.value) == (
        "task: got pixel-digits, but it needs scikit-learn: pip install 'alignrnn[data]'"
    )
