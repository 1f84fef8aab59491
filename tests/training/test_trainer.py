"""What training promises of a run, alone and among others."""

import dataclasses
import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn
from alignrnn import (
    BPTT,
    TPTT,
    Adding,
    ArrayTask,
    ConfigurationError,
    Elman,
    LRADiff,
    Optimizer,
    Protocol,
    Run,
    Stopping,
    TemporalOrder,
    train,
    train_many,
)
from alignrnn.training import Training, program
from alignrnn.training.program import Orders, initial_state
from alignrnn.training.validation import ValidationSet

TASK = TemporalOrder(10)
SMALL = Elman(12)


def protocol(iterations=60, check_every=20, patience=None, **options):
    stopping = Stopping(max_iterations=iterations, patience=patience)
    return Protocol(validation_samples=600, check_every=check_every, stopping=stopping, **options)


def small_run(seed=0, rule=None, learning_rate=0.1, **options):
    return Run(rule or LRADiff(), Optimizer("sgd", learning_rate, options), SMALL, seed)


def assert_same(first, second, equal=np.testing.assert_array_equal):
    """Two results, but for the time they took."""
    assert (first.status, first.iterations, first.best_iteration) == (
        second.status,
        second.iterations,
        second.best_iteration,
    )
    equal(first.best_error, second.best_error)
    equal(first.history.loss, second.history.loss)
    equal(first.history.error, second.history.error)
    for a, b in zip(jax.tree.leaves(first.network), jax.tree.leaves(second.network), strict=True):
        equal(np.asarray(a), np.asarray(b))


def test_the_same_run_twice_is_bitwise_the_same():
    assert_same(*(train_many(TASK, [small_run(3)], protocol())[0] for _ in range(2)))


@pytest.mark.parametrize(
    "rule",
    [
        LRADiff(10.0, inner_steps=2, regularization=0.1),
        pytest.param(BPTT(), marks=pytest.mark.slow),
    ],
)
def test_on_a_cpu_a_run_is_bitwise_the_same_alone_and_among_64(rule):
    runs = [small_run(seed, rule, learning_rate=0.01 * (1 + seed % 7)) for seed in range(64)]
    together = train_many(TASK, runs, protocol())
    for index in (0, 17, 63):
        alone = train_many(TASK, [runs[index]], protocol())[0]
        assert_same(alone, together[index])


@pytest.mark.slow
def test_in_a_tile_as_on_a_gpu_a_run_is_the_same_up_to_rounding():
    def nearly(a, b):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)

    runs = [small_run(seed, learning_rate=0.1 + 0.1 * seed) for seed in range(6)]
    alone = train_many(TASK, runs, protocol(), tile=1)
    for tile in (4, 6):
        for one, tiled in zip(alone, train_many(TASK, runs, protocol(), tile=tile), strict=True):
            assert_same(one, tiled, nearly)


@pytest.mark.parametrize("rule", [LRADiff(regularization=0.1), BPTT(), TPTT()])
def test_no_product_is_rounded_as_a_gpu_would(rule):
    run = small_run(rule=rule)
    few = protocol()
    rule_structure, optimizer_structure, _ = run.structure
    advance = functools.partial(program._advance, few, rule_structure, optimizer_structure)
    shared = TASK, ValidationSet(TASK, few.validation_samples)
    orders = Orders(jnp.int32(1), jnp.bool_(True), jnp.bool_(False))
    traced = str(jax.make_jaxpr(advance)(shared, orders, initial_state(TASK, run)))
    products = re.findall(r"dot_general\[.*?\n\s*\]", traced, re.DOTALL)
    assert len(products) == traced.count("dot_general[") > 5
    assert all("HIGHEST" in product for product in products)


def test_nor_one_of_a_network_that_is_asked():
    network = initial_state(TASK, small_run()).network
    batch = TASK.sample(jax.random.key(0), 3)
    for ask in (network.outputs, network.forward):
        traced = str(jax.make_jaxpr(ask)(batch.inputs))
        assert traced.count("HIGHEST") >= traced.count("dot_general[") > 1


def test_with_averaging_the_mean_of_the_networks_is_kept():
    most = 0.3
    mean = jax.tree.leaves(initial_state(TASK, small_run()).network)
    training = Training(TASK, [small_run()], protocol(5, check_every=1))
    for iteration in range(4):
        training.advance()
        arrays = training.checkpoint().arrays
        network = [rows[0] for name, rows in arrays.items() if name.startswith("state.network.")]
        kept = min(most, (1 + iteration) / (10 + iteration))
        pairs = zip(mean, network, strict=True)
        mean = [kept * old + (1 - kept) * new for old, new in pairs]
    run = dataclasses.replace(small_run(), optimizer=Optimizer("sgd", 0.1, averaging=most))
    (averaged,) = train_many(TASK, [run], protocol(4, 4))
    for ours, expected in zip(jax.tree.leaves(averaged.network), mean, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7)


def test_the_devices_do_not_change_a_run():
    runs = [small_run(seed) for seed in range(3)]
    one = train_many(TASK, runs, protocol(), devices=jax.devices()[:1])
    two = train_many(TASK, runs, protocol(), devices=jax.devices()[:2])
    for first, second in zip(one, two, strict=True):
        assert_same(first, second)


def test_the_length_of_the_compiled_chunk_does_not_change_a_run(monkeypatch):
    slow = train_many(TASK, [small_run()], protocol(), on_progress=lambda _: None)[0]
    monkeypatch.setattr("alignrnn.training.together._CALL_SECONDS", 1e-9)
    monkeypatch.setattr("alignrnn.training.together._FIRST_ITERATIONS", 7)
    assert_same(slow, train_many(TASK, [small_run()], protocol())[0])


def test_a_run_that_diverges_says_when_and_leaves_its_neighbours_alone():
    identity = Elman(12, activation="identity")
    good = [Run(BPTT(), Optimizer(learning_rate=0.01), identity, seed) for seed in range(3)]
    bad = Run(BPTT(), Optimizer(learning_rate=1e6), identity, 1)
    results = train_many(TASK, [good[0], bad, *good[1:]], protocol())
    assert results[1].status == "diverged"
    assert 1 <= results[1].iterations < 60
    # The same run once more, an iteration at a time, by hand.
    assert results[1].iterations == first_iteration_not_finite(bad)
    # Never a NaN in what is kept.
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(results[1].network))
    for among, alone in zip(
        (results[0], *results[2:]), train_many(TASK, good, protocol()), strict=True
    ):
        assert_same(among, alone)
        assert among.status != "diverged"


def first_iteration_not_finite(run: Run) -> int:
    """The training loop in plain Python, with the program's keys."""
    state = initial_state(TASK, run)
    data_key, rule_key = (
        jax.random.fold_in(jax.random.key(run.seed), purpose) for purpose in (1, 2)
    )
    network = state.network
    learn = jax.jit(lambda network, batch: run.rule.update(network, (), batch, key=rule_key)[0])
    for iteration in range(60):
        batch = TASK.sample(jax.random.fold_in(data_key, iteration), 20)
        update = learn(network, batch)
        if not np.isfinite(float(update.loss)):
            return iteration + 1
        steps = jax.tree.map(
            lambda g: jnp.float32(run.optimizer.learning_rate) * g, update.gradients
        )
        network = jax.tree.map(jnp.subtract, network, steps)
    raise AssertionError("it never diverged")


def test_solved_means_no_wrong_sample_of_the_whole_validation_set():
    result = train(
        TASK,
        LRADiff(10.0),
        protocol=Protocol(validation_samples=2_000, stopping=Stopping(max_iterations=5_000)),
    )
    assert result.status == "solved"
    assert result.accuracy == 1.0
    batch = TASK.validation(2_000)
    predicted = result.network.predict(jnp.swapaxes(batch.inputs, 0, 1))
    assert int(jnp.sum(predicted != batch.targets[0])) == 0


def test_the_reported_accuracy_is_exact_and_of_the_best_network():
    result = train_many(TASK, [small_run(learning_rate=0.5)], protocol(200, 20))[0]
    batch = TASK.validation(600)
    predicted = result.network.predict(jnp.swapaxes(batch.inputs, 0, 1))
    assert result.best_error == int(jnp.sum(predicted != batch.targets[0])) / 600
    best = np.argmin(result.history.error)
    assert result.best_iteration == result.history.iteration[best]


def test_patience_counts_checks_without_a_better_error():
    run = small_run(learning_rate=1e-12)  # nothing ever improves after the first check
    result = train_many(TASK, [run], protocol(iterations=1000, check_every=10, patience=4))[0]
    assert result.status == "no_improvement"
    assert result.iterations == 50


def test_max_iterations_need_not_be_a_multiple_of_check_every():
    result = train_many(TASK, [small_run()], protocol(iterations=33, check_every=20))[0]
    assert (result.status, result.iterations) == ("max_iterations", 33)
    assert result.history.iteration.tolist() == [20, 33]


def test_the_recorded_loss_is_the_mean_since_the_check_before():
    every = train_many(TASK, [small_run()], protocol(20, check_every=1))[0].history.loss
    coarse = train_many(TASK, [small_run()], protocol(20, check_every=5))[0].history.loss
    np.testing.assert_allclose(coarse, every.reshape(4, 5).mean(axis=1), rtol=1e-5)


def test_stopped_from_outside_keeps_what_was_reached():
    runs = [small_run(seed) for seed in range(2)]
    training = Training(TASK, runs, protocol(iterations=10_000, check_every=5))
    for _ in range(3):
        assert training.advance() == {}
    results = training.end()
    assert results == training.results
    assert [results[place].status for place in range(2)] == ["stopped", "stopped"]
    assert all(0 < result.iterations < 10_000 for result in results.values())
    assert all(np.isfinite(result.best_error) for result in results.values())
    assert not training.training
    assert training.advance() == training.end() == {}


def test_some_are_ended_and_the_others_do_not_notice():
    runs = [small_run(seed) for seed in range(3)]
    training = Training(TASK, runs, protocol())
    training.advance()
    ended = training.end([1, 0, 1])
    assert sorted(ended) == [0, 1]
    assert training.training == [2]
    assert training.end([0]) == {}  # it has ended already
    while training.training:
        ended = training.advance()
    assert sorted(ended) == [2]
    assert [training.results[place].status for place in range(3)] == [
        *("stopped", "stopped"),
        "max_iterations",
    ]
    assert_same(training.results[2], train_many(TASK, runs, protocol())[2])


def test_a_snapshot_is_of_all_runs():
    training = Training(TASK, [small_run()] * 2, protocol(check_every=10))
    training.advance()
    training.end([0])
    shown = training.snapshot()
    assert shown.statuses == ("stopped", None)
    assert shown.iterations == (10, 10)
    assert shown.best_errors[0] == shown.best_errors[1] < 1
    assert shown.max_iterations == 60


def test_diagnostics_are_recorded_at_every_check_and_change_nothing():
    plain = train_many(TASK, [small_run()], protocol())[0]
    result = train_many(TASK, [small_run()], protocol(diagnostics=True))[0]
    assert_same(plain, result)
    assert plain.history.diagnostics == {}
    for name in ("local_loss", "displacement_norm", "norm_ratio", "gradient_norm_w_hh"):
        assert result.history.diagnostics[name].shape == (3, 10)
        assert np.all(np.isfinite(result.history.diagnostics[name]))


def test_two_seeds_differ_in_their_weights_and_in_their_data():
    first, second = (train_many(TASK, [small_run(seed)], protocol(20))[0] for seed in (0, 1))
    assert not np.array_equal(first.network.parameters["w_hh"], second.network.parameters["w_hh"])
    same_start = dataclasses.replace(first.run, seed=1)
    assert train_many(TASK, [same_start], protocol(20))[0].history.loss != first.history.loss


@pytest.mark.slow
def test_numbers_may_differ_between_runs_without_another_program():
    runs = [
        Run(LRADiff(beta), Optimizer("sgd", rate, {"momentum": momentum}), SMALL, seed)
        for seed, (beta, rate, momentum) in enumerate([(1.0, 0.1, 0.9), (5.0, 0.02, 0.5)])
    ]
    together = train_many(TASK, runs, protocol())
    for run, result in zip(runs, together, strict=True):
        assert_same(result, train_many(TASK, [run], protocol())[0])
    assert together[0].history.loss[-1] != together[1].history.loss[-1]


def test_a_batch_is_one_program_whatever_its_numbers(monkeypatch):
    traces = []
    original = LRADiff.update

    def counted(self, *args, **options):
        traces.append(1)
        return original(self, *args, **options)

    monkeypatch.setattr(LRADiff, "update", counted)

    def made(count):
        """How often the rule was traced for so many runs."""
        traces.clear()
        runs = [small_run(i, LRADiff(0.1 * (i + 1)), 0.01 * (i + 1)) for i in range(count)]
        train_many(TASK, runs, protocol())
        return len(traces)

    program._kept_program.cache_clear()
    program._compiled.cache_clear()
    one = made(1)
    assert one > 0
    program._kept_program.cache_clear()
    program._compiled.cache_clear()
    assert made(8) == one
    # The next batch of the same structure needs no other.
    assert made(8) == made(7) == made(2) == 0


def test_runs_of_different_structure_are_refused():
    with pytest.raises(ConfigurationError, match="may differ only in numbers"):
        train_many(TASK, [small_run(), small_run(rule=BPTT())], protocol())
    with pytest.raises(ConfigurationError, match="at least one"):
        train_many(TASK, [], protocol())


@pytest.mark.parametrize(
    "name", ["adam", *(pytest.param(n, marks=pytest.mark.slow) for n in ("rmsprop", "lion"))]
)
def test_other_optimizers_train_too(name):
    run = Run(LRADiff(10.0), Optimizer(name, 1e-3), SMALL, 0)
    with jax.numpy_dtype_promotion("standard"):  # Optax itself mixes counts with floats
        history = train_many(TASK, [run], protocol(400, 100))[0].history
    assert history.loss[-1] < history.loss[0]


def test_regression_counts_a_sample_as_right_within_the_tolerance():
    run = Run(BPTT(), Optimizer(learning_rate=0.05), SMALL, 0)
    result = train_many(Adding(10), [run], protocol(400, 100))[0]
    assert 0.3 < result.accuracy <= 1


def test_real_targets_without_a_tolerance_are_judged_by_their_squared_error():
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(200, 6, 2)).astype(np.float32)
    task = ArrayTask(inputs, inputs[:, -1, 0] * 0.5)
    run = Run(BPTT(), Optimizer(learning_rate=0.05), SMALL, 0)
    result = train_many(task, [run], protocol(600, 100))[0]
    outputs = np.asarray(result.network.predict(task.validation_inputs))
    expected = np.mean((outputs - np.asarray(task.validation_targets[:, 0])) ** 2)
    assert result.best_error == pytest.approx(expected, rel=1e-4)
    assert np.isnan(result.accuracy)
    assert result.best_error < 0.05


def test_runs_that_end_leave_the_batch_and_the_rest_go_on():
    """Each run ends at another time, by its own patience; in tiles the batch shrinks meanwhile."""
    rates = [1e-12, 0.3, 1e-12, 0.1, 0.05]
    runs = [small_run(seed, learning_rate=rate) for seed, rate in enumerate(rates)]
    for tile in (1, 2):
        results = train_many(TASK, runs, protocol(200, 10, patience=5), tile=tile)
        for index in (0, 2):
            assert results[index].status == "no_improvement"
            assert results[index].iterations == 60
        assert results[1].iterations > 60
        assert [result.run.seed for result in results] == [0, 1, 2, 3, 4]


def test_a_public_example_runs_in_one_call():
    result = alignrnn.train(TASK, LRADiff(), cell=SMALL, protocol=protocol(20))
    assert result.status == "max_iterations"
    assert "iterations were used up" in result.explanation
