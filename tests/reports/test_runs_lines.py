"""The table of runs on a terminal: results whole at any width, then what differs between them."""

import pytest

from alignrnn.reports import runs_lines
from alignrnn.results import flat
from alignrnn.sweeps import expand

WIDTHS = (40, 60, 80, 100, 140)
GRID = {
    "seed": [0, 1],
    "task": {"name": ["temporal-order", "random-permutation"], "length": 30},
    "rule": {"name": "lra-diff", "target_step": [10.0, 1000.0], "clip": 1.0},
    "optimizer": {"learning_rate": [0.1, 0.01]},
}


def rows(grid=GRID, **outcomes):
    usual = {
        "status": "max_iterations",
        "iterations": 100_000,
        "best_iteration": 99_900,
        "error": 0.0001,
        "accuracy": 0.9999,
        "seconds": 1234.56,
    }
    return [
        {"id": each.identity, **usual, **outcomes, **flat(each.as_dict())} for each in expand(grid)
    ]


def header(lines):
    return next(place for place, line in enumerate(lines) if line.startswith("id"))


@pytest.mark.parametrize("width", WIDTHS)
def test_results_are_never_cut(width):
    made = rows()
    lines = runs_lines(made, width)
    assert "…" not in "".join(lines)
    for row in made:
        assert any(
            line.startswith(row["id"][:6])
            and line.split()[1:5] == ["max_iterations", "100,000", "0.9999", "1234.6"]
            for line in lines
        )


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_longer_than_the_terminal_is_wide(width):
    assert max(map(len, runs_lines(rows(), width))) <= max(width, 53)  # as wide as the results are


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_the_same_everywhere_is_said_once_above(width):
    lines = runs_lines(rows(), width)
    above = " ".join(lines[: header(lines)])
    assert above == "all runs: length=30 rule=lra-diff clip=1 optimizer=sgd"
    assert not any("clip" in line for line in lines[header(lines) :])


def test_what_differs_stands_in_columns_where_they_fit_and_else_beside_or_below():
    made = rows()
    wide = runs_lines(made, 140)
    assert wide[header(wide)].split()[5:] == ["task", "target_step", "learning_rate", "seed"]
    assert wide[-1].split()[5:] == ["random-permutation", "1000", "0.01", "1"]
    for width in (60, 100):
        folded = " ".join(" ".join(runs_lines(made, width)).split())
        assert "task=random-permutation target_step=1000 learning_rate=0.01 seed=1" in folded
    assert runs_lines(made, 60)[header(runs_lines(made, 60)) + 2].startswith("    task=")


def test_options_of_one_name_in_two_sections_keep_their_section():
    grid = {**GRID, "optimizer": {"learning_rate": 0.1, "momentum": [0.0, 0.5]}}
    grid["rule"] = {"name": "tptt", "inverse_momentum": [0.0, 0.9]}
    lines = runs_lines(rows(grid), 200)
    assert {"momentum", "inverse_momentum"} <= set(lines[header(lines)].split())


def test_ids_are_as_long_as_tells_them_apart():
    made = [{**row, "id": f"aaaaaaaa{place:08d}"} for place, row in enumerate(rows())]
    lines = runs_lines(made, 140)
    ids = [line.split()[0] for line in lines[header(lines) + 1 :]]
    assert len(set(ids)) == len(made)


def test_an_error_is_shown_where_there_is_no_accuracy():
    lines = runs_lines(rows(accuracy=""), 140)
    assert lines[header(lines)].split()[3] == "error"
    assert "accuracy" not in lines[header(lines)]


def test_the_most_lines_and_the_columns_asked_for():
    lines = runs_lines(rows(), 80, limit=3, columns=["seed", "rule.target_step"])
    assert [line.split() for line in lines[:2]] == [["seed", "rule.target_step"], ["0", "10"]]
    assert lines[4:] == ["3 of 16 runs"]


def test_no_runs_at_all():
    assert runs_lines([], 80)[0].split() == ["id", "status", "iterations", "error", "seconds"]
