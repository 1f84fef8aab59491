"""Normalize of the paper's Algorithm 1, and a division that is safe at zero."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn.numerics import (
    Normalization,
    added,
    frobenius_norm,
    norm,
    normalization_factor,
    normalize,
    safe_divide,
    scaled,
)

KINDS = ["clip", "forced"]

pytestmark = pytest.mark.usefixtures("float64")


def gradient_of_norm(norm: float) -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(4, 3))
    return norm * drawn / np.sqrt((drawn**2).sum())


def normalized(gradient: np.ndarray, constant: float, kind: Normalization) -> np.ndarray:
    return np.asarray(normalize(jnp.asarray(gradient), jnp.asarray(constant), kind))


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (2, 4, 3)])
def test_norm_is_the_root_of_all_squares(shape):
    x = np.random.default_rng(1).normal(size=shape)
    expected = sum(entry**2 for entry in np.ravel(x)) ** 0.5
    assert float(frobenius_norm(jnp.asarray(x))) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", [2.01, 5.0, 1e6])
def test_a_gradient_above_its_bound_is_shrunk_to_it(norm, kind):
    G = gradient_of_norm(norm)
    np.testing.assert_allclose(normalized(G, 2.0, kind), G * 2 / norm, rtol=1e-13)


@pytest.mark.parametrize("norm", [1.99, 0.1, 1e-9, 0.0])
def test_clipping_leaves_a_gradient_below_its_bound_alone(norm):
    G = gradient_of_norm(norm)
    np.testing.assert_array_equal(normalized(G, 2.0, "clip"), G)


@pytest.mark.parametrize("norm", [1.99, 0.1, 1e-9, 1e-100])
def test_forced_normalization_also_enlarges(norm):
    G = gradient_of_norm(norm)
    np.testing.assert_allclose(normalized(G, 2.0, "forced"), G * 2 / norm, rtol=1e-13)


@pytest.mark.parametrize("norm", [1e-20, 1e-30, 1e25])
def test_norms_whose_squares_leave_single_precision_are_normalized_too(norm):
    G = jnp.asarray(gradient_of_norm(norm), jnp.float32)
    actual = normalize(G, jnp.asarray(2.0, jnp.float32), "forced")
    assert actual.dtype == jnp.float32
    np.testing.assert_allclose(actual, gradient_of_norm(2.0), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("constant", [0.0, 2.0])
def test_zero_stays_zero(constant, kind):
    np.testing.assert_array_equal(normalized(np.zeros((4, 3)), constant, kind), np.zeros((4, 3)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", [1e-9, 1.0, 1e6])
def test_a_bound_of_zero_switches_normalization_off(norm, kind):
    G = gradient_of_norm(norm)
    np.testing.assert_array_equal(normalized(G, 0.0, kind), G)


@pytest.mark.parametrize("kind", KINDS)
def test_at_the_bound_exactly_nothing_changes(kind):
    assert float(normalization_factor(jnp.asarray(3.0), jnp.asarray(3.0), kind)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_may_be_traced_and_batched(kind):
    """A grid over c is one program; c = 0 among its members switches off in that one alone."""
    G = gradient_of_norm(5.0)
    constants = np.array([0.0, 1.0, 10.0])
    batched = jax.jit(jax.vmap(lambda c: normalize(jnp.asarray(G), c, kind)))(
        jnp.asarray(constants)
    )
    factors = [1, 1 / 5, 1 if kind == "clip" else 2]
    np.testing.assert_allclose(batched, [G * factor for factor in factors], rtol=1e-13)


def test_safe_division_divides_and_gives_zero_by_zero():
    numerator = jnp.array([6.0, -1.0, 0.0, 5.0, 0.0])
    denominator = jnp.array([3.0, 4.0, 7.0, 0.0, 0.0])
    np.testing.assert_array_equal(safe_divide(numerator, denominator), [2, -0.25, 0, 0, 0])


def test_safe_division_by_zero_has_finite_derivatives():
    derivatives = jax.grad(safe_divide, (0, 1))
    np.testing.assert_array_equal(derivatives(jnp.asarray(5.0), jnp.asarray(0.0)), (0, 0))
    np.testing.assert_array_equal(derivatives(jnp.asarray(6.0), jnp.asarray(2.0)), (0.5, -1.5))


def test_of_a_tree_all_arrays_count_together():
    draw = np.random.default_rng(2)
    one, other = draw.normal(size=(4, 3)), draw.normal(size=(4, 2))
    pair, joined = (jnp.asarray(one), jnp.asarray(other)), np.concatenate([one, other], 1)
    assert float(frobenius_norm(pair)) == pytest.approx(np.linalg.norm(joined), rel=1e-14)
    rows = np.linalg.norm(joined, axis=1, keepdims=True)
    np.testing.assert_allclose(norm(pair, axis=1), rows, rtol=1e-14)
    shrunk = np.concatenate(normalize(pair, 0.5, "clip"), 1)
    np.testing.assert_allclose(shrunk, joined * (0.5 / np.linalg.norm(joined)), rtol=1e-13)
    twice = added(pair, pair)
    for made, expected in zip(twice, scaled(pair, 2.0), strict=True):
        np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(twice[1], 2 * other)
