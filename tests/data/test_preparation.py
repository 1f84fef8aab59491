"""Standardising and filling in, against NumPy and loops written from the definitions."""

import numpy as np
import pytest

from alignrnn import ArrayTask, ConfigurationError
from alignrnn.data import Sequences, as_sequences, preparation_of

RNG = np.random.default_rng(1)
ROWS = [RNG.normal([3, -20, 0], [1, 5, 1e-2], (length, 3)) for length in (5, 2, 7, 4)]


def with_gaps():
    rows = [row.copy() for row in ROWS]
    rows[0][0, 0] = rows[0][2:4, 1] = rows[2][3, 2] = rows[3][3, 0] = np.nan
    return rows


def filled(rows, how, means):
    """By its definition, a number at a time."""
    made = [row.copy() for row in rows]
    for row in made:
        for channel in range(row.shape[1]):
            for step in range(len(row)):
                if np.isnan(row[step, channel]):
                    has_previous = how == "previous" and step > 0
                    row[step, channel] = row[step - 1, channel] if has_previous else means[channel]
    return made


@pytest.mark.parametrize("missing", ["mean", "previous"])
@pytest.mark.parametrize("standardize", [True, False])
def test_against_the_definition(missing, standardize, float64):
    given = as_sequences("inputs", with_gaps())
    prepare = preparation_of("inputs", given, standardize=standardize, missing=missing)
    every = np.concatenate(with_gaps())  # the valid steps only
    means, deviations = np.nanmean(every, axis=0), np.nanstd(every, axis=0)
    np.testing.assert_allclose(prepare.means, means)
    prepared = prepare("inputs", given)
    wanted = filled(with_gaps(), missing, means)
    for row, length, values in zip(prepared.inputs, given.lengths, wanted, strict=True):
        scaled = (values - means) / deviations if standardize else values
        np.testing.assert_allclose(row[:length], scaled, rtol=1e-10, atol=1e-12)
        assert not row[length:].any()


def test_previous_never_comes_from_another_sequence_or_from_padding(float64):
    rows = [np.array([[5.0], [6.0]]), np.array([[np.nan], [1.0], [np.nan]])]
    given = as_sequences("inputs", rows)
    prepare = preparation_of("inputs", given, standardize=False, missing="previous")
    assert prepare("inputs", given).inputs[1, :, 0].tolist() == [4.0, 1.0, 1.0]


def test_the_validation_part_changes_nothing():
    inputs = RNG.normal(2, 3, (30, 4, 2))
    validation = RNG.normal(50, 9, (6, 4, 2)), np.arange(6) % 2
    task = ArrayTask(inputs, np.arange(30) % 2, validation=validation, standardize=True)
    mean, deviation = inputs.mean(axis=(0, 1)), inputs.std(axis=(0, 1))
    np.testing.assert_allclose(task.inputs, (inputs - mean) / deviation, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        task.validation_inputs, (validation[0] - mean) / deviation, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("constant", [0.0, 7.0, 1e-3, 0.1, 1e20, -1e-30])
def test_a_constant_channel_is_only_centred(constant):
    inputs = np.stack([np.full((8, 5), constant), RNG.normal(size=(8, 5))], axis=2)
    given = as_sequences("inputs", inputs)
    prepare = preparation_of("inputs", given, standardize=True, missing="refuse")
    assert prepare.scales[0] == 1.0
    prepared = prepare("inputs", given).inputs
    assert np.abs(prepared[..., 0]).max() <= 1e-6 * abs(constant)
    np.testing.assert_allclose(prepared[..., 1].std(), 1, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e15])
@pytest.mark.parametrize("offset", [0.0, 1.0, -50.0])
def test_a_channel_of_any_scale_has_deviation_1(scale, offset, float64):
    inputs = scale * RNG.normal(offset, 1, (20, 6, 1))
    given = as_sequences("inputs", inputs)
    made = preparation_of("inputs", given, standardize=True, missing="refuse")("inputs", given)
    np.testing.assert_allclose((made.inputs.mean(), made.inputs.std()), (0, 1), atol=1e-9)


def test_a_missing_number_is_refused_in_one_line():
    inputs = np.ones((10, 3, 2))
    inputs[4, 1, 1] = np.nan
    # Where it was given, whichever part row 4 comes to.
    for options in ({}, {"standardize": True}, {"split_seed": 1}, {"split_seed": 2}):
        with pytest.raises(ConfigurationError) as caught:
            ArrayTask(inputs, np.arange(10) % 2, notices=False, **options)
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith("inputs: got nan at (4, 1, 1)")
        assert 'missing="mean" or "previous" fills in' in message
    clean, own = np.random.default_rng(0).normal(size=(10, 3, 2)), (inputs, np.arange(10) % 2)
    with pytest.raises(ConfigurationError, match=r"^validation_inputs: got nan at \(4, 1, 1\)"):
        ArrayTask(clean, np.arange(10) % 2, validation=own)


def test_a_channel_without_a_number_is_refused():
    inputs = np.stack([np.full((4, 3), np.nan), np.zeros((4, 3))], axis=2)
    with pytest.raises(ConfigurationError, match="inputs: got none in channel 0"):
        preparation_of("inputs", Sequences(inputs), standardize=False, missing="mean")


def test_symbols_are_not_standardised():
    symbols = as_sequences("inputs", [[1, 2], [3, 4]])
    assert preparation_of("inputs", symbols, standardize=False, missing="mean") is None
    with pytest.raises(ConfigurationError, match="standardize: got True"):
        preparation_of("inputs", symbols, standardize=True, missing="refuse")
