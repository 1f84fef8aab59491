"""Copy memory with options of its own: the answer by an oracle, every boundary, and that it can be
learnt. test_synthetic.py has what holds of every synthetic task."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignrnn import BPTT, GRU, ConfigurationError, Copy, Optimizer, Protocol, Stopping, train
from alignrnn.losses import Answers
from alignrnn.tasks import named_task

SAMPLES = 3000


def asked(inputs: np.ndarray, alphabet: int) -> tuple[np.ndarray, np.ndarray]:
    """What is to be said and whether it is scored, of a sequence of one sample: after the mark as
    many steps follow as there are symbols to repeat. Slow, and from the inputs alone."""
    (mark,) = np.flatnonzero(inputs == alphabet + 1)
    targets, weights = np.zeros_like(inputs), np.zeros(len(inputs))
    count = len(inputs) - 1 - mark
    assert list(np.flatnonzero(inputs < alphabet)) == list(range(count))
    for step in range(count):
        targets[mark + 1 + step] = inputs[step]
        weights[mark + 1 + step] = 1
    return targets, weights


def check(task: Copy, samples: int) -> None:
    batch = task.sample(jax.random.key(3), samples)
    inputs, targets, weights = map(np.asarray, (batch.inputs, batch.targets, batch.weights))
    assert inputs.shape == targets.shape == weights.shape == (task.length, samples)
    assert inputs.min() >= 0
    assert inputs.max() == task.input_size - 1
    assert np.all(weights.sum(axis=0) == task.symbols)
    for sample in range(samples):
        answers, scored = asked(inputs[:, sample], task.alphabet)
        np.testing.assert_array_equal(targets[:, sample], answers)
        np.testing.assert_array_equal(weights[:, sample], scored)


def test_thousands_of_samples_are_those_of_an_oracle():
    check(Copy(), SAMPLES)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(symbols=st.integers(1, 12), alphabet=st.integers(2, 2**16), blanks=st.integers(0, 30))
def test_any_options_make_what_the_oracle_reads(symbols, alphabet, blanks):
    check(Copy(2 * symbols + 1 + blanks, symbols, alphabet), 5)


def test_the_shortest_has_no_blank_before_the_mark():
    task = Copy(3, symbols=1, alphabet=2)
    batch = task.sample(jax.random.key(0), 20)
    inputs = np.asarray(batch.inputs)
    assert set(inputs[0]) == {0, 1}
    np.testing.assert_array_equal(inputs[1:], np.broadcast_to([[3], [2]], (2, 20)))
    np.testing.assert_array_equal(batch.targets, [0 * inputs[0], 0 * inputs[0], inputs[0]])


@pytest.mark.parametrize("symbols", range(1, 30))
def test_a_length_has_to_have_room_for_the_symbols_the_mark_and_the_recall(symbols):
    shortest = 2 * symbols + 1
    assert Copy(shortest, symbols).length == shortest
    with pytest.raises(ConfigurationError) as caught:
        Copy(shortest - 1, symbols)
    assert str(caught.value) == (
        f"length: got {shortest - 1}, but with symbols = {symbols} it must be at least {shortest}"
    )


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"symbols": 0}, "symbols: got 0, but it must be an integer of at least 1"),
        ({"symbols": 2.0}, "symbols: got 2.0, but it must be an integer of at least 1"),
        ({"symbols": True}, "symbols: got True, but it must be an integer of at least 1"),
        ({"alphabet": 1}, "alphabet: got 1, but it must be an integer from 2 to 65536"),
        ({"alphabet": 65537}, "alphabet: got 65537, but it must be an integer from 2 to 65536"),
        ({"alphabet": "8"}, "alphabet: got '8', but it must be an integer from 2 to 65536"),
        ({"length": 30.0}, "length: got 30.0, but it must be an integer of at least 1"),
        ({"length": True}, "length: got True, but it must be an integer of at least 1"),
        ({"length": 0}, "length: got 0, but it must be an integer of at least 1"),
    ],
)
def test_a_bad_option_is_named_with_what_is_allowed(options, message):
    with pytest.raises(ConfigurationError) as caught:
        Copy(**options)
    assert str(caught.value) == message


def test_chance_is_a_loss_of_the_logarithm_of_the_alphabet():
    task = Copy(11, symbols=2, alphabet=5)
    batch = task.sample(jax.random.key(0), 400)
    answers = Answers(batch.targets, batch.weights, None, task.output_kind)
    outputs = np.zeros((11, 400, 5), np.float32)
    outputs[:9, :, 3] = 100.0  # what is said before the recall counts nothing
    np.testing.assert_allclose(answers.loss(jax.numpy.asarray(outputs)), np.log(5), rtol=1e-6)


def test_its_name_takes_its_options():
    made = named_task("copy", {"symbols": 5, "alphabet": 4, "length": 50})
    assert (made.name, made.length, made.input_size, made.output_size) == ("copy", 50, 6, 4)
    assert vars(named_task("copy")) == vars(Copy())


@pytest.mark.slow
def test_a_network_learns_it():
    with jax.numpy_dtype_promotion("standard"):  # for Optax's Adam
        result = train(
            Copy(11, symbols=2, alphabet=3),
            BPTT(),
            cell=GRU(32),
            optimizer=Optimizer("adam", 0.01),
            protocol=Protocol(validation_samples=1_000, stopping=Stopping(max_iterations=2_000)),
        )
    assert result.status == "solved"
    assert result.best_error == 0  # without memory it is 2/3
