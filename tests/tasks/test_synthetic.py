"""The synthetic tasks hold what docs/algorithms.md, 6, says, at every length and in
distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from alignrnn import (
    Adding,
    ConfigurationError,
    Copy,
    DelayedMatch,
    RandomPermutation,
    TemporalOrder,
    TemporalOrder3Bit,
)
from alignrnn.registry import TASKS as REGISTRY

LENGTHS = range(10, 301)
GROUP = 30
"""Lengths compiled together: one by one costs five times as much."""
BATCH = 64
SAMPLES = 4000
P_VALUE = 1e-4
QUICK_COMPILATION = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
TASKS = list(REGISTRY.names)
OF_ANY_LENGTH = [name for name in TASKS if name != "copy"]
"""Any from 10; that of copy depends on its symbols, see test_copy.py."""
STIMULI, DISTRACTORS = 4, 4
SYMBOLS, ALPHABET = 4, 8

WINDOWS = {
    "temporal-order": lambda T, w: [(w, 2 * w), (5 * T // 10, 5 * T // 10 + w)],
    "temporal-order-3bit": lambda T, w: [
        (w, 2 * w),
        (3 * T // 10, 3 * T // 10 + w),
        (6 * T // 10, 6 * T // 10 + w),
    ],
    "adding": lambda T, w: [(0, w), (w, w + 4 * T // 10)],
    "delayed-match": lambda T, w: [(w, 2 * w), (T - w, T)],
}
"""First position and the one after the last, straight from the table of docs/algorithms.md, 6."""


def made(name: str, length: int):
    """The task of that length; of copy with fewer symbols, that the shortest has room for them."""
    task = REGISTRY.of(name)
    return task(length, symbols=SYMBOLS) if name == "copy" else task(length)


def windows_of(name: str, length: int) -> list[tuple[int, int]]:
    return WINDOWS[name](length, length // 10)


def marked_positions(marked: np.ndarray, windows: list[tuple[int, int]]) -> np.ndarray:
    """(markers, B): where each sample is marked; exactly one mark a window and none elsewhere."""
    outside = np.ones(len(marked), bool)
    for start, stop in windows:
        assert 0 <= start < stop <= len(marked)
        assert np.all(marked[start:stop].sum(axis=0) == 1)
        outside[start:stop] = False
    assert not marked[outside].any()
    return np.array([start + marked[start:stop].argmax(axis=0) for start, stop in windows])


def check_symbols(name: str, length: int, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Temporal order, of two or three symbols; returns their positions."""
    batch = inputs.shape[1]
    assert inputs.shape == (length, batch)
    assert targets.shape == (batch,)
    assert inputs.dtype == targets.dtype == np.int32
    assert inputs.min() >= 0
    assert inputs.max() <= 5  # with 0 and 1 at the marks alone, distractors are 2 to 5
    positions = marked_positions(inputs < 2, windows_of(name, length))
    symbols = np.take_along_axis(inputs, positions, axis=0)
    np.testing.assert_array_equal(targets, sum(2**bit * v for bit, v in enumerate(symbols)))
    return positions


def check_permutation(length: int, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Nothing is placed: returns no positions."""
    batch = inputs.shape[1]
    assert inputs.shape == (length, batch)
    assert targets.shape == (batch,)
    assert inputs.dtype == targets.dtype == np.int32
    assert set(np.unique(inputs[0])) <= {0, 1}
    assert inputs[1:].min() >= 2
    assert inputs[1:].max() <= 99
    np.testing.assert_array_equal(targets, inputs[0])
    return np.zeros((0, batch), int)


def check_adding(length: int, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the markers' positions."""
    batch = inputs.shape[1]
    assert inputs.shape == (length, batch, 2)
    assert targets.shape == (batch, 1)
    assert inputs.dtype == targets.dtype == np.float32
    markers, values = inputs[..., 0], inputs[..., 1]
    assert set(np.unique(markers)) == {0, 1}
    assert values.min() >= 0
    assert values.max() <= 1
    positions = marked_positions(markers == 1, windows_of("adding", length))
    marked = np.take_along_axis(values.astype(float), positions, axis=0)
    np.testing.assert_allclose(targets[:, 0], marked.mean(axis=0), rtol=0, atol=1e-6)
    return positions


def check_match(length: int, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Delayed match; returns the positions of sample and test."""
    assert inputs.shape == (length, inputs.shape[1])
    assert targets.shape == inputs.shape[1:]
    assert inputs.dtype == targets.dtype == np.int32
    assert inputs.min() >= 0
    assert inputs.max() < STIMULI + DISTRACTORS
    positions = marked_positions(inputs < STIMULI, windows_of("delayed-match", length))
    sample, test = np.take_along_axis(inputs, positions, axis=0)
    np.testing.assert_array_equal(targets, sample == test)
    return positions


def check_copy(length: int, batch) -> np.ndarray:
    """Nothing is placed: returns no positions."""
    inputs, targets, weights = (
        np.asarray(each) for each in (batch.inputs, batch.targets, batch.weights)
    )
    assert inputs.shape == targets.shape == weights.shape == (length, inputs.shape[1])
    assert inputs.dtype == targets.dtype == np.int32
    assert weights.dtype == np.float32
    for t in range(length):
        if t < SYMBOLS:
            assert inputs[t].min() >= 0
            assert inputs[t].max() < ALPHABET
        else:
            assert np.all(inputs[t] == ALPHABET + (t == length - SYMBOLS - 1))
        assert np.all(weights[t] == (t >= length - SYMBOLS))
    np.testing.assert_array_equal(targets[-SYMBOLS:], inputs[:SYMBOLS])
    assert not targets[:-SYMBOLS].any()
    return np.zeros((0, inputs.shape[1]), int)


def check(name: str, length: int, batch) -> np.ndarray:
    """All that holds of every sample; returns the marked positions, where there are any."""
    if name == "copy":
        return check_copy(length, batch)
    assert batch.weights is None
    inputs, (targets,) = np.asarray(batch.inputs), np.asarray(batch.targets)
    if name == "delayed-match":
        return check_match(length, inputs, targets)
    if name == "random-permutation":
        return check_permutation(length, inputs, targets)
    if name == "adding":
        return check_adding(length, inputs, targets)
    return check_symbols(name, length, inputs, targets)


@pytest.fixture
def numpy_draws(monkeypatch):
    """Draws by numpy while a sampler is traced. XLA's own generator takes a second or two to
    compile for every new length; it is put to the test at a few lengths below."""
    generator = np.random.default_rng(7)

    def bits(key, shape, dtype):
        return jnp.asarray(generator.integers(0, 2**32, shape, dtype))

    monkeypatch.setattr(jax.random, "bits", bits)


@pytest.mark.usefixtures("numpy_draws")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "temporal-order" else pytest.mark.slow)
        for name in TASKS
    ],
)
def test_every_length_keeps_to_the_definition(name):
    tasks = [made(name, length) for length in LENGTHS]
    for first in range(0, len(tasks), GROUP):
        group = tasks[first : first + GROUP]

        def sample(key, group=group):
            return [task.sample(key, BATCH) for task in group]

        batches = jax.jit(sample, compiler_options=QUICK_COMPILATION)(jax.random.key(0))
        for task, batch in zip(group, batches, strict=True):
            check(name, task.length, batch)


def assert_uniform(drawn: np.ndarray, start: int, stop: int) -> None:
    """Chi-square of integers against the uniform distribution on [start, stop)."""
    drawn = np.asarray(drawn).ravel()
    assert drawn.min() >= start
    assert drawn.max() < stop
    counts = np.bincount(drawn - start, minlength=stop - start)
    assert stop - start == 1 or scipy.stats.chisquare(counts).pvalue > P_VALUE


@pytest.mark.parametrize("length", [10, 25, 100])
@pytest.mark.parametrize("name", TASKS)
def test_draws_are_uniform_and_independent(name, length):
    task = made(name, length)
    batch = jax.jit(lambda key: task.sample(key, SAMPLES))(jax.random.key(2024))
    positions = check(name, length, batch)
    inputs, targets = np.asarray(batch.inputs), np.asarray(batch.targets)[-1]

    if name == "copy":
        joint = np.zeros(SAMPLES, int)
        for symbols in inputs[: SYMBOLS - 1]:  # of three jointly, and of the others' places
            assert_uniform(symbols, 0, ALPHABET)
            joint = joint * ALPHABET + symbols
        assert_uniform(joint, 0, ALPHABET ** (SYMBOLS - 1))
        assert_uniform(joint % ALPHABET * ALPHABET + targets, 0, ALPHABET**2)
    elif name == "random-permutation":
        assert_uniform(targets, 0, 2)
        assert_uniform(inputs[1:], 2, 100)
    else:
        windows = windows_of(name, length)
        cell = np.zeros(SAMPLES, int)
        for position, (start, stop) in zip(positions, windows, strict=True):
            assert_uniform(position, start, stop)
            cell = cell * (stop - start) + position - start
        cells = int(np.prod([stop - start for start, stop in windows]))
        assert_uniform(cell, 0, cells)  # all windows jointly: none follows another
        if name == "adding":
            values = inputs[..., 1]
            assert_uniform(np.minimum((values * 50).astype(int), 49), 0, 50)
            marked = np.take_along_axis(values, positions, axis=0)
            correlation = np.corrcoef(marked)[0, 1]
            assert abs(correlation) < 4 / np.sqrt(SAMPLES)  # four standard errors
        else:
            assert_uniform(targets, 0, task.output_size)
            first, stop = (STIMULI, STIMULI + DISTRACTORS) if name == "delayed-match" else (2, 6)
            assert_uniform(inputs[inputs >= first], first, stop)
            first_half = positions[0] - windows[0][0] < (windows[0][1] - windows[0][0]) // 2
            if first_half.any():  # where the first symbol is says nothing of the class
                assert_uniform(targets[first_half], 0, task.output_size)


@pytest.mark.parametrize("name", TASKS)
def test_a_key_gives_one_batch_inside_jit_and_outside(name):
    task = made(name, 10)
    key, other_key = jax.random.split(jax.random.key(5))
    batch, again, other = (task.sample(each, BATCH) for each in (key, key, other_key))
    jitted = jax.jit(lambda key: task.sample(key, BATCH))(key)
    np.testing.assert_array_equal(batch.inputs, again.inputs)
    np.testing.assert_array_equal(batch.targets, again.targets)
    np.testing.assert_array_equal(batch.inputs, jitted.inputs)
    # The mean of two values may be rounded differently by a fused loop.
    np.testing.assert_allclose(batch.targets, jitted.targets, rtol=1e-6)
    assert np.any(np.asarray(batch.inputs) != np.asarray(other.inputs))
    assert np.any(np.asarray(batch.targets) != np.asarray(other.targets))


@pytest.mark.parametrize("name", TASKS)
def test_validation_set_is_the_same_for_every_run(name):
    first, second = made(name, 10), made(name, 10)
    batch = first.validation(BATCH)
    drawn = [first.sample(jax.random.key(seed), BATCH) for seed in (0, 1)]  # runs in between
    for again in (first.validation(BATCH), second.validation(BATCH)):
        np.testing.assert_array_equal(batch.inputs, again.inputs)
        np.testing.assert_array_equal(batch.targets, again.targets)
    for other in drawn:
        assert np.any(np.asarray(batch.inputs) != np.asarray(other.inputs))
    check(name, 10, batch)


@pytest.mark.parametrize("name", OF_ANY_LENGTH)
@pytest.mark.parametrize("length", [9, 0, -1, True])
def test_a_bad_length_is_named_with_what_is_allowed(name, length):
    with pytest.raises(ConfigurationError) as caught:
        REGISTRY.of(name)(length)
    assert str(caught.value) == f"length: got {length}, but it must be an integer of at least 10"


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("name", OF_ANY_LENGTH)
@pytest.mark.parametrize(("length", "shown"), [(10.5, "10.5"), ("20", "'20'"), (None, "None")])
def test_a_length_of_the_wrong_type_is_named_too(name, length, shown):
    with pytest.raises(ConfigurationError) as caught:
        REGISTRY.of(name)(length)
    assert str(caught.value) == f"length: got {shown}, but it must be an integer of at least 10"


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (TemporalOrder, (6, 4, "classes", None)),
        (TemporalOrder3Bit, (6, 8, "classes", None)),
        (RandomPermutation, (100, 100, "classes", None)),
        (Adding, (2, 1, "values", 0.04)),
        (DelayedMatch, (8, 2, "classes", None)),
        (lambda length: Copy(length, symbols=5), (10, 8, "classes", None)),
    ],
)
def test_sizes_and_tolerance_are_those_of_the_definition(task, expected):
    own = task(12)
    assert own.length == 12
    assert (own.input_size, own.output_size, own.output_kind, own.tolerance) == expected
    assert own.every_step == isinstance(own, Copy)


@pytest.mark.parametrize("name", TASKS)
def test_double_precision_sees_the_same_data(name):
    task = made(name, 12)
    single = task.sample(jax.random.key(0), 50)
    with jax.enable_x64(True):
        double = task.sample(jax.random.key(0), 50)
    np.testing.assert_array_equal(single.inputs, double.inputs)
    np.testing.assert_allclose(single.targets, double.targets, rtol=1e-6)
