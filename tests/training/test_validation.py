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
    RNN,
    ArrayTask,
    Batch,
    ConfigurationError,
    Elman,
    Protocol,
    Stopping,
    Task,
    TemporalOrder,
    train,
)
from alignrnn.training.validation import (
    ENOUGH_WRONG,
    VALIDATION_SLICE,
    ValidationSet,
    answer_errors,
    count_errors,
)

from ..rules.cases import with_parameters

count = jax.jit(count_errors)


def echo_task(labels, held_out_labels):
    """Sequences of one symbol; `echo_network` says the symbol."""
    symbols = np.asarray(held_out_labels)[:, None]
    training = np.arange(10)[:, None]
    held_out = symbols, np.asarray(labels)
    return ArrayTask(training, np.arange(10), validation=held_out, notices=False)


def echo_network(every_step=False):
    network = RNN(
        Elman(10, activation="identity"), 10, 10, every_step=every_step, key=jax.random.key(0)
    )
    eye = jnp.eye(10)
    parameters = network.parameters | {"w_xh": eye, "w_hh": 0 * eye, "w_hy": eye}
    return with_parameters(network, parameters)


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
        return Batch(shown[None], labels[None])


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
    assert (wrong, seen) == (VALIDATION_SLICE / 10, VALIDATION_SLICE)
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
    inputs = np.moveaxis(np.asarray(validation.batches.inputs), 1, 0).reshape(10, -1)
    np.testing.assert_array_equal(inputs[:, :1_200], batch.inputs)
    np.testing.assert_array_equal(validation.batches.targets.ravel()[:1_200], batch.targets[0])
    assert validation.batches.weights.sum() == 1_200


@pytest.mark.parametrize("checked", [60, 500, 750, 1_999])
def test_the_sample_is_as_large_as_was_asked_for(checked):
    seen = counted(with_wrong_at(range(10_000), 20_000, checked), exact=False)[1]
    assert checked <= seen < checked + 4  # each slice may be one larger


class EchoesOfEveryStep(Task):
    """Finite: 700 sequences of up to 6 symbols, each to be said again; every 10th answer is asked
    for wrongly, and answers count by their step."""

    name: ClassVar[str] = "echoes"
    length: ClassVar[int] = 6
    input_size: ClassVar[int] = 10
    output_size: ClassVar[int] = 10
    output_kind: ClassVar[str] = "classes"
    tolerance: ClassVar[None] = None
    every_step: ClassVar[bool] = True
    weighted: bool = eqx.field(static=True, default=True)
    padded: bool = eqx.field(static=True, default=True)

    def sample(self, key, batch_size):
        raise AssertionError("a validation set is asked for, and no batch")

    def validation(self, samples):
        shown = np.random.default_rng(0).integers(0, 10, (6, 700))
        asked = shown.copy()
        asked.ravel()[::10] += 1
        weights = np.broadcast_to(np.arange(6.0)[:, None], (6, 700))
        return Batch(
            jnp.asarray(shown, jnp.int32),
            jnp.asarray(asked % 10, jnp.int32),
            jnp.asarray(weights, jnp.float32) if self.weighted else None,
            jnp.asarray(np.arange(700) % 6 + 1, jnp.int32) if self.padded else None,
        )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_answers_at_every_step_count_by_their_weight_within_their_sequence(weighted, padded):
    task = EchoesOfEveryStep(weighted, padded)
    batch = task.validation(0)
    wrong = seen = 0
    for s in range(6):
        for b in range(700):
            if s < (b % 6 + 1 if padded else 6):
                weight = s if weighted else 1
                seen += weight
                wrong += weight * int(batch.inputs[s, b] != batch.targets[s, b])
    errors = count(echo_network(every_step=True), ValidationSet(task, 700), jnp.bool_(True))
    assert (float(errors.wrong), float(errors.seen)) == (wrong, seen)
    assert 0.05 < float(errors.rate) < 0.15


def test_what_is_said_at_the_end_of_a_shorter_sequence_is_its_own_last():
    network, draw = echo_network(), np.random.default_rng(1)
    inputs = draw.integers(0, 10, (5, 60))
    lengths = draw.integers(1, 6, 60)
    last = inputs[lengths - 1, np.arange(60)]
    batch = Batch(*(jnp.asarray(x, jnp.int32) for x in (inputs, last[None])))
    batch = Batch(batch.inputs, batch.targets, None, jnp.asarray(lengths, jnp.int32))
    assert float(jnp.sum(answer_errors(network, batch, "classes", None))) == 0
    whole = Batch(batch.inputs, batch.targets)
    assert float(jnp.sum(answer_errors(network, whole, "classes", None))) > 20


def test_the_error_of_bits_is_their_loss_in_nats_an_answer():
    network = RNN(Elman(3), 2, 2, output_kind="bits", key=jax.random.key(0))
    draw = np.random.default_rng(2)
    inputs = jnp.asarray(draw.normal(size=(4, 5, 2)), jnp.float32)
    bits = draw.integers(0, 2, (1, 5, 2))
    y = np.asarray(network.outputs(inputs), float)
    q = 1 / (1 + np.exp(-y))
    expected = -np.where(bits == 1, np.log(q), np.log(1 - q)).sum(axis=2)
    batch = Batch(inputs, jnp.asarray(bits, jnp.float32))
    errors = answer_errors(network, batch, "bits", 0.5)  # a tolerance is for values alone
    np.testing.assert_allclose(errors, expected, rtol=1e-5)


@pytest.mark.usefixtures("float64")
def test_by_loss_the_error_is_the_mean_cross_entropy():
    labels = np.arange(20) % 3
    inputs = np.random.default_rng(0).normal(size=(20, 4, 2))
    task = ArrayTask(inputs, labels, held_out=0.4, validate_by="loss", notices=False)
    assert not task.counts_errors
    network = RNN(Elman(5), 2, 3, key=jax.random.key(1))
    held = np.asarray(task.validation_inputs)
    scores = network.scores(held)
    asked = np.asarray(task.validation_targets)[:, 0]
    wanted = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(asked)), asked])
    counted = count(network, ValidationSet(task, 100), jnp.bool_(False))
    assert float(counted.rate) == pytest.approx(wanted, rel=1e-12)


def test_by_loss_a_run_has_no_accuracy_and_keeps_its_lowest_loss():
    labels = np.arange(60) % 2
    inputs = np.random.default_rng(0).normal(size=(60, 4, 1)) + labels[:, None, None]
    task = ArrayTask(inputs, labels, validate_by="loss", notices=False)
    protocol = Protocol(check_every=10, stopping=Stopping(max_iterations=100))
    made = train(task, BPTT(), cell=Elman(5), protocol=protocol)
    assert np.isnan(made.accuracy)
    assert made.best_error == pytest.approx(np.min(made.history.error), rel=1e-5)
    assert len(set(made.history.error.tolist())) == 10  # no two alike, as fractions of 12 would be


@pytest.mark.usefixtures("without_type_checker")
def test_what_to_validate_by_is_one_of_two():
    with pytest.raises(ConfigurationError, match="validate_by: got 'nll', but it must be one of"):
        ArrayTask(np.zeros((9, 3)), np.arange(9) % 2, validate_by="nll")
