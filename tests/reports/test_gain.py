"""The gain per time step, and what is said of it."""

import numpy as np
import pytest

from alignrnn.reports import TargetStep, gain_lines, gain_of


def test_it_is_the_geometric_mean():
    gain = gain_of([0.125, 0.5, 2.0, 4.0])
    assert gain.per_step == pytest.approx((0.125 / 4) ** (1 / 3))
    assert gain.steps == 3
    assert gain.overall == pytest.approx(0.125 / 4)


def test_a_signal_that_ends_counts_as_far_as_it_came():
    gain = gain_of([0.0, 0.0, 0.25, 0.5, 1.0])
    assert gain.per_step == pytest.approx(0.5)
    assert (gain.steps, gain.layers, gain.overall) == (2, 5, 0.0)


@pytest.mark.parametrize("norms", [[1.0], [0.0, 1.0], [np.nan, 1.0]])
def test_without_a_second_step_there_is_none(norms):
    assert gain_lines(gain_of(norms), None) == [
        "gain per time step: none, no displacement reached a second step"
    ]


@pytest.mark.parametrize("norms", [[0.0, 0.0], [1.0, 0.0], [1.0, np.inf]])
def test_where_no_error_is_left_no_signal_is_said_to_have_ended(norms):
    (line,) = gain_lines(gain_of(norms), TargetStep(10.0, 1000.0))
    assert line.startswith("gain per time step: none to measure, the last step's displacement is 0")


def test_a_signal_that_arrives_is_not_warned_of():
    lines = gain_lines(gain_of(0.9 ** np.arange(20)[::-1]), TargetStep(1000.0, 1000.0))
    assert lines == ["gain per time step: 0.9 (geometric mean of 19 steps)"]


def test_a_vanishing_signal_names_the_step_that_would_not():
    first, warning, advice = gain_lines(
        gain_of(0.01 ** np.arange(20)[::-1]), TargetStep(10.0, 1000.0)
    )
    assert first.startswith("gain per time step: 0.01 ")
    assert warning == (
        "the signal vanishes: less than a thousandth of it is left 2 steps from the last of 20"
    )
    assert "β = 10 makes it so; at β = 1000 the gain would be about 1" in advice
    assert "Ω" not in advice


def test_an_exploding_one_too():
    _, warning, advice = gain_lines(gain_of(2.0 ** np.arange(20)[::-1]), TargetStep(3000.0, 1000.0))
    assert warning == "the signal explodes: 5e+05 times as large at the first step"
    assert "at β = 1500 the gain would be about 1" in advice


def test_where_the_unit_step_itself_is_far_too_small_it_names_omega():
    *_, advice = gain_lines(gain_of(0.3 ** np.arange(20)[::-1]), TargetStep(1000.0, 1000.0))
    assert "at β = 3333 " in advice
    assert "Ω on the recurrent weights" in advice


def test_a_rule_without_such_a_step_gets_no_advice():
    lines = gain_lines(gain_of(0.01 ** np.arange(20)[::-1]), None)
    assert len(lines) == 2
