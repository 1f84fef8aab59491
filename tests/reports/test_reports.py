"""Tables and figures say what the results say."""

import jax
import numpy as np
import pytest

from alignrnn import BPTT, ElmanRNN, History, Run, RunResult
from alignrnn.reports import learning_curves, per_step, results_lines, save_figure


def result(status="solved", error=0.0, iterations=300, counts_errors=True, checks=3, seed=0):
    steps = np.arange(1, checks + 1)
    return RunResult(
        run=Run(BPTT(), seed=seed),
        status=status,
        iterations=iterations,
        best_error=error,
        best_iteration=iterations,
        network=ElmanRNN(2, 3, 2, key=jax.random.key(0)),
        history=History(
            iteration=100 * steps,
            loss=1.0 / steps,
            error=0.5 / steps,
            diagnostics={"local_loss": np.outer(steps, [0.0, 1e-30, 1e-3, 1.0])},
        ),
        counts_errors=counts_errors,
        seconds=12.34,
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
    assert "mse 0.0123" in "".join(results_lines("t", squared))
    assert "none" in "".join(results_lines("t", [result("diverged", float("inf"))]))


def test_the_curves_are_of_the_history():
    panels = {
        "a": {"one": [result(), result()], "two": [result("stopped")]},
        "b": {"one": [result()]},
    }
    figure = learning_curves(panels)
    first = figure.axes[0]
    curves = [line for line in first.lines if len(line.get_xdata()) == 3]
    assert len(curves) == 3
    np.testing.assert_array_equal(curves[0].get_xdata(), [100, 200, 300])
    np.testing.assert_allclose(curves[0].get_ydata(), [50, 75, 100 * (1 - 0.5 / 3)])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    assert [axis.get_title() for axis in figure.axes[:2]] == ["a", "b"]


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_steps_are_drawn_even_of_a_run_without_a_check(tmp_path, ending):
    empty = result("diverged", float("inf"), checks=0)
    figure = per_step({"a": {"one": [result()], "two": [empty]}})
    drawn = figure.axes[0].collections[0].get_array()
    assert drawn.shape == (4, 3)
    assert np.ma.count_masked(drawn[0]) == 3  # a loss of exactly 0 is white
    save_figure(figure, tmp_path / f"f.{ending}")
    assert (tmp_path / f"f.{ending}").stat().st_size > 1_000
