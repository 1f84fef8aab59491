"""Validation: the early way out gives the exact verdict, and the exact count where asked for."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import ArrayTask, ElmanRNN, TemporalOrder
from alignrnn.training.validation import ENOUGH_WRONG, SLICE, ValidationSet, count_errors

count = jax.jit(count_errors)


def echo_task(labels, held_out_labels):
    """Sequences of one symbol; `echo_network` says the symbol."""
    symbols = np.asarray(held_out_labels)[:, None]
    training = np.arange(10)[:, None]
    return ArrayTask(training, np.arange(10), validation=(symbols, np.asarray(labels)))


def echo_network():
    network = ElmanRNN(10, 10, 10, activation="identity", key=jax.random.key(0))
    eye = jnp.eye(10)
    return eqx.tree_at(lambda n: (n.w_xh, n.w_hh, n.w_hy), network, (eye, 0 * eye, eye))


def with_wrong_at(places, samples=2_300):
    shown = np.arange(samples) % 10
    labels = shown.copy()
    labels[list(places)] = (labels[list(places)] + 1) % 10
    return ValidationSet(echo_task(labels, shown), samples)


@pytest.mark.parametrize("places", [[], [2_299], [0], [600, 1_700]])
def test_few_wrong_samples_are_counted_exactly_either_way(places):
    for exact in (False, True):
        errors = count(echo_network(), with_wrong_at(places), jnp.bool_(exact))
        assert (float(errors.wrong), float(errors.seen)) == (len(places), 2_300)


def test_many_wrong_samples_end_it_early_unless_exactness_is_asked_for():
    wrong = range(0, 2_300, 10)
    early = count(echo_network(), with_wrong_at(wrong), jnp.bool_(False))
    assert (float(early.wrong), float(early.seen)) == (SLICE / 10, SLICE)
    assert early.wrong >= ENOUGH_WRONG
    exact = count(echo_network(), with_wrong_at(wrong), jnp.bool_(True))
    assert (float(exact.wrong), float(exact.seen)) == (230, 2_300)


def test_a_network_that_says_nothing_finite_is_wrong():
    network = jax.tree.map(lambda leaf: leaf * jnp.nan, echo_network())
    errors = count(network, with_wrong_at([]), jnp.bool_(True))
    assert float(errors.wrong) == 2_300


def test_a_synthetic_task_s_set_is_cut_into_slices_that_lose_nothing():
    task = TemporalOrder(10)
    validation = ValidationSet(task, 1_200)
    batch = task.validation(1_200)
    inputs = np.moveaxis(np.asarray(validation.inputs), 1, 0).reshape(10, -1)
    np.testing.assert_array_equal(inputs[:, :1_200], batch.inputs)
    np.testing.assert_array_equal(validation.targets.ravel()[:1_200], batch.targets)
    assert validation.weights.sum() == 1_200
