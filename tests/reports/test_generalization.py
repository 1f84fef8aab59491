"""Pictures of networks at any length show what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from alignrnn.reports import States, lengths_figure, save_figure, states_figure


def states(answers, points=2, **changes):
    draw = np.random.default_rng(0)
    count = len(answers)
    turn = np.exp(1j * np.linspace(0, 6, 7))
    given = {
        "length": 20,
        "times": np.arange(1, 21),
        "projected": draw.normal(size=(20, count, 2)),
        "variance": (0.6, 0.3),
        "answers": np.asarray(answers),
        "points": draw.normal(size=(points, 2)),
        "eigenvalues": [0.9 * turn] * points,
        "recurrent": [turn],
    }
    return States(**(given | changes))


def drawn(axis, marker):
    return [line for line in axis.lines if line.get_marker() == marker]


def test_errors_are_at_their_lengths_with_none_at_the_foot():
    curves = {"right": {50: 0.0, 1000: 0.0}, "wrong": {50: 0.02, 1000: 74.0}}
    figure = lengths_figure(curves, (20, 200), percent=True)
    (axis,) = figure.axes
    values = {tuple(line.get_xdata()): [] for line in axis.lines}
    for line in axis.lines:
        values[tuple(line.get_xdata())].append(list(line.get_ydata()))
    assert [0.0, 0.0] in values[50, 1000]
    assert [0.02, 74.0] in values[50, 1000]
    assert axis.get_ylim() == (0, 100)
    assert [each.get_text() for each in axis.get_xticklabels()] == ["50", "1k"]
    said = {each.get_text() for each in axis.texts}
    assert {"right", "wrong", "trained"} <= said
    assert figure.legends == []
    assert axis.get_legend() is None


def test_losses_have_no_percent_and_what_was_trained_on_may_be_unknown():
    (axis,) = lengths_figure({"one": {50: 0.1, 100: 0.2}}, None, percent=False).axes
    assert axis.get_ylabel() == "mean loss"
    assert "trained" not in {each.get_text() for each in axis.texts}


def test_states_have_a_colour_an_answer_and_a_cross_a_fixed_point(tmp_path):
    answers = [0, 1, 1, 2]
    given = states(answers)
    figure = states_figure(given, "title")
    plane, eigen, over_time = figure.axes
    (crosses,) = drawn(plane, "x")
    np.testing.assert_array_equal(crosses.get_xydata(), given.points)
    colors = [to_hex(line.get_color()) for line in over_time.lines]
    assert colors[1] == colors[2]
    assert len(set(colors)) == 3
    np.testing.assert_array_equal(over_time.lines[3].get_ydata(), given.projected[:, 3, 0])
    late = drawn(plane, ".")[0]
    np.testing.assert_array_equal(late.get_xydata(), given.projected[10:, 0])
    (recurrent,) = drawn(eigen, "o")
    np.testing.assert_allclose(recurrent.get_xdata(), given.recurrent[0].real)
    assert len(drawn(eigen, ".")) == 2
    assert "60%" in plane.get_xlabel()
    assert "× a fixed point" in plane.get_title(loc="left")
    ends = [line for line in plane.lines if len(line.get_xdata()) == 1]
    marks = [line.get_marker() for line in ends]
    assert marks[1] == marks[2]
    assert len(set(marks)) == 3  # also without colour
    save_figure(figure, tmp_path / "states.png")


@pytest.mark.parametrize("answers", [list(range(20)), [0.1, 0.5, 0.9]])
def test_many_answers_or_values_are_on_a_scale(answers):
    plane, _, over_time = states_figure(states(answers, points=0), "title").axes
    said = plane.get_title(loc="left")
    assert f"answers {min(answers):.2g} (dark) to {max(answers):.2g}" in said
    assert "no fixed point" in said
    assert not drawn(plane, "x")
    assert len({to_hex(line.get_color()) for line in over_time.lines}) == len(over_time.lines)
