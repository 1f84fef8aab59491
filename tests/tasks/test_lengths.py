"""Sequences of a length of their own: each is what the task says of that length, wherever it
stands in its batch."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
import scipy.stats

from alignrnn import (
    BPTT,
    RNN,
    Adding,
    ConfigurationError,
    Copy,
    Elman,
    Optimizer,
    Protocol,
    RandomPermutation,
    Stopping,
    TemporalOrder,
    generalize,
    train,
)
from alignrnn.configuration import configuration
from alignrnn.registry import TASKS as REGISTRY

from .test_synthetic import ALPHABET, SYMBOLS, check

TASKS = list(REGISTRY.names)
FIRST, LAST = 10, 40
SAMPLES = 400
P_VALUE = 1e-4


def ranged(name: str, **options):
    own = {"symbols": SYMBOLS} if name == "copy" else {}
    return REGISTRY.of(name)(lengths=f"{FIRST}..{LAST}", **own, **options)


def cut(batch, sample: int, first: int, length: int, *, every_step: bool):
    """One sequence by itself, as a batch of one without lengths."""
    rows = slice(first, first + length)

    def own(array):
        if array is None:
            return None
        array = np.asarray(array)
        return array[rows if every_step else slice(None), [sample]]

    inputs = np.asarray(batch.inputs)[rows, [sample]]
    weights = own(batch.weights) if every_step else None
    return SimpleNamespace(inputs=inputs, targets=own(batch.targets), weights=weights)


def begins(name: str, inputs: np.ndarray, end: int) -> range:
    """Where a sequence that ends there can begin, of what stands before it nothing is known."""
    return range(max(0, end - LAST), end - FIRST + 1)


@pytest.mark.parametrize("name", TASKS)
def test_each_sequence_is_what_the_task_says_of_its_length(name):
    task = ranged(name)
    assert task.length == LAST
    batch = jax.jit(lambda key: task.sample(key, SAMPLES))(jax.random.key(1))
    lengths = np.asarray(batch.lengths)
    for sample in range(0, SAMPLES, 4):
        length = int(lengths[sample])
        own = cut(batch, sample, 0, length, every_step=task.every_step)
        check(name, length, own)


@pytest.mark.parametrize("name", TASKS)
def test_lengths_are_uniform_and_all_of_the_range(name):
    batch = ranged(name).sample(jax.random.key(2), 4000)
    counts = np.bincount(np.asarray(batch.lengths) - FIRST, minlength=LAST - FIRST + 1)
    assert len(counts) == LAST - FIRST + 1
    assert scipy.stats.chisquare(counts).pvalue > P_VALUE


@pytest.mark.parametrize("name", TASKS)
def test_with_a_run_in_some_beginning_makes_each_what_the_task_says(name):
    """Of the lengths and beginnings there can be, one at least fits; before it stands nothing that
    the task would take for a mark."""
    task = ranged(name, run_in=True)
    batch = jax.jit(lambda key: task.sample(key, SAMPLES))(jax.random.key(3))
    ends = np.asarray(batch.lengths)
    assert ends.min() >= FIRST
    assert ends.max() == LAST
    inputs = np.asarray(batch.inputs)
    for sample in range(0, SAMPLES, 8):
        end = int(ends[sample])
        fits = []
        for first in begins(name, inputs[:, sample], end):
            own = cut(batch, sample, first, end - first, every_step=task.every_step)
            try:
                check(name, end - first, own)
            except (AssertionError, IndexError):
                continue
            fits.append(first)
        assert fits, (sample, end)
        before = inputs[: fits[-1], sample]
        if name == "copy":
            assert np.all(before == ALPHABET)
        elif name == "adding":
            assert not before[:, 0].any()
        else:
            reserved = 4 if name == "delayed-match" else 2
            assert np.all(before[: fits[0]] >= reserved)


def test_a_run_in_is_uniform_on_what_the_length_leaves():
    task = RandomPermutation(lengths="10..40", run_in=True)  # where 0 or 1 stands, it begins
    batch = task.sample(jax.random.key(4), 20_000)
    inputs, ends = np.asarray(batch.inputs), np.asarray(batch.lengths)
    begin = (inputs < 2).argmax(axis=0)
    assert np.all((inputs < 2).sum(axis=0) == 1)
    lengths = ends - begin
    counts = np.bincount(lengths - FIRST, minlength=31)
    assert scipy.stats.chisquare(counts).pvalue > P_VALUE
    for length in (10, 25, 39):
        of_length = begin[lengths == length]
        counts = np.bincount(of_length, minlength=LAST - length + 1)
        assert len(counts) == LAST - length + 1
        assert scipy.stats.chisquare(counts).pvalue > P_VALUE


def test_only_the_sequence_decides_what_is_said():
    task = TemporalOrder(lengths="10..30")
    batch = task.sample(jax.random.key(5), 50)
    network = RNN(Elman(8), task.input_size, task.output_size, key=jax.random.key(0))
    within = np.arange(30)[:, None] < np.asarray(batch.lengths)
    other = np.where(within, batch.inputs, 2)
    said = [
        network.outputs(jax.numpy.asarray(each), batch.lengths) for each in (batch.inputs, other)
    ]
    np.testing.assert_array_equal(*said)


def test_validation_is_over_the_range():
    lengths = np.asarray(ranged("temporal-order").validation(500).lengths)
    assert lengths.min() == FIRST
    assert lengths.max() == LAST


@pytest.mark.slow
def test_a_range_is_learnt():
    task = RandomPermutation(lengths="10..20", run_in=True)
    protocol = Protocol(validation_samples=500, stopping=Stopping(max_iterations=3000))
    result = train(task, BPTT(clip=1.0), optimizer=Optimizer("sgd", 0.3), protocol=protocol)
    assert result.status == "solved"
    assert generalize(result.network, task, [10, 15, 20], 1000).found["network"][0].wrong == 0


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        (
            TemporalOrder,
            {"lengths": "5..20"},
            "lengths: got '5..20', but the shortest must be at least 10",
        ),
        (
            Copy,
            {"lengths": "20..40"},
            "lengths: got '20..40', but the shortest must be at least 21",
        ),
        (
            Adding,
            {"lengths": "20-40"},
            "lengths: got '20-40', but it must be a range of lengths, such as 20..100",
        ),
        (
            Adding,
            {"lengths": "40..20"},
            "lengths: got '40..20', but it must be a range of lengths, such as 20..100, from the "
            "shorter to the longer",
        ),
        (
            Adding,
            {"length": 30, "lengths": "20..40"},
            "length: got 30, but with lengths = 20..40 it is their last, 40",
        ),
        (
            Adding,
            {"run_in": True},
            "run_in: got True, but it needs lengths, such as 20..100",
        ),
    ],
)
def test_a_mistake_is_one_line(task, options, message):
    with pytest.raises(ConfigurationError) as caught:
        task(**options)
    assert str(caught.value) == message


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("lengths", [(20, 100), 20, "", "20..", "٢٠..٤٠", "20..1e2"])
def test_so_is_a_range_that_is_none(lengths):
    with pytest.raises(ConfigurationError, match="a range of lengths, such as"):
        TemporalOrder(lengths=lengths)


def test_in_a_configuration_a_range_is_complete_and_counts():
    def of(**task):
        return configuration({"task": {"name": "adding", **task}, "rule": {"name": "bptt"}})

    plain, ranged, other = of(length=40), of(lengths="20..40"), of(lengths="20..40", run_in=True)
    assert dict(plain.task) == {"name": "adding", "length": 40}
    assert dict(ranged.task) == {
        "name": "adding", "length": 40, "lengths": "20..40", "run_in": False,
    }  # fmt: skip
    assert len({plain.identity, ranged.identity, other.identity}) == 3
    assert of(length=40, lengths="20..40").identity == ranged.identity
    assert ranged.build_task() == Adding(lengths="20..40")
    assert ranged.build_task().title == "adding T=20..40"
