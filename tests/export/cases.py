"""Networks of every form that can be exported, with weights and biases that are all different."""

import equinox as eqx
import jax
import numpy as np
import pytest

from alignrnn import GRU, LSTM, RNN, Elman, Stack
from alignrnn.data import Preparation

OF_PYTORCH = {
    "elman": Elman(5),
    "relu": Elman(5, activation="relu", initializer="xavier_normal"),
    "gru": GRU(5),
    "lstm": LSTM(5),
    "two grus": GRU(5, layers=2),
    "three lstms": LSTM(4, layers=3),
    "mixed": Stack(GRU(5), LSTM(4), Elman(3), Elman(3)),
}
OF_ONNX = {**OF_PYTORCH, "identity": Elman(5, activation="identity")}
del OF_ONNX["relu"]  # which its reference implementation does not have


def each(cells):
    """As parameters: in the quick tests, one stack of them all."""
    return [
        pytest.param(cell, marks=() if name == "mixed" else pytest.mark.slow, id=name)
        for name, cell in cells.items()
    ]


def network(cell, **options):
    """I = 3, O = 4."""
    options = {"output_kind": "values", **options}
    made = RNN(cell, 3, 4, key=jax.random.key(0), **options)
    draw = np.random.default_rng(1)
    arrays, rest = eqx.partition(made, eqx.is_array)
    moved = jax.tree.map(lambda leaf: leaf + 0.3 * draw.normal(size=leaf.shape), arrays)
    moved = jax.tree.map(lambda new, old: new.astype(old.dtype), moved, arrays)
    return eqx.combine(moved, rest)


def preparation(missing):
    """Of means that single precision would lose a part of."""
    means = (1e4, -2.0, 0.5)
    return Preparation(missing, means, means, (0.1, 3.0, 1.0))


def unprepared():
    """`(N, T, I)`, for a network without a preparation."""
    return np.float32(np.random.default_rng(2).normal(size=(6, 7, 3)))


def unscaled(gaps=False):
    """`(N, T, I)` around those means."""
    draw = np.random.default_rng(2)
    made = draw.normal(size=(6, 7, 3)) + np.array([1e4, -2.0, 0.5])
    if gaps:
        made[draw.random(made.shape) < 0.3] = np.nan
    return np.float32(made)


SYMBOLS = np.random.default_rng(3).integers(0, 3, (6, 7))
LENGTHS = np.array([7, 1, 3, 7, 5, 2])
