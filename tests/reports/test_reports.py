"""Tables and figures say what the results say."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from alignrnn.reports import (
    learning_curves,
    per_step,
    relative_change_figure,
    results_lines,
    save_figure,
    telling,
)
from alignrnn.reports.curve_names import wrapped
from alignrnn.reports.style import looks
from alignrnn.results import Record


def result(status="solved", error=0.0, iterations=300, counts_errors=True, checks=3, seed=0):
    steps = np.arange(1, checks + 1)
    return Record(
        identity="",
        configuration={"seed": seed},
        status=status,
        iterations=iterations,
        best_error=error,
        best_iteration=iterations,
        counts_errors=counts_errors,
        seconds=12.34,
        history={
            "iteration": (100 * steps).tolist(),
            "loss": (1.0 / steps).tolist(),
            "error": (0.5 / steps).tolist(),
        },
        diagnostics={"local_loss": np.outer(steps, [0.0, 1e-30, 1e-3, 1.0]).tolist()},
        software={},
    )


def test_the_table_tells_how_many_were_solved_and_how_each_seed_ended():
    results = [result(), result("max_iterations", 0.25, 100_000, seed=1)]
    lines = results_lines("adding T=10, bptt", results)
    assert lines == [
        "adding T=10, bptt: 1 of 2 solved, 24.7 s",
        "seed  status          iterations  best accuracy  seconds",
        "0     solved                 300        100.00%     12.3",
        "1     max_iterations     100,000         75.00%     12.3",
    ]
    assert max(map(len, lines)) <= 60


def test_of_many_seeds_the_best_are_shown():
    lines = results_lines("t", [result(error=seed / 100, seed=seed) for seed in range(40)])
    assert [line.split()[0] for line in lines[2:-1]] == [str(seed) for seed in range(20)]
    assert lines[-1] == "the best 20 of 40"


def test_an_accuracy_is_never_rounded_up_to_all_right():
    text = "".join(results_lines("t", [result("max_iterations", 1e-6)]))
    assert "99.99%" in text
    assert "100.00%" not in text


def test_a_squared_error_and_no_error_at_all_are_told_as_such():
    squared = [result("stopped", 0.0123, counts_errors=False)]
    assert "error 0.0123" in "".join(results_lines("t", squared))
    assert "none" in "".join(results_lines("t", [result("diverged", float("inf"))]))


def test_the_curves_are_of_the_history():
    panels = {
        "a": {"one": [result(), result(seed=1)], "two": [result("stopped")]},
        "b": {"one": [result()]},
    }
    figure = learning_curves(panels)
    first = figure.axes[0]
    curves = [line for line in first.lines if max(line.get_xdata()) == 300][::2]
    assert len(curves) == 3
    np.testing.assert_array_equal(curves[0].get_xdata(), [100, 200, 300])
    np.testing.assert_allclose(curves[0].get_ydata(), [50, 75, 100 * (1 - 0.5 / 3)])
    assert [axis.get_title("left") for axis in figure.axes] == ["a", "b"]
    assert [text.get_text() for text in first.texts if text.get_text()] == ["one", "two"]
    assert figure.legends == []
    one, other, two = ((line.get_color(), line.get_linestyle()) for line in curves)
    assert one == other
    assert one[0] != two[0]
    assert one[1] != two[1]  # also without colour


@pytest.mark.parametrize("count", [1, 3, 8])
def test_every_seed_is_named_beside_its_curve_and_looks_its_own(count):
    figure = learning_curves({"task": {"bptt": [result(seed=7 + n) for n in range(count)]}})
    figure.draw_without_rendering()
    (axis,) = figure.axes
    assert axis.get_title("left") == "task, bptt"
    texts = [text for text in axis.texts if text.get_text()]
    assert {text.get_text() for text in texts} == {f"seed {7 + n}" for n in range(count)}
    panel, boxes = axis.get_window_extent(), [text.get_window_extent() for text in texts]
    for box in boxes:
        assert panel.x1 < box.x0 < box.x1 <= figure.bbox.x1
        assert panel.y0 - 1 <= box.y0 < box.y1 <= panel.y1 + 1
    ordered = sorted(boxes, key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(ordered))
    # A curve and the piece before its name have three points each.
    curves = [line for line in axis.lines if len(line.get_xdata()) == 3]
    drawn = {(line.get_color(), str(line.get_linestyle())) for line in curves}
    assert (len(curves), len(drawn)) == (2 * count, count)
    assert panel.width > 0.5 * figure.bbox.width


def test_of_many_seeds_none_is_named():
    figure = learning_curves({"task": {"bptt": [result(seed=n) for n in range(40)]}})
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.texts if text.get_text()] == ["40 seeds"]
    assert figure.legends == []


def test_looks_differ_without_colour_and_are_new_for_long():
    found = looks(42)
    assert len(set(found)) == 42
    for one, next_one in pairwise(found):
        assert one.color != next_one.color
        assert one.line != next_one.line
        assert one.dot != next_one.dot


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["lra-diff, seed 0, 3d7eb0", "lra-diff, seed 1, 4e8c43"], ["seed 0", "seed 1"]),
        (["lra-diff, seed 0, 3d7eb0", "bptt, seed 0, 4e8c43"], ["lra-diff", "bptt"]),
        (["a, seed 0, 3d", "a, seed 0, 4e"], ["3d", "4e"]),
        (["a, x", "a"], ["a, x", "a"]),
        (["a, seed 0"], ["a, seed 0"]),
    ],
)
def test_curves_are_called_by_what_tells_them_apart(names, short):
    assert telling(names) == short


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("BPTT", ["BPTT"]),
        ("local targets, pre-activations", ["local targets,", "pre-activations"]),
        ("local targets, lr 0.03, τ 1,000", ["local targets,", "lr 0.03, τ 1,000"]),
        ("a name of more words than fit", ["a name of more words", "than fit"]),
        ("", [""]),
    ],
)
def test_a_name_is_on_lines_that_end_where_its_parts_do(name, lines):
    assert wrapped(name).split("\n") == lines


@pytest.mark.parametrize(("error", "bottom"), [(0.0, 95), (0.5, 47.5), (np.inf, 95)])
def test_an_accuracy_is_drawn_up_to_100_and_over_five_percent_at_least(error, bottom):
    run = result()
    history = {**run.history, "error": [error] * 3}
    figure = learning_curves({"t": {"r": [dataclasses.replace(run, history=history)]}})
    assert figure.axes[0].get_ylim() == pytest.approx((bottom, 100))


def test_curves_are_drawn_of_runs_without_a_check_and_of_squared_errors():
    empty = result("diverged", float("inf"), checks=0)
    assert learning_curves({"t": {"r": [empty]}}).axes[0].get_ylim() == (95, 100)
    squared = learning_curves({"t": {"r": [result(counts_errors=False)]}}).axes[0]
    assert squared.get_ylabel() == "validation error (mean squared)"


def test_a_change_of_nothing_does_not_fill_its_axis():
    figure = relative_change_figure({"a": {0.1: ([0.0], 0.0)}, "b": {0.1: ([17.0], -30.0)}})
    nothing, much = figure.axes
    assert nothing.get_ylim() == (-2.5, 2.5)
    assert much.get_ylim()[0] < -30
    assert much.get_ylim()[1] > 17


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_steps_are_drawn_even_of_a_run_without_a_check(tmp_path, ending):
    empty = result("diverged", float("inf"), checks=0)
    figure = per_step({"a": {"one": [result()], "two": [empty]}})
    drawn = figure.axes[0].collections[0].get_array()
    assert drawn.shape == (4, 3)
    assert np.ma.count_masked(drawn[0]) == 3  # a loss of exactly 0 is white
    save_figure(figure, tmp_path / f"f.{ending}")
    assert (tmp_path / f"f.{ending}").stat().st_size > 1_000
