"""What is to be said of sequences: of which kind, at which steps, and what counts."""

import numpy as np
import pytest

from alignrnn import ConfigurationError
from alignrnn.data import as_sequences, as_targets

LENGTHS = [3, 1, 4]
GIVEN = as_sequences("inputs", [np.zeros((length, 1)) for length in LENGTHS])
LIVE = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], float)


def targets(values, **options):
    return as_targets("targets", values, GIVEN, **options)


def refusal(values, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        targets(values, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "kind", "every_step", "shape"),
    [
        ([0, 1, 2], "classes", False, (3, 1)),
        (["a", "b", "a"], "classes", False, (3, 1)),
        ([True, False, True], "classes", False, (3, 1)),
        (np.array(["a", "b", "a"], object), "classes", False, (3, 1)),
        ([0.5, 1.0, 2.0], "values", False, (3, 1, 1)),
        (np.zeros((3, 2)), "values", False, (3, 1, 2)),
        (np.zeros((3, 2), bool), "bits", False, (3, 1, 2)),
        (np.zeros((3, 4), int), "classes", True, (3, 4)),
        (np.zeros((3, 4, 2)), "values", True, (3, 4, 2)),
        (np.zeros((3, 4, 2), bool), "bits", True, (3, 4, 2)),
        (np.array([0, 1, 2], np.uint8), "classes", False, (3, 1)),
    ],
)
def test_type_and_shape_say_what_they_are(values, kind, every_step, shape):
    made = targets(values)
    assert (made.kind, made.every_step, made.values.shape) == (kind, every_step, shape)


def test_what_is_said_of_them_goes_before():
    assert targets([0, 1, 2], kind="values").values.shape == (3, 1, 1)
    assert targets(np.ones((3, 4)), every_step=True).values.shape == (3, 4, 1)
    assert targets(np.ones((3, 4)), kind="bits").values.shape == (3, 1, 4)
    assert targets(np.ones((3, 4), bool), every_step=True).kind == "classes"


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 1, 2], [1], [2, 1, 0, 1]],
        [["a", "b", "a"], ["b"], list("abba")],
        [np.arange(6.0).reshape(3, 2), np.ones((1, 2)), np.zeros((4, 2))],
        [np.eye(3, dtype=bool), np.ones((1, 3), bool), np.zeros((4, 3), bool)],
        [np.arange(3, dtype=np.uint8), np.arange(1), np.arange(4)],
    ],
    ids=["integers", "texts", "values", "bits", "two types"],
)
def test_a_list_of_answers_is_scored_within_its_sequence_alone(rows):
    made = targets(rows)
    assert made.every_step
    np.testing.assert_array_equal(made.weights, LIVE)
    for row, values in zip(rows, made.values, strict=True):
        np.testing.assert_array_equal(values[: len(row)], np.asarray(row))
    # Past an end stands something that occurs, so that it adds no label.
    assert set(np.unique(made.values)) == set(np.unique(made.scored))


@pytest.mark.parametrize("nothing", [None, np.nan, ""])
def test_a_step_without_its_answer_counts_nothing(nothing):
    labels = np.array([["a", "b", "a", "?"], ["b", "?", "?", "?"], list("abba")], object)
    labels[0, 1] = labels[2, 3] = nothing
    made = targets(labels)
    wanted = LIVE.copy()
    wanted[0, 1] = wanted[2, 3] = 0
    np.testing.assert_array_equal(made.weights, wanted)
    assert set(made.scored.tolist()) == {"a", "b"}
    assert set(np.unique(made.values).tolist()) == {"a", "b"}


def test_nan_among_texts_of_a_list_is_no_label():
    made = targets([["a", np.nan, "b"], ["b"], ["a", "b", np.nan, "b"]])
    np.testing.assert_array_equal(made.weights, [[1, 0, 1, 0], [1, 0, 0, 0], [1, 1, 0, 1]])
    assert set(made.scored.tolist()) == {"a", "b"}


def test_missing_values_and_masked_ones_count_nothing():
    values = np.ones((3, 4, 2))
    values[2, 1, 0] = np.nan
    wanted = LIVE.copy()
    wanted[2, 1] = 0
    np.testing.assert_array_equal(targets(values).weights, wanted)
    masked = np.ma.array(np.arange(12).reshape(3, 4) % 2, mask=False)
    masked[2, 1] = np.ma.masked
    np.testing.assert_array_equal(targets(masked).weights, wanted)


def test_weights_are_kept_where_there_is_an_answer():
    weights = np.arange(1.0, 13).reshape(3, 4)
    labels = np.array([[0, 1, None, 0]] * 3, object)
    made = targets(labels, weights=weights)
    there = LIVE * np.array([1, 1, 0, 1])
    np.testing.assert_allclose(made.weights, weights * there)
    np.testing.assert_allclose(targets([0, 1, 0], weights=[1, 0, 2]).weights, [[1], [0], [2]])


def test_padding_further_adds_nothing_that_counts():
    more = targets([[0, 1, 2], [1], [2, 1, 0, 1]]).padded_to(6)
    assert more.values.shape == (3, 6)
    np.testing.assert_array_equal(more.weights, np.pad(LIVE, [(0, 0), (0, 2)]))


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([0, 1], {}, "targets: got 2 rows, but inputs has 3"),
        ([0.5, np.nan, 1], {}, "targets: got nothing for sequence 1"),
        (["a", None, "b"], {}, "targets: got nothing for sequence 1"),
        (["a", np.nan, "b"], {}, "targets: got nothing for sequence 1"),
        ([0.5, np.inf, 1], {}, "targets: got inf at (1, 0), but all must be finite"),
        ([0, 1, 2], {"kind": "bits"}, "targets: got 2.0 at (2, 0), but bits are 0 or 1"),
        (np.zeros((3, 5), int), {}, "it must have 4 steps"),
        (np.zeros((3, 4, 2, 2)), {}, "it must be labels"),
        (np.zeros((3, 4), complex), {}, "it must be labels"),
        ([0.5, 1.5, 1.0], {"kind": "classes"}, "it must be labels"),
        (["a", "b", "c"], {"kind": "values"}, "with values it must be numbers"),
        ([None, None, None], {}, "no answer at all"),
        ([{}, {}, {}], {}, "it must be labels"),
        ([0, 1, "a"], {}, "it must be labels"),
        (np.array([0, 1, "a"], object), {}, "it must be labels"),
        ([[0, 1, 2], [1], [2, 1]], {}, "targets[2]: got int64 of shape (2,)"),
        ([0, 1, 2], {"weights": [1, -1, 1]}, "weights: got -1.0"),
        ([0, 1, 2], {"weights": [1, 1]}, "weights: got int64 of shape (2,)"),
        ([0, 1, 2], {"weights": [0, 0, 0]}, "some answer must"),
        ([0, 1, 2], {"weights": 3}, "weights: got int64 of shape ()"),
        (np.array([0, 1, 2**63], np.uint64), {}, "labels are integers of 64 bits"),
        ([0, 1, 2], {"kind": "words"}, "output_kind: got 'words'"),
    ],
)
def test_anything_else_is_refused_in_one_line(values, options, message, without_type_checker):
    assert message in refusal(values, **options)
