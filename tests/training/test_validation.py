"""Validation: the shorter way of a check gives the exact verdict, and misleads in no order of the
data; the exact count where asked for."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    ArrayTask,
    Batch,
    ElmanRNN,
    Protocol,
    Stopping,
    Task,
    TemporalOrder,
    train,
)
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


class FreshEchoes(Task):
    """Symbols to be said again, drawn; those at `wrong` places of a batch have another label."""

    wrong: tuple[int, ...] = eqx.field(static=True)
    name: ClassVar[str] = "echoes"
    length: ClassVar[int] = 1
    input_size: ClassVar[int] = 10
    output_size: ClassVar[int] = 10
    output_kind: ClassVar[str] = "classes"
    tolerance: ClassVar[None] = None

    def sample(self, key, batch_size):
        shown = jax.random.randint(key, (batch_size,), 0, 10)
        labels = shown.at[jnp.array(self.wrong, int)].add(1) % 10 if self.wrong else shown
        return Batch(shown[None], labels)


def with_wrong_at(places, samples=2_300, checked=None):
    """A finite set of so many samples, of which these have another label."""
    shown = np.arange(samples) % 10
    labels = shown.copy()
    labels[list(places)] = (labels[list(places)] + 1) % 10
    return ValidationSet(echo_task(labels, shown), checked or samples)


def counted(validation, *, exact):
    errors = count(echo_network(), validation, jnp.bool_(exact))
    return float(errors.wrong), float(errors.seen)


@pytest.mark.parametrize("places", [(), (2_299,), (0,), (600, 1_700)])
@pytest.mark.parametrize("exact", [False, True])
def test_few_wrong_samples_are_counted_exactly_either_way(places, exact):
    for validation in (ValidationSet(FreshEchoes(places), 2_300), with_wrong_at(places)):
        assert counted(validation, exact=exact) == (len(places), 2_300)


def test_of_fresh_draws_many_wrong_samples_end_it_early_unless_exactness_is_asked_for():
    validation = ValidationSet(FreshEchoes(tuple(range(0, 2_300, 10))), 2_300)
    wrong, seen = counted(validation, exact=False)
    assert (wrong, seen) == (SLICE / 10, SLICE)
    assert wrong >= ENOUGH_WRONG
    assert counted(validation, exact=True) == (230, 2_300)


def test_of_finite_data_all_is_looked_at_whatever_its_order():
    """A file sorted by class, of which the first is all wrong, is no worse than one shuffled."""
    assert counted(with_wrong_at(range(600)), exact=False) == (600, 2_300)
    assert counted(with_wrong_at(range(1_700, 2_300)), exact=False) == (600, 2_300)


class TestMoreThanACheckLooksAt:
    @pytest.mark.parametrize("places", [range(4_000), range(16_000, 20_000)])
    def test_it_is_a_fixed_random_sample(self, places):
        validation = with_wrong_at(places, samples=20_000, checked=2_000)
        wrong, seen = counted(validation, exact=False)
        assert seen == 2_000
        assert wrong / seen == pytest.approx(0.2, abs=0.04)
        assert counted(validation, exact=False) == (wrong, seen)
        assert counted(validation, exact=True) == (4_000, 20_000)

    @pytest.mark.parametrize("place", [0, 7_654, 19_999])
    def test_where_none_of_it_is_wrong_the_rest_is_looked_at_too(self, place):
        validation = with_wrong_at([place], samples=20_000, checked=1_000)
        assert counted(validation, exact=False)[0] == 1
        assert counted(with_wrong_at([], 20_000, 1_000), exact=False) == (0, 20_000)
        assert counted(validation, exact=True) == (1, 20_000)


def test_a_task_with_a_validation_of_its_own_is_finite():
    assert TemporalOrder(10).draws_validation
    assert not echo_task([0], [0]).draws_validation

    class Own(FreshEchoes):
        def validation(self, samples):
            return super().validation(samples)

    assert not Own(()).draws_validation


@pytest.mark.slow
def test_the_order_of_the_rows_of_a_file_decides_nothing():
    """The case that misled: 12,000 rows in order of their class, with a weak signal."""
    draw = np.random.default_rng(0)
    labels = np.repeat([0, 1], 6_000)
    inputs = draw.normal(size=(12_000, 4, 3)) + 0.35 * (2 * labels[:, None, None] - 1)
    protocol = Protocol(stopping=Stopping(max_iterations=400, patience=None))
    result = train(ArrayTask(inputs, labels), BPTT(), protocol=protocol)
    assert result.history.error.min() == pytest.approx(result.best_error, abs=1e-7)


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


@pytest.mark.parametrize("checked", [60, 500, 750, 1_999])
def test_the_sample_is_as_large_as_was_asked_for(checked):
    seen = counted(with_wrong_at(range(10_000), 20_000, checked), exact=False)[1]
    assert checked <= seen < checked + 4  # each slice may be one larger
