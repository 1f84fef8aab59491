"""Sequences in any form, one array of them."""

import numpy as np
import pandas as pd
import pytest

from alignrnn import ConfigurationError
from alignrnn.data import as_sequences

LENGTHS = np.array([3, 1, 4, 2])
RNG = np.random.default_rng(0)
FEATURES = [RNG.normal(size=(length, 2)) for length in LENGTHS]
SYMBOLS = [RNG.integers(0, 9, length) for length in LENGTHS]


def padded(rows, fill):
    """An array with every row as long as the longest, filled at its end."""
    made = np.full((len(rows), max(map(len, rows)), *rows[0].shape[1:]), fill, rows[0].dtype)
    for row, values in zip(made, rows, strict=True):
        row[: len(values)] = values
    return made


def refusal(inputs, lengths=None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        as_sequences("inputs", inputs, lengths)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("as_list", [list, tuple, lambda rows: np.array(rows, object)])
@pytest.mark.parametrize("rows", [FEATURES, SYMBOLS], ids=["features", "symbols"])
def test_a_list_is_the_array_with_lengths(rows, as_list):
    listed = as_sequences("inputs", as_list(rows))
    # What stands past an end is not looked at: not even whether it is a number, or in range.
    fill = np.nan if rows is FEATURES else -7
    whole = as_sequences("inputs", padded(rows, fill), LENGTHS)
    np.testing.assert_array_equal(listed.inputs, whole.inputs)
    np.testing.assert_array_equal(listed.lengths, whole.lengths)
    np.testing.assert_array_equal(listed.lengths, LENGTHS)
    np.testing.assert_allclose(listed.inputs, padded(rows, 0), rtol=1e-6)


def test_a_list_of_frames_is_that_of_their_arrays():
    """As pandas' groupby gives them, whatever their index."""
    frames = [pd.DataFrame(rows, index=range(5, 5 + len(rows))) for rows in FEATURES]
    found, meant = as_sequences("inputs", frames), as_sequences("inputs", FEATURES)
    np.testing.assert_array_equal(found.inputs, meant.inputs)
    np.testing.assert_array_equal(found.lengths, meant.lengths)
    assert as_sequences("inputs", [pd.Series([1, 2]), pd.Series([3])]).are_symbols


def test_live_steps_are_those_within_a_sequence():
    live = as_sequences("inputs", FEATURES).live
    for row, length in zip(live, LENGTHS, strict=True):
        assert row.tolist() == [step < length for step in range(4)]


def test_lists_of_lists_and_of_equal_lengths():
    assert as_sequences("inputs", [[1, 2], [3]]).inputs.tolist() == [[1, 2], [3, 0]]
    same = as_sequences("inputs", [[1, 2], [3, 4]])
    assert same.lengths is None
    assert same.are_symbols


def test_real_numbers_are_one_feature_and_integers_symbols():
    assert as_sequences("inputs", np.zeros((2, 3))).inputs.shape == (2, 3, 1)
    assert as_sequences("inputs", np.zeros((2, 3), int)).are_symbols
    assert not as_sequences("inputs", np.zeros((2, 3, 1), int)).are_symbols
    ragged = as_sequences("inputs", [np.zeros(2), np.ones(3)])
    assert ragged.inputs.shape == (2, 3, 1)
    assert ragged.lengths.tolist() == [2, 3]


def test_none_is_a_missing_number():
    given = as_sequences("inputs", [[[1.0], [None]], [[2.0], [3.0]]])
    assert np.isnan(given.inputs[0, 1, 0])
    assert np.isnan(given.inputs).sum() == 1


def test_padding_further_keeps_the_sequences():
    more = as_sequences("inputs", FEATURES).padded_to(6)
    assert more.inputs.shape == (4, 6, 2)
    np.testing.assert_array_equal(more.inputs[:, :4], as_sequences("inputs", FEATURES).inputs)
    np.testing.assert_array_equal(more.lengths, LENGTHS)
    equal = as_sequences("inputs", np.zeros((2, 3, 1))).padded_to(5)
    assert equal.lengths.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("inputs", "lengths", "message"),
    [
        (np.array([[1.0, np.inf]]), None, "inputs: got inf at (0, 1, 0), but all must be finite"),
        ([np.zeros((2, 1)), np.zeros((3, 2))], None, "only the first axis may differ"),
        ([np.zeros((2, 1)), np.zeros((0, 1))], None, "inputs[1]: got float64 of shape (0, 1)"),
        ([["a", "b"], ["c"]], None, "it must be numbers"),
        ([[1, 2], [3, [4]]], None, "inputs"),
        ([["a", "b"], ["c", "d"]], None, "inputs: got <U1 of shape (2, 2)"),
        (np.zeros((0, 3)), None, "no axis may be empty"),
        (np.zeros(3), None, "it must be integers (N, T), symbols, or numbers (N, T, I)"),
        ("text", None, "it must be integers (N, T)"),
        (None, None, "it must be integers (N, T)"),
        (FEATURES, LENGTHS, "sequences of unequal length have their own"),
        (np.zeros((2, 3)), [1, 4], "lengths: got 4, but it must be integers (2,) from 1 to 3"),
        (np.zeros((2, 3)), [0, 3], "lengths: got 0"),
        (np.zeros((2, 3)), [1.0, 2.0], "lengths: got float64"),
        (np.zeros((2, 3)), [1], "lengths: got int64 of shape (1,)"),
        (np.zeros((2, 3), complex), None, "complex128"),
        (np.zeros((2, 3), "M8[s]"), None, "datetime64"),
    ],
)
def test_anything_else_is_refused_in_one_line(inputs, lengths, message):
    assert message in refusal(inputs, lengths)
