"""Tables and figures say what the results say."""

import dataclasses

import numpy as np
import pytest

from alignrnn.reports import (
    learning_curves,
    per_step,
    relative_change_figure,
    results_lines,
    save_figure,
)
from alignrnn.reports.figures import looks
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
    curves = [line for line in first.lines if len(line.get_xdata()) == 3]
    assert len(curves) == 3
    np.testing.assert_array_equal(curves[0].get_xdata(), [100, 200, 300])
    np.testing.assert_allclose(curves[0].get_ydata(), [50, 75, 100 * (1 - 0.5 / 3)])
    assert [axis.get_title() for axis in figure.axes[:2]] == ["a", "b"]
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    assert entries == ["one, seed 0", "one, seed 1", "two, seed 0"]
    one, other, two = ((line.get_color(), line.get_linestyle()) for line in curves)
    assert one[0] == other[0] != two[0]
    assert one[1] == two[1] != other[1]


@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_every_curve_names_its_seed_in_a_legend_no_higher_than_the_plot(count):
    results = [result(seed=7 + n) for n in range(count)]
    figure = learning_curves({"task": {"bptt": results}})
    figure.draw_without_rendering()
    (legend,), panel = figure.legends, figure.axes[0].get_window_extent()
    assert [text.get_text() for text in legend.get_texts()] == [
        f"seed {7 + n}" for n in range(count)
    ]
    assert legend.get_title().get_text() == "bptt"
    box = legend.get_window_extent()
    assert box.height <= panel.height
    assert box.x0 > panel.x1
    assert box.x1 <= figure.bbox.x1
    assert panel.width > 200
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    assert [line.get_color() for line in curves] == [look.color for look in looks(count)]
    assert len(set(looks(count))) == count
    handles = [handle.get_color() for handle in legend.legend_handles]  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    assert handles == [line.get_color() for line in curves]


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
