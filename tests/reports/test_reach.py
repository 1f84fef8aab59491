"""The picture of how far settings reach, measured as it is drawn."""

import math
from itertools import pairwise

import pytest

from alignrnn.reports.reach import ACCURACY, Reached, reach_figure

LONG = "LRA-diff, align pre activations, lr 0.03, τ 4,000"


def curve(longest=300, iterations=100, score=100.0):
    return [
        Reached(length, score, iterations + length, solved=score == 100.0)
        for length in (100, 200, 300)
        if length <= longest
    ]


def named(count):
    return {
        f"{LONG}, {n}" if n % 3 else f"BPTT {n}": curve(100 * (1 + n % 3), 100 * n)
        for n in range(count)
    }


def boxes(figure):
    """Of the names and of their panel, as drawn."""
    figure.draw_without_rendering()
    right = figure.axes[1]
    return [text.get_window_extent() for text in right.texts if text.get_text()], right


def pieces(axis):
    """The pieces of curves before the names."""
    return [line for line in axis.lines if line.get_transform() == axis.transAxes]


@pytest.mark.parametrize("count", [1, 3, 9, 24])
def test_names_stand_beside_the_panel_apart_from_each_other_and_no_higher_than_it(count):
    figure = reach_figure(named(count), ACCURACY)
    names, right = boxes(figure)
    panel = right.get_window_extent()
    assert len(names) == count
    assert not figure.legends
    for name in names:
        assert name.x0 > panel.x1
        assert name.x1 <= figure.bbox.x1
        assert panel.y0 - 1 <= name.y0 < name.y1 <= panel.y1 + 1
    ordered = sorted(names, key=lambda name: name.y0)
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(ordered))
    assert panel.height >= sum(name.height for name in names)
    assert panel.width > 0.15 * figure.bbox.width


def test_a_name_is_as_high_as_its_curves_end_where_there_is_room():
    figure = reach_figure({"low": curve(iterations=10), "high": curve(iterations=9_000)}, ACCURACY)
    (low, high), right = boxes(figure)
    for name, end in ((low, 310), (high, 9_300)):
        y = right.transData.transform((300, end))[1]
        assert abs((name.y0 + name.y1) / 2 - y) < 12


def test_more_settings_than_colours_are_still_told_apart():
    _, right = boxes(figure := reach_figure(named(40), ACCURACY))
    looks = {(p.get_color(), str(p.get_linestyle()), p.get_marker()) for p in pieces(right)}
    assert len(looks) == 40
    assert figure.axes[0].lines


@pytest.mark.parametrize("name", ["$x_{", "_hidden", r"a\b", "50% & <b>"])
def test_a_name_is_drawn_as_it_is(name):
    figure = reach_figure({name: curve()}, ACCURACY)
    (box,), right = boxes(figure)
    assert box.width > 5
    assert [text.get_text() for text in right.texts if text.get_text()] == [
        name.replace(" ", "\N{NO-BREAK SPACE}")
    ]


@pytest.mark.parametrize(("score", "bottom"), [(100.0, 95), (99.9, 95), (55.0, 52.75)])
def test_an_axis_of_accuracy_ends_at_100_and_shows_five_percent_at_least(score, bottom):
    left, _ = reach_figure({"a": curve(score=score)}, ACCURACY).axes
    assert left.get_ylim() == pytest.approx((bottom, 100))


@pytest.mark.parametrize("score", [ACCURACY, "best validation error"])
def test_a_run_without_a_score_leaves_the_picture_whole(score):
    none = -math.inf if score == ACCURACY else math.inf
    figure = reach_figure({"a": curve(), "b": curve(score=none)}, score)
    names, _ = boxes(figure)
    assert len(names) == 2
    assert all(math.isfinite(limit) for axis in figure.axes for limit in axis.get_ylim())
