"""Pixel-by-pixel digits: what scikit-learn brings along, row by row."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from alignrnn import ConfigurationError, load_data


@pytest.fixture(scope="module")
def digits():
    return load_data("pixel-digits")


def test_digits_are_1797_sequences_of_64_pixels(digits):
    held, kept = digits.validation(1), digits.inputs
    assert (digits.name, digits.length, digits.input_size) == ("pixel-digits", 64, 1)
    assert (digits.output_kind, digits.output_size, digits.tolerance) == ("classes", 10, None)
    assert len(kept) + held.inputs.shape[1] == 1797
    for pixels in (kept, held.inputs):
        assert (pixels.min(), pixels.max()) == (0, 1)
    assert held.inputs.shape[0] == kept.shape[1] == 64


def test_digits_hold_out_a_fifth_of_every_class(digits):
    held = np.bincount(digits.validation(1).targets[0], minlength=10)
    kept = np.bincount(digits.targets[:, 0], minlength=10)
    assert np.all(np.abs(held - (held + kept) / 5) <= 1)


def test_digits_are_split_the_same_way_always(digits):
    again = load_data("pixel-digits")
    np.testing.assert_array_equal(digits.inputs, again.inputs)
    np.testing.assert_array_equal(digits.validation_inputs, again.validation_inputs)


def test_digits_and_their_labels_belong_together(digits):
    pixels, labels = load_digits(return_X_y=True)
    label_of = {image.tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    for images, targets in (
        (digits.inputs, digits.targets),
        (digits.validation_inputs, digits.validation_targets),
    ):
        whole = np.asarray(images[..., 0], float) * 16
        assert [label_of[image.tobytes()] for image in whole] == np.asarray(targets).tolist()


def test_digits_without_scikit_learn_say_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ConfigurationError) as caught:
        load_data("pixel-digits")
    assert str(caught.value) == (
        "task: got 'pixel-digits', but it needs scikit-learn: pip install 'alignrnn[data]'"
    )
