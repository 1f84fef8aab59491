"""How close is equal: one home for the tests' tolerances and their comparison."""

import jax
import numpy as np

LRA_DIFF = 1e-10
"""LRADiff against the slow loop of its formulas, float64."""
BPTT = 1e-12
"""BPTT against `jax.grad` of the loss, float64."""
ONLINE = 1e-10
"""Online rules against the slow loops of their formulas, and RTRL against BPTT, float64."""


def relative_error(actual, expected) -> float:
    """‖actual - expected‖ / ‖expected‖ over whole arrays; absolute where the expected one is 0."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    size = np.linalg.norm(expected.ravel())
    return float(np.linalg.norm((actual - expected).ravel()) / (size if size > 0 else 1))


def assert_close(actual, expected, tolerance: float) -> None:
    """Every leaf of two trees of one structure within the relative error."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for path, leaf in jax.tree.leaves_with_path(actual):
        expected_leaf = dict(jax.tree.leaves_with_path(expected))[path]
        error = relative_error(leaf, expected_leaf)
        assert error <= tolerance, f"{jax.tree_util.keystr(path)}: relative error {error:.2e}"
