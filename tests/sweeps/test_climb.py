"""A search over lengths, of attempts that are only told."""

import pytest

from alignrnn.sweeps import Climb, climb


class Told:
    """Attempts that end as told; those not told are not known."""

    def __init__(self, outcomes):
        self.outcomes, self.asked = outcomes, []

    def __call__(self, length):
        self.asked.append(length)
        return self.outcomes.get(length)


def test_it_ends_with_the_first_length_that_is_not_solved():
    attempt = Told({10: True, 20: True, 30: False, 40: True})
    found = climb((10, 20, 30, 40), attempt)
    assert found == Climb({10: True, 20: True, 30: False}, ended=True)
    assert found.longest == 20
    assert attempt.asked == [10, 20, 30]


def test_it_goes_from_the_shortest_on_and_attempts_none_twice():
    attempt = Told({10: True, 20: True, 30: True})
    found = climb((30, 10, 20, 10), attempt)
    assert attempt.asked == list(found.solved) == [10, 20, 30]
    assert found.ended
    assert found.longest == 30


@pytest.mark.parametrize(("beyond", "last"), [(0, 20), (1, 40), (2, 50), (9, 60)])
def test_beyond_the_first_miss(beyond, last):
    attempt = Told({10: True, 20: False, 30: True, 40: False, 50: False, 60: True})
    found = climb((10, 20, 30, 40, 50, 60), attempt, beyond=beyond)
    assert attempt.asked[-1] == last
    assert found.ended
    # What is solved beyond a miss does not make the longest.
    assert found.longest == 10


def test_it_breaks_off_where_an_outcome_is_not_known():
    attempt = Told({10: True, 30: True})
    found = climb((10, 20, 30), attempt, beyond=1)
    assert found == Climb({10: True}, ended=False)
    assert found.longest == 10
    assert attempt.asked == [10, 20]


def test_of_nothing_solved_there_is_no_longest():
    assert climb((10,), Told({10: False})).longest is None
    assert climb((), Told({})) == Climb({}, ended=True)
