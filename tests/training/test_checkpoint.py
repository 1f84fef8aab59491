"""Training that goes on from a checkpoint ends with the bits of training that never paused."""

import dataclasses

import jax
import numpy as np
import pytest

from alignrnn import BPTT, TPTT, Elman, LRADiff, Optimizer, Protocol, Run, TemporalOrder
from alignrnn.training import (
    Checkpoint,
    Stopping,
    Training,
    UnfitCheckpointError,
    train_many,
)

TASK = TemporalOrder(10)
pytestmark = pytest.mark.usefixtures("compiled_once")

SMALL = Elman(12)
LINEAR = Elman(12, activation="identity")
"""One that can diverge."""
MOMENTUM = Optimizer("sgd", 0.05, {"momentum": 0.9, "nesterov": True})
PROTOCOL = Protocol(
    validation_samples=100,
    check_every=20,
    stopping=Stopping(max_iterations=60, patience=None),
    diagnostics=True,
)
RULES = {
    "lra-diff": (LRADiff(10.0, regularization=0.1), MOMENTUM),
    "tptt": (TPTT(noise=0.1, inverse_momentum=0.5), MOMENTUM),
    "bptt, adagrad": (BPTT(), Optimizer("adagrad", 0.01)),
    "bptt, averaging": (BPTT(), Optimizer("sgd", 0.05, averaging=0.9)),
}


def runs_of(name, seeds=(0, 1, 2)):
    rule, optimizer = RULES[name]
    return [Run(rule, optimizer, SMALL, seed) for seed in seeds]


def assert_same(first, second):
    """Bit by bit, but for the time they took."""
    for field in ("status", "iterations", "best_error", "best_iteration"):
        assert getattr(first, field) == getattr(second, field)
    for one, other in zip(
        jax.tree.leaves((vars(first.history), first.network)),
        jax.tree.leaves((vars(second.history), second.network)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def paused(runs, calls, task=TASK, protocol=PROTOCOL, **options):
    """A checkpoint after so many calls of the program, and what had ended by then."""
    training = Training(task, runs, protocol, devices=ONE, **options)
    for _ in range(calls):
        training.advance()
    return training.checkpoint(), training.results


ONE = jax.devices()[:1]


@pytest.fixture(scope="module")
def through():
    """Runs that never paused, by rule."""
    done = {}

    def train(name):
        if name not in done:
            done[name] = train_many(TASK, runs_of(name), PROTOCOL, devices=ONE)
        return done[name]

    return train


class TestGoingOn:
    # The first call makes 10 iterations, between two checks; the second ends with the first check.
    @pytest.mark.parametrize(
        ("name", "calls"),
        [
            pytest.param("lra-diff", 1, marks=pytest.mark.slow),
            ("lra-diff", 2),
            ("tptt", 2),
            pytest.param("tptt", 1, marks=pytest.mark.slow),
            pytest.param("bptt, adagrad", 2, marks=pytest.mark.slow),
            ("bptt, averaging", 2),
        ],
    )
    def test_the_results_are_bit_by_bit_the_same(self, through, name, calls):
        checkpoint, ended = paused(runs_of(name), calls)
        assert not ended
        assert checkpoint.iteration == {1: 10, 2: 20}[calls]
        results = train_many(TASK, runs_of(name), PROTOCOL, start_from=checkpoint, devices=ONE)
        for result, expected in zip(results, through(name), strict=True):
            assert_same(result, expected)

    def test_some_of_its_runs_in_another_order_on_other_devices(self, through):
        checkpoint, _ = paused(runs_of("lra-diff"), 2)
        results = train_many(
            TASK, runs_of("lra-diff", (2, 0)), PROTOCOL, start_from=checkpoint.of([2, 0])
        )
        expected = through("lra-diff")
        assert_same(results[0], expected[2])
        assert_same(results[1], expected[0])

    def test_twice(self, through):
        first, _ = paused(runs_of("lra-diff"), 1)
        second, _ = paused(runs_of("lra-diff"), 1, start_from=first)
        assert second.iteration > first.iteration
        results = train_many(TASK, runs_of("lra-diff"), PROTOCOL, start_from=second, devices=ONE)
        for result, expected in zip(results, through("lra-diff"), strict=True):
            assert_same(result, expected)

    def test_patience_goes_on_where_it_was(self):
        """Runs that never get better: how long they have not is in the checkpoint."""
        hopeless = [Run(BPTT(), Optimizer("sgd", 1e-12), SMALL, seed) for seed in (0, 1)]
        protocol = dataclasses.replace(
            PROTOCOL, stopping=Stopping(max_iterations=500, patience=3), diagnostics=False
        )
        whole = train_many(TASK, hopeless, protocol, devices=ONE)
        assert {result.status for result in whole} == {"no_improvement"}
        checkpoint, _ = paused(hopeless, 4, protocol=protocol)
        assert checkpoint.arrays["checks_without_better"].max() > 0
        results = train_many(TASK, hopeless, protocol, start_from=checkpoint, devices=ONE)
        for result, expected in zip(results, whole, strict=True):
            assert_same(result, expected)

    def test_it_is_of_the_runs_still_training_and_their_time_adds_up(self):
        runs = [Run(BPTT(), Optimizer("sgd", rate), LINEAR, 0) for rate in (1e6, 0.01)]
        checkpoint, ended = paused(runs, 2)
        assert {place: each.status for place, each in ended.items()} == {0: "diverged"}
        assert len(checkpoint) == 1
        spent = checkpoint.arrays["seconds"][0]
        assert spent > 0
        (result,) = train_many(TASK, runs[1:], PROTOCOL, start_from=checkpoint, devices=ONE)
        assert result.seconds > spent
        assert_same(result, train_many(TASK, runs[1:], PROTOCOL, devices=ONE)[0])


def with_at_most(iterations, protocol=PROTOCOL, **stopping):
    changed = dataclasses.replace(protocol.stopping, max_iterations=iterations, **stopping)
    return dataclasses.replace(protocol, stopping=changed)


def last_states(runs, protocol):
    """Those of a training to its end."""
    training = Training(TASK, runs, protocol, devices=ONE)
    while training.training:
        training.advance()
    return training.last_states


class TestMoreIterations:
    """A training goes on from where one with fewer iterations ended."""

    # 40 is when a check is due anyway; at 33 the shorter training made one of its own.
    @pytest.mark.parametrize("fewer", [40, 33])
    @pytest.mark.parametrize(
        "name", ["lra-diff", *(pytest.param(n, marks=pytest.mark.slow) for n in list(RULES)[1:])]
    )
    def test_it_ends_with_the_bits_of_one_that_had_them_from_the_start(self, through, name, fewer):
        last = last_states(runs_of(name), with_at_most(fewer))
        assert sorted(last) == [0, 1, 2]
        assert {each.iteration for each in last.values()} == {fewer}
        begun = Checkpoint.together([last[2], last[0]])
        results = train_many(TASK, runs_of(name, (2, 0)), PROTOCOL, start_from=begun, devices=ONE)
        assert_same(results[0], through(name)[2])
        assert_same(results[1], through(name)[0])

    def test_a_check_that_a_longer_training_would_not_make_decides_nothing(self):
        """At 33 the run is solved, and patience is over; at 40 it would have looked otherwise."""
        easy = dataclasses.replace(
            PROTOCOL, stopping=Stopping(solved_below=2.0, max_iterations=13, patience=1)
        )
        assert train_many(TASK, runs_of("lra-diff"), easy, devices=ONE)[0].status == "solved"
        last = last_states(runs_of("lra-diff"), easy)
        longer = with_at_most(60, easy)
        results = train_many(
            TASK,
            runs_of("lra-diff"),
            longer,
            start_from=Checkpoint.together([last[place] for place in range(3)]),
            devices=ONE,
        )
        whole = train_many(TASK, runs_of("lra-diff"), longer, devices=ONE)
        for result, expected in zip(results, whole, strict=True):
            assert result.iterations == 20
            assert_same(result, expected)

    def test_one_whose_patience_was_over_as_well_ends_there(self):
        """The iterations were what ended it; with more of them, it is its patience."""
        hopeless = [Run(BPTT(), Optimizer("sgd", 1e-12), SMALL, 0)]
        ends = with_at_most(80, PROTOCOL, patience=3)
        last = last_states(hopeless, ends)
        (shorter,) = train_many(TASK, hopeless, ends, devices=ONE)
        assert (shorter.status, shorter.iterations) == ("max_iterations", 80)
        longer = with_at_most(200, ends)
        (result,) = train_many(TASK, hopeless, longer, start_from=last[0], devices=ONE)
        assert (result.status, result.iterations) == ("no_improvement", 80)
        assert_same(result, train_many(TASK, hopeless, longer, devices=ONE)[0])

    def test_a_run_that_ended_otherwise_has_none(self):
        runs = [Run(BPTT(), Optimizer("sgd", rate), LINEAR, 0) for rate in (1e6, 0.01)]
        for iterations, every in ((40, 20), (33, 20), (10, 10), (10, 20)):
            protocol = dataclasses.replace(with_at_most(iterations), check_every=every)
            assert list(last_states(runs, protocol)) == [1]  # at 10, both end with the same call

    def test_one_that_is_no_further_than_it_is_refused(self):
        last = last_states(runs_of("lra-diff"), with_at_most(40))
        with pytest.raises(UnfitCheckpointError, match="it is of iteration 40, the last"):
            train_many(
                TASK, runs_of("lra-diff", (0,)), with_at_most(40), start_from=last[0], devices=ONE
            )


@pytest.fixture(scope="module")
def checkpoint():
    return paused(runs_of("lra-diff"), 2)[0]


class TestUnfit:
    @pytest.mark.parametrize(
        ("runs", "why"),
        [
            (lambda: runs_of("lra-diff", (0,)), "it is not of 1 runs"),
            (lambda: runs_of("tptt"), r"it has no state.rule\['inverse_momentum'\] of run 0"),
            (
                lambda: [dataclasses.replace(run, cell=Elman(13)) for run in runs_of("lra-diff")],
                r"its state.network.layers\[0\].parameters\['b_h'\] is float32\(12,\), "
                r"not float32\(13,\)",
            ),
        ],
    )
    def test_one_of_other_runs_is_refused(self, checkpoint, runs, why):
        with pytest.raises(UnfitCheckpointError, match=why):
            train_many(TASK, runs(), PROTOCOL, start_from=checkpoint, devices=ONE)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"entries": np.zeros((3, 1, 2))}, "its counters are not whole"),
            ({"seconds": np.zeros(2)}, "it is not of 3 runs"),
            (
                {"state.iteration": np.zeros(3)},
                r"its state.iteration is float64\(\), not int32\(\)",
            ),
        ],
    )
    def test_one_whose_arrays_do_not_fit_is_refused(self, checkpoint, changes, why):
        broken = Checkpoint(checkpoint.iteration, {**checkpoint.arrays, **changes})
        with pytest.raises(UnfitCheckpointError, match=why):
            train_many(TASK, runs_of("lra-diff"), PROTOCOL, start_from=broken, devices=ONE)
