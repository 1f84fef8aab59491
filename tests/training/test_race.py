"""Who is given up, and that nobody else notices."""

import numpy as np
import pytest

from alignrnn import (
    BPTT,
    ConfigurationError,
    Elman,
    Optimizer,
    Protocol,
    Run,
    TemporalOrder,
    train_many,
)
from alignrnn.training import Race, Stopping, Training

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("iteration", "errors", "expected"),
    [
        (1000, [0.5, 0.1, 0.4, 0.2], [2, 0]),
        (1000, [0.1, 0.5, 0.4], [1]),
        (1000, [0.1, 0.109, 0.11, 0.12], [3]),  # 1.1 times the lowest is near enough
        (1000, [0.75, 0.75, 0.75, 0.75], []),
        (1000, [0.5, INFINITE], [1]),
        (1000, [INFINITE, INFINITE], []),
        (1000, [0.0, 0.1], [1]),
        (1000, [0.3], []),
        (1000, [], []),
        (900, [0.5, 0.1], []),
        (2000, [0.5, 0.1], [0]),
        (3000, [0.5, 0.1], []),
        (4000, [0.5, 0.1], [0]),
    ],
)
def test_the_worse_half_far_behind_the_best_is_given_up_at_doubling_iterations(
    iteration, errors, expected
):
    assert Race().outpaced(iteration, errors) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": 0}, "first: got 0, but it must be an integer of at least 1"),
        ({"margin": 0.9}, "margin: got 0.9, but it must be a finite number of at least 1"),
    ],
)
def test_a_bad_race_is_refused(options, message):
    with pytest.raises(ConfigurationError) as caught:
        Race(**options)
    assert str(caught.value) == message


def test_in_training_they_end_as_outpaced_and_the_others_are_as_without_a_race():
    """Two runs learn, two stand still: at 40 iterations those are given up, with their records."""
    rates = (1e-12, 0.3, 0.2, 1e-12)
    runs = [Run(BPTT(), Optimizer("sgd", rate), Elman(12), 0) for rate in rates]
    protocol = Protocol(
        validation_samples=300,
        check_every=20,
        stopping=Stopping(solved_below=None, max_iterations=300, patience=None),
    )
    alone = train_many(TemporalOrder(10), runs, protocol)
    raced = train_many(TemporalOrder(10), runs, protocol, race=Race(first=40))
    assert alone[1].history.error.min() < alone[0].history.error.min() / 1.1
    assert [result.status for result in raced[0::3]] == ["outpaced"] * 2
    for place in (0, 3):
        iterations = raced[place].iterations
        assert iterations % 40 == 0
        assert iterations < 300
        checks = iterations // 20
        np.testing.assert_array_equal(
            raced[place].history.error, alone[place].history.error[:checks]
        )
        assert raced[place].best_error == alone[place].best_error  # it stood still
    best = min((1, 2), key=lambda place: raced[place].best_error)
    assert raced[best].status == "max_iterations"
    np.testing.assert_array_equal(raced[best].history.error, alone[best].history.error)
    assert raced[best].best_error == alone[best].best_error


def test_it_is_asked_at_checks_and_answers_with_places(monkeypatch):
    runs = [Run(BPTT(), Optimizer("sgd", 0.1), Elman(12), seed) for seed in range(3)]
    protocol = Protocol(validation_samples=300, check_every=20)
    monkeypatch.setattr(Race, "outpaced", lambda *_: [0])
    training = Training(TemporalOrder(10), runs, protocol)
    training.advance()
    assert (training.iteration, training.checked) == (10, False)
    assert Race().behind(training) == []
    training.advance()
    assert (training.iteration, training.checked) == (20, True)
    assert Race().behind(training) == [0]
    training.end([0])
    assert Race().behind(training) == [1]
