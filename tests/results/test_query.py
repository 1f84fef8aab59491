"""Conditions on the columns of the table of all runs, and an order."""

import math

import pytest

from alignrnn import ConfigurationError
from alignrnn.results import columns_of, flat, ordered, select, varying

ROWS = [
    {"id": "a", "status": "solved", "iterations": 300, "error": 0.0, "accuracy": 1.0, "clip": None},
    {"id": "b", "status": "diverged", "iterations": 20, "error": math.inf, "accuracy": ""},
    {
        "id": "c",
        "status": "solved",
        "iterations": 100,
        "error": 0.01,
        "accuracy": 0.99,
        "clip": 1.0,
    },
    {"id": "d", "status": "no_improvement", "iterations": 1000, "error": 0.5, "accuracy": 0.5},
]
for number, row in enumerate(ROWS):
    row |= {"nesterov": number == 0, "optimizer": "sgd", "optimizer.learning_rate": 0.1 * number}
    row |= {"step": float(number) or "unit"}

A_NUMBER = "takes one of = == != <= >= < >, and then a number"


def ids(rows):
    return "".join(row["id"] for row in rows)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], "abcd"),
        (["status=solved"], "ac"),
        (["status==solved"], "ac"),
        (["status=SOLVED"], "ac"),
        (["status != solved"], "bd"),
        (["iterations>=100"], "acd"),
        (["iterations>100"], "ad"),
        (["iterations<=100.0"], "bc"),
        (["iterations < 1e3"], "abc"),
        (["iterations=1e2"], "c"),
        (["error=inf"], "b"),
        (["error<inf"], "acd"),
        (["accuracy>=0.99"], "ac"),
        (["accuracy<2"], "acd"),
        (["accuracy!=1"], "bcd"),
        (["clip=1"], "c"),
        (["clip!=1"], "abd"),
        (["nesterov=true"], "a"),
        (["nesterov=False"], "bcd"),
        (["optimizer.learning_rate<0.15"], "ab"),
        (["status=outpaced"], ""),
        (["status<o"], "bd"),
        (["step=unit"], "a"),
        (["step!=unit"], "bcd"),
        (["step>=2"], "cd"),
        (["optimizer=sgd", "status=solved", "iterations<200"], "c"),
    ],
)
def test_rows_for_which_all_conditions_hold(conditions, expected):
    assert ids(select(ROWS, conditions)) == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("iterations", "bcad"),
        ("-iterations", "dacb"),
        ("error", "acdb"),
        ("accuracy", "dcab"),
        ("-accuracy", "acdb"),
        ("status", "bdac"),
        ("clip", "cabd"),
        ("-id", "dcba"),
        ("nesterov", "bcda"),
    ],
)
def test_the_order_with_what_has_nothing_there_last(by, expected):
    assert ids(ordered(ROWS, by)) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "status",
            "where: got 'status', but it must be a column, one of = != < <= > >=, and a value",
        ),
        ("=3", "where: got '=3', but it must be a column, one of = != < <= > >=, and a value"),
        ("", "where: got '', but it must be a column, one of = != < <= > >=, and a value"),
        (
            "acuracy>0.9",
            "where: got 'acuracy', but it must be one of: accuracy, clip, error, id, iterations, "
            "nesterov, optimizer, optimizer.learning_rate, status, step",
        ),
        ("iterations>many", f"where: got 'iterations>many', but iterations {A_NUMBER}"),
        ("accuracy=", f"where: got 'accuracy=', but accuracy {A_NUMBER}"),
        ("accuracy=>0.9", f"where: got 'accuracy=>0.9', but accuracy {A_NUMBER}"),
        ("step=auto", f"where: got 'step=auto', but step {A_NUMBER} or unit"),
        (
            "status=solve",
            "where status: got 'solve', but it must be one of: diverged, max_iterations, "
            "no_improvement, outpaced, solved, stopped",
        ),
        ("optimizer!=adam", "where optimizer: got 'adam', but it must be one of: sgd"),
        ("nesterov=maybe", "where nesterov: got 'maybe', but it must be one of: false, true"),
    ],
)
def test_a_condition_of_another_form_is_named(condition, message):
    with pytest.raises(ConfigurationError) as error:
        select(ROWS, [condition])
    assert str(error.value) == message


def test_of_a_column_of_many_texts_any_may_be_asked_for():
    rows = [{"id": str(number) + "x"} for number in range(20)]
    assert select(rows, ["id=3y"]) == []
    assert select(rows, ["id=3x"]) == [rows[3]]


def test_an_unknown_column_to_sort_by_is_named():
    with pytest.raises(ConfigurationError, match="sort: got 'errors', but it must be one of: acc"):
        ordered(ROWS, "-errors")


def test_no_rows_are_no_mistake():
    assert select([], ["anything=1"]) == []
    assert ordered([], "anything") == []


def test_a_configuration_in_one_level():
    configuration = {
        "task": {"name": "adding", "length": 10},
        "rule": {"name": "lra-diff", "regularize": ["inputs", "weights"], "clip": None},
        "seed": 3,
    }
    assert flat(configuration) == {
        "task": "adding",
        "task.length": 10,
        "rule": "lra-diff",
        "rule.regularize": "inputs+weights",
        "rule.clip": None,
        "seed": 3,
    }
    assert columns_of([{"a": 1, "b": 2}, {"c": 3, "a": 1}]) == ["a", "b", "c"]


def test_columns_in_which_runs_differ_but_not_for_being_of_another_rule():
    lra = {"rule": "lra-diff", "rule.inner_steps": 1, "rule.omega_norm": "batch", "seed": 0}
    bptt = {"rule": "bptt", "rule.clip": 1.0, "rule.omega_norm": "sample", "seed": 0}
    assert varying([lra, bptt]) == ["rule"]
    assert varying([lra, {**lra, "rule.inner_steps": 2}, bptt]) == ["rule", "rule.inner_steps"]
    assert varying([lra, {**lra, "seed": 1}]) == ["seed"]
    assert varying([{**lra, "network.hidden_size": size} for size in (8, 16)]) == [
        "network.hidden_size"
    ]
    assert varying([{**bptt, "rule.clip": clip} for clip in (None, 1.0)]) == ["rule.clip"]
    assert varying([]) == []
