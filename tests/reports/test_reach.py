"""The picture of how far settings reach, measured as it is drawn."""

import math
from itertools import pairwise

import pytest

from alignrnn.reports.reach import ACCURACY, Reached, reach_figure

LONG = "LRA-diff, pre-activations aligned, lr 0.03, τ 4,000"


def runs(length, scores, iterations=100):
    return [
        Reached(length, score, iterations * (n + 1), solved=score == 100.0)
        for n, score in enumerate(scores)
    ]


def drawn(figure):
    """The panel, drawn, and the names of its rows."""
    figure.draw_without_rendering()
    (axis,) = figure.axes
    return axis, [label.get_window_extent() for label in axis.get_yticklabels()]


def dots(axis, full):
    """How many dots there are in each column, full or hollow."""
    found = [
        round(float(line.get_xdata()[0]))
        for line in axis.lines
        if line.get_marker() == "o" and (line.get_markerfacecolor() != "white") == full
    ]
    return {column: found.count(column) for column in sorted(set(found))}


def below(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.parametrize("count", [1, 3, 9, 24])
def test_names_stand_beside_their_rows_whole_and_apart(count):
    figure = reach_figure(
        {f"{LONG}, {n}" if n % 3 else f"BPTT {n}": runs(100, [100.0]) for n in range(count)},
        ACCURACY,
    )
    axis, names = drawn(figure)
    assert len(names) == count
    assert not figure.legends
    assert axis.get_legend() is None
    assert min(name.x0 for name in names) >= 0
    assert max(name.x1 for name in names) < axis.get_window_extent().x0
    ordered = sorted(names, key=lambda name: name.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(ordered))
    assert axis.get_window_extent().width > 0.4 * figure.bbox.width


def test_a_dot_is_a_run_and_the_bar_ends_where_not_every_one_solves():
    there = [*runs(100, [100.0] * 3), *runs(200, [100.0] * 3), *runs(300, [100.0, 99.987, 55.0])]
    axis, _ = drawn(reach_figure({"a": there, "none": runs(100, [64.0] * 3)}, ACCURACY))
    assert dots(axis, full=True) == {0: 3, 1: 3, 2: 1}
    assert dots(axis, full=False) == {0: 3, 2: 2}
    assert below(axis) == ["300", "300", "55.00%", "64.00%"]
    (bar,) = [line for line in axis.lines if line.get_marker() == "None"]
    assert 1 < bar.get_xdata()[1] < 2
    assert [label.get_text() for label in axis.get_xticklabels()] == ["100", "200", "300"]


def test_of_many_runs_their_number_is_told_and_of_many_lengths_round_numbers():
    there = [run for length in range(10, 110, 10) for run in runs(length, [100.0] * 6, 2_345)]
    axis, _ = drawn(figure := reach_figure({"a": there}, ACCURACY))
    assert set(below(axis)) == {"6/6", "14k"}
    boxes = sorted((text.get_window_extent() for text in axis.texts[1::2]), key=lambda box: box.x0)
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert boxes[-1].x1 <= figure.bbox.x1


@pytest.mark.parametrize("name", ["$x_{", "_hidden", r"a\b", "50% & <b>"])
def test_a_name_is_drawn_as_it_is(name):
    axis, (box,) = drawn(reach_figure({name: runs(100, [100.0])}, ACCURACY))
    assert box.width > 5
    assert [label.get_text() for label in axis.get_yticklabels()] == [name]


@pytest.mark.parametrize("score", [ACCURACY, "best validation error"])
def test_a_run_without_a_score_leaves_the_picture_whole(score):
    none = -math.inf if score == ACCURACY else math.inf
    axis, names = drawn(reach_figure({"a": runs(100, [none]), "b": runs(100, [0.25])}, score))
    assert len(names) == 2
    assert below(axis) == ["none", "0.25%" if score == ACCURACY else "0.25"]
