"""A small data set of one's own, and which of its rows a task samples and holds out."""

import jax
import numpy as np

from alignrnn import ArrayTask

N, T = 40, 3
SYMBOLS = np.arange(N * T).reshape(N, T)
"""Every entry its own symbol: row n at step t is n T + t."""
LABELS = np.repeat([0, 1, 2], [20, 15, 5])
FEATURES = np.linspace(-1, 1, N * T * 2).reshape(N, T, 2)
VALUES = np.linspace(0, 1, N)


def rows_of(symbols) -> np.ndarray:
    """Which rows of SYMBOLS a time-major batch consists of."""
    symbols = np.asarray(symbols)
    rows = symbols[0] // T
    np.testing.assert_array_equal(symbols.T, SYMBOLS[rows])
    return rows


def training_rows(task: ArrayTask, draws: int = 1000) -> set[int]:
    return set(rows_of(task.sample(jax.random.key(0), draws).inputs).tolist())


def held_out_rows(task: ArrayTask) -> list[int]:
    return rows_of(task.validation(1).inputs).tolist()
