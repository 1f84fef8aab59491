"""Every mistake in one's own arrays is named, with what is allowed."""

import numpy as np
import pytest

from alignrnn import ArrayTask, ConfigurationError

from .own_arrays import FEATURES, LABELS, SYMBOLS, VALUES, N, T


def replaced(array: np.ndarray, index, value) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


NEITHER_INPUTS = "it must be integers (N, T), symbols, or numbers (N, T, I), features"
NEITHER_TARGETS = (
    "it must be labels (N,), integers, texts or booleans, or real numbers (N,) or (N, O); at every "
    "step (N, T) and (N, T, O)"
)
AT_STEPS = "with an answer at every step it must have 3 steps, as its inputs have"

MISTAKES = {
    "one axis": (
        (np.arange(N), LABELS),
        {},
        f"inputs: got int64 of shape (40,), but {NEITHER_INPUTS}",
    ),
    "four axes": (
        (FEATURES[..., None], LABELS),
        {},
        f"inputs: got float64 of shape (40, 3, 2, 1), but {NEITHER_INPUTS}",
    ),
    "complex features": (
        (FEATURES * 1j, LABELS),
        {},
        f"inputs: got complex128 of shape (40, 3, 2), but {NEITHER_INPUTS}",
    ),
    "texts": (
        (np.full((N, T), "a"), LABELS),
        {},
        f"inputs: got <U1 of shape (40, 3), but {NEITHER_INPUTS}",
    ),
    "labels of two axes": (
        (SYMBOLS, LABELS[:, None]),
        {},
        f"targets: got int64 of shape (40, 1), but {AT_STEPS}",
    ),
    "values of three axes": (
        (SYMBOLS, VALUES[:, None, None]),
        {},
        f"targets: got float64 of shape (40, 1, 1), but {AT_STEPS}",
    ),
    "complex targets": (
        (SYMBOLS, VALUES * 1j),
        {},
        f"targets: got complex128 of shape (40,), but {NEITHER_TARGETS}",
    ),
    "objects for labels": (
        (SYMBOLS, np.array([3, "a"] * 20, object)),
        {},
        f"targets: got object of shape (40,), but {NEITHER_TARGETS}",
    ),
    "a sequence without its label": (
        (SYMBOLS, np.array([None, "a"] * 20)),
        {},
        "targets: got nothing for sequence 0, but every sequence needs its answer; all must be "
        "finite",
    ),
    "texts beside a number of classes": (
        (SYMBOLS, LABELS.astype(str)),
        {"classes": 3},
        "classes: got 3, but labels are not integers, and as many as occur",
    ),
    "values beside a number of classes": (
        (SYMBOLS, LABELS * 1.0),
        {"classes": 3, "tolerance": 0.1},
        "classes: got 3, but targets are real numbers; labels are integers",
    ),
    "features beside a number of symbols": (
        (FEATURES, LABELS),
        {"symbols": 3},
        "symbols: got 3, but inputs are features",
    ),
    "labels of more than 64 bits": (
        (SYMBOLS, LABELS.astype(np.uint64) + np.uint64(2**63)),
        {},
        f"targets: got {2**63 + 2}, but labels are integers of 64 bits",
    ),
    "rows": ((SYMBOLS, LABELS[:-1]), {}, "targets: got 39 rows, but inputs has 40"),
    "no rows": (
        (SYMBOLS[:0], LABELS[:0]),
        {},
        "inputs: got int64 of shape (0, 3), but no axis may be empty",
    ),
    "no steps": (
        (SYMBOLS[:, :0], LABELS),
        {},
        "inputs: got int64 of shape (40, 0), but no axis may be empty",
    ),
    "no features": (
        (FEATURES[..., :0], LABELS),
        {},
        "inputs: got float64 of shape (40, 3, 0), but no axis may be empty",
    ),
    "no values": (
        (SYMBOLS, np.zeros((N, 0))),
        {},
        "targets: got float64 of shape (40, 0), but no axis may be empty",
    ),
    "nan": (
        (replaced(FEATURES, (4, 1, 0), np.nan), LABELS),
        {},
        'inputs: got nan at (4, 1, 0), but all must be finite; missing="mean" or "previous" fills '
        "in what is missing",
    ),
    "infinite": (
        (SYMBOLS, replaced(VALUES, 7, -np.inf)),
        {},
        "targets: got -inf at (7, 0), but all must be finite",
    ),
    "negative symbol": (
        (replaced(SYMBOLS, (0, 0), -2), LABELS),
        {},
        "inputs: got -2, but all must be integers from 0 up",
    ),
    "negative label beside a number of classes": (
        (SYMBOLS, replaced(LABELS, slice(5), -1)),
        {"classes": 3},
        "targets: got -1, but all must be integers from 0 to 2",
    ),
    "symbol too large": (
        (SYMBOLS, LABELS),
        {"symbols": 100},
        "inputs: got 100, but all must be integers from 0 to 99",
    ),
    "label too large": (
        (SYMBOLS, LABELS),
        {"classes": 2},
        "targets: got 2, but all must be integers from 0 to 1",
    ),
    "values too large for the device": (
        (np.full((8, 4, 2), 1e39), LABELS[:8]),
        {},
        "inputs: got inf at (0, 0, 0), but all must be finite",
    ),
    "symbols too large for the device": (
        (SYMBOLS + 2**40, LABELS),
        {},
        f"inputs: got {int(SYMBOLS.flat[0]) + 2**40}, but all must be integers from 0 up",
    ),
    "five validation arrays": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS, None, None, LABELS)},
        "validation: got 5 arrays, but it must be (inputs, targets)",
    ),
    "a negative split seed": (
        (SYMBOLS, LABELS),
        {"split_seed": -1},
        "split_seed: got -1, but it must be an integer of at least 0",
    ),
    "no symbols": (
        (SYMBOLS, LABELS),
        {"symbols": 0},
        "symbols: got 0, but it must be an integer of at least 1",
    ),
    "no classes": (
        (SYMBOLS, LABELS),
        {"classes": 0},
        "classes: got 0, but it must be an integer of at least 1",
    ),
    "one class": (
        (SYMBOLS, np.zeros(N, int)),
        {},
        "targets: got one class, but there must be at least 2",
    ),
    "nothing held out": (
        (SYMBOLS, LABELS),
        {"held_out": 0.0},
        "held_out: got 0.0, but it must be a finite number above 0",
    ),
    "negative held out": (
        (SYMBOLS, LABELS),
        {"held_out": -0.1},
        "held_out: got -0.1, but it must be a finite number above 0",
    ),
    "undefined held out": (
        (SYMBOLS, LABELS),
        {"held_out": float("nan")},
        "held_out: got nan, but it must be a finite number above 0",
    ),
    "all held out": (
        (SYMBOLS, LABELS),
        {"held_out": 1.0},
        "held_out: got 1.0, but it must be below 1",
    ),
    "too few to hold out": (
        (SYMBOLS[:4], np.array([0, 0, 1, 1])),
        {"held_out": 0.1},
        "inputs: got 4 samples, but too few to hold out a fraction of 0.1 of each class "
        "and train on the rest",
    ),
    "too few to train": (
        (SYMBOLS[:4], np.array([0, 0, 1, 1])),
        {"held_out": 0.9},
        "inputs: got 4 samples, but too few to hold out a fraction of 0.9 of each class "
        "and train on the rest",
    ),
    "negative tolerance": (
        (SYMBOLS, VALUES),
        {"tolerance": -1.0},
        "tolerance: got -1.0, but it must be a finite number of at least 0",
    ),
    "validation of another kind": (
        (SYMBOLS, LABELS),
        {"validation": (FEATURES, LABELS)},
        "validation_inputs: got float32 of shape (40, 3, 2), "
        "but the training array is int64 of shape (40, 3)",
    ),
    "validation targets of another kind": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, VALUES)},
        "validation_targets: got float32 of shape (40, 1), "
        "but the training array is int64 of shape (40,)",
    ),
    "validation labels of another kind": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS.astype(str))},
        "validation_targets: got <U21 of shape (40,), but the training array is int64 of shape "
        "(40,)",
    ),
    "validation of the wrong type": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS * 1.0, LABELS)},
        "validation_inputs: got float32 of shape (40, 3, 1), "
        "but the training array is int64 of shape (40, 3)",
    ),
    "validation targets of the wrong type": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS[:, None])},
        f"validation_targets: got int64 of shape (40, 1), but {AT_STEPS}",
    ),
    "validation rows": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS, LABELS[:-1])},
        "validation_targets: got 39 rows, but validation_inputs has 40",
    ),
    "empty validation": (
        (SYMBOLS, LABELS),
        {"validation": (SYMBOLS[:0], LABELS[:0])},
        "validation_inputs: got int64 of shape (0, 3), but no axis may be empty",
    ),
    "validation not finite": (
        (FEATURES, LABELS),
        {"validation": (replaced(FEATURES, (0, 0, 1), np.inf), LABELS)},
        "validation_inputs: got inf at (0, 0, 1), but all must be finite",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_what_is_allowed(mistake):
    arrays, options, message = MISTAKES[mistake]
    with pytest.raises(ConfigurationError) as caught:
        ArrayTask(*arrays, **options)
    assert str(caught.value) == message
    assert caught.value.field == message.partition(":")[0]


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"held_out": "half"}, "held_out: got 'half', but it must be a finite number above 0"),
        (
            {"tolerance": "none"},
            "tolerance: got 'none', but it must be a finite number of at least 0",
        ),
        ({"symbols": 99.5}, "symbols: got 99.5, but it must be an integer of at least 1"),
        ({"classes": True}, "classes: got True, but it must be an integer of at least 1"),
    ],
)
def test_an_option_of_the_wrong_type_is_named_too(options, message):
    with pytest.raises(ConfigurationError) as caught:
        ArrayTask(SYMBOLS, LABELS, **options)
    assert str(caught.value) == message
