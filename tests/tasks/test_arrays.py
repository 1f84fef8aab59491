"""One's own sequences as a task: what is accepted, and how it is split."""

import jax
import numpy as np
import pytest

from alignrnn import ArrayTask

from .own_arrays import (
    FEATURES,
    LABELS,
    SYMBOLS,
    VALUES,
    N,
    T,
    held_out_rows,
    rows_of,
    training_rows,
)


def test_symbols_and_labels_make_a_classification():
    task = ArrayTask(SYMBOLS, LABELS, name="mine")
    assert (task.name, task.length, task.input_size, task.output_size) == ("mine", T, N * T, 3)
    assert task.output_kind == "classes"
    batch = task.sample(jax.random.key(0), 7)
    assert batch.inputs.shape == (T, 7)
    assert batch.inputs.dtype == batch.targets.dtype == np.int32
    np.testing.assert_array_equal(batch.targets[0], LABELS[rows_of(batch.inputs)])


@pytest.mark.parametrize("targets", [VALUES, VALUES[:, None]])
def test_features_and_values_make_a_regression(targets):
    task = ArrayTask(FEATURES, targets, tolerance=0.1)
    assert (task.length, task.input_size, task.output_size) == (T, 2, 1)
    assert (task.output_kind, task.tolerance) == ("values", 0.1)
    batch = task.sample(jax.random.key(0), 7)
    assert batch.inputs.shape == (T, 7, 2)
    assert batch.targets.shape == (1, 7, 1)
    assert batch.inputs.dtype == batch.targets.dtype == np.float32
    rows = np.rint(np.asarray(batch.targets[0, :, 0], float) * (N - 1)).astype(int)
    np.testing.assert_allclose(np.swapaxes(batch.inputs, 0, 1), FEATURES[rows], rtol=1e-6)


def test_several_values_a_sample_are_several_outputs():
    values = np.stack([VALUES, -VALUES], axis=1)
    task = ArrayTask(SYMBOLS, values)
    batch = task.sample(jax.random.key(0), 9)
    assert (task.output_size, task.tolerance) == (2, None)
    np.testing.assert_allclose(batch.targets[0], values[rows_of(batch.inputs)], rtol=1e-6)


def test_integer_features_are_real_numbers():
    task = ArrayTask(np.ones((N, T, 2), np.int64), LABELS)
    assert task.inputs.dtype == np.float32
    assert task.input_size == 2


def test_sizes_may_be_larger_than_what_is_seen():
    task = ArrayTask(SYMBOLS, LABELS, symbols=500, classes=9)
    assert (task.input_size, task.output_size) == (500, 9)


@pytest.mark.filterwarnings("ignore:validation_targets")
def test_own_validation_arrays_are_used_complete_and_in_order():
    validation = (SYMBOLS[30:], LABELS[30:])
    task = ArrayTask(SYMBOLS[:30], LABELS[:30], validation=validation)
    assert (task.input_size, task.output_size) == (N * T, 3)  # sizes count the validation part
    assert held_out_rows(task) == list(range(30, N))
    assert training_rows(task) == set(range(30))
    np.testing.assert_array_equal(task.validation(1).targets[0], LABELS[30:])


def test_validation_sequences_may_be_longer_or_shorter():
    """Each has its length then, and both are padded to the longest."""
    short = ArrayTask(SYMBOLS[:, :2], LABELS, validation=(SYMBOLS, LABELS))
    assert short.length == T
    np.testing.assert_array_equal(short.lengths, np.full(N, 2))
    np.testing.assert_array_equal(short.validation_lengths, np.full(N, T))
    np.testing.assert_array_equal(short.inputs[:, :2], SYMBOLS[:, :2])


def test_real_numbers_of_two_axes_are_one_feature():
    task = ArrayTask(FEATURES[..., 0], LABELS)
    assert (task.input_size, task.inputs.shape) == (1, (32, T, 1))


def test_own_validation_values_may_be_one_dimensional():
    task = ArrayTask(FEATURES[:30], VALUES[:30], validation=(FEATURES[30:], VALUES[30:]))
    np.testing.assert_allclose(task.validation(1).targets[0], VALUES[30:, None], rtol=1e-6)


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
        assert batch.targets.shape == (1, 8)
    np.testing.assert_array_equal(np.swapaxes(batch.inputs, 0, 1), task.validation_inputs)


def test_same_key_same_batch_inside_jit_too():
    task = ArrayTask(SYMBOLS, LABELS)
    first, other = (task.sample(jax.random.key(seed), 20) for seed in (1, 2))
    jitted = jax.jit(lambda task, key: task.sample(key, 20))(task, jax.random.key(1))
    np.testing.assert_array_equal(first.inputs, jitted.inputs)
    np.testing.assert_array_equal(first.targets, jitted.targets)
    assert np.any(np.asarray(first.inputs) != np.asarray(other.inputs))
