"""Delayed match to sample with options of its own: the answer by an oracle, of what it is
independent, and that it can be learnt. test_synthetic.py has what holds of every synthetic task."""

import itertools

import jax
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from alignrnn import (
    BPTT,
    GRU,
    ConfigurationError,
    DelayedMatch,
    Optimizer,
    Protocol,
    Stopping,
    train,
)
from alignrnn.tasks import named_task

SAMPLES = 12_000
P_VALUE = 1e-4


def read(inputs: np.ndarray, stimuli: int) -> tuple[list[int], list[int]]:
    """Places and stimuli of a sequence of one sample, from the inputs alone."""
    places = [step for step, symbol in enumerate(inputs) if symbol < stimuli]
    return places, [int(inputs[place]) for place in places]


def drawn(task: DelayedMatch, samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers `(B,)`, places and stimuli `(2, B)`; each answer is that of the oracle."""
    batch = task.sample(jax.random.key(11), samples)
    inputs, (answers,) = np.asarray(batch.inputs), np.asarray(batch.targets)
    assert inputs.shape == (task.length, samples)
    assert inputs.min() >= 0
    assert inputs.max() < task.stimuli + task.distractors == task.input_size
    assert batch.weights is None
    places, stimuli = [], []
    for sequence, answer in zip(inputs.T, answers, strict=True):
        where, (sample, test) = read(sequence, task.stimuli)
        assert answer == (1 if sample == test else 0)
        places.append(where)
        stimuli.append((sample, test))
    places = np.array(places).T
    w = task.length // 10
    assert np.all((places[0] >= w) & (places[0] < 2 * w))
    assert np.all((places[1] >= task.length - w) & (places[1] < task.length))
    return answers, places, np.array(stimuli).T


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    length=st.integers(10, 120),
    stimuli=st.integers(2, 2**16),
    distractors=st.one_of(st.just(1), st.integers(1, 2**16)),
)
def test_any_options_make_what_the_oracle_reads(length, stimuli, distractors):
    drawn(DelayedMatch(length, stimuli, distractors), 20)


@pytest.mark.parametrize("stimuli", [2, 3, 5])
def test_half_match_and_nothing_but_both_stimuli_tells_which(stimuli):
    task = DelayedMatch(30, stimuli)
    answers, places, (sample, test) = drawn(task, SAMPLES)
    assert scipy.stats.binomtest(int(answers.sum()), SAMPLES, 0.5).pvalue > P_VALUE
    inputs = np.asarray(task.sample(jax.random.key(11), SAMPLES).inputs)
    delay = inputs[6:27]  # between the windows
    telling = {
        "the sample": sample,
        "the test": test,
        "the sample's place": places[0],
        "the test's place": places[1],
        "both places": 3 * (places[0] - 3) + places[1] - 27,
        "the first distractor": inputs[0],
        "the last of the delay": delay[-1],
        "how often one distractor came": np.minimum((delay == stimuli).sum(axis=0), 9),
    }
    for what, value in telling.items():
        table = np.array([np.bincount(value[answers == each], minlength=31) for each in (0, 1)])
        table = table[:, table.sum(axis=0) > 0]
        assert table.shape[1] > 1, what
        assert scipy.stats.chi2_contingency(table).pvalue > P_VALUE, what
    pairs = list(itertools.permutations(range(stimuli), 2))
    unlike = [np.sum((sample == one) & (test == other)) for one, other in pairs]
    alike = [np.sum((sample == each) & (test == each)) for each in range(stimuli)]
    for counts in (unlike, alike):
        assert scipy.stats.chisquare(counts).pvalue > P_VALUE


def test_one_distractor_is_a_blank():
    inputs = np.asarray(DelayedMatch(20, 3, 1).sample(jax.random.key(0), 200).inputs)
    assert set(np.unique(inputs)) == {0, 1, 2, 3}
    assert np.all((inputs == 3).sum(axis=0) == 18)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stimuli": 1}, "stimuli: got 1, but it must be an integer from 2 to 65536"),
        ({"stimuli": 65537}, "stimuli: got 65537, but it must be an integer from 2 to 65536"),
        ({"stimuli": 3.0}, "stimuli: got 3.0, but it must be an integer from 2 to 65536"),
        ({"distractors": 0}, "distractors: got 0, but it must be an integer from 1 to 65536"),
        ({"distractors": None}, "distractors: got None, but it must be an integer from 1 to 65536"),
    ],
)
def test_a_bad_option_is_named_with_what_is_allowed(options, message):
    with pytest.raises(ConfigurationError) as caught:
        DelayedMatch(**options)
    assert str(caught.value) == message


def test_its_name_takes_its_options():
    made = named_task("delayed-match", {"stimuli": 3, "distractors": 1, "length": 40})
    assert (made.name, made.length, made.input_size) == ("delayed-match", 40, 4)
    assert vars(named_task("delayed-match")) == vars(DelayedMatch())


@pytest.mark.slow
def test_a_network_learns_it():
    with jax.numpy_dtype_promotion("standard"):  # for Optax's Adam
        result = train(
            DelayedMatch(10),
            BPTT(),
            cell=GRU(32),
            optimizer=Optimizer("adam", 0.01),
            protocol=Protocol(validation_samples=1_000, stopping=Stopping(max_iterations=2_000)),
        )
    assert result.status == "solved"
    assert result.best_error == 0  # by chance it is 1/2
