"""Every activation's value against numpy, and its two derivatives against `jax.grad`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn.cells import ACTIVATIONS

VALUES = {
    "tanh": np.tanh,
    "sigmoid": lambda h: np.where(h > 0, 1, np.exp(-np.abs(h))) / (1 + np.exp(-np.abs(h))),
    "relu": lambda h: np.where(h > 0, h, 0.0),
    "leaky_relu": lambda h: np.where(h > 0, h, 0.01 * h),
    "softplus": lambda h: np.logaddexp(0, h),
    "identity": lambda h: h,
}
SMOOTH = ["tanh", "sigmoid", "softplus", "identity"]
RECTIFIERS = {"relu": 0.0, "leaky_relu": 0.01}
"""Slope below zero, and by convention at zero."""

pytestmark = pytest.mark.usefixtures("float64")


def points(name: str) -> np.ndarray:
    """Random ones, large ones, and 0 where the activation is smooth."""
    drawn = np.random.default_rng(0).normal(scale=2, size=50)
    return np.concatenate([drawn, [-30, 30], [0] if name in SMOOTH else []])


def test_every_activation_is_tested():
    assert set(VALUES) == set(ACTIVATIONS) == {*SMOOTH, *RECTIFIERS}
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())


@pytest.mark.parametrize("name", VALUES)
def test_value_is_the_formula(name):
    h = points(name)
    np.testing.assert_allclose(ACTIVATIONS[name].value(jnp.asarray(h)), VALUES[name](h), 1e-14)


@pytest.mark.parametrize("name", VALUES)
def test_derivatives_are_those_of_the_value(name):
    phi, h = ACTIVATIONS[name], jnp.asarray(points(name))
    slope = jax.grad(phi.value)
    z = phi.value(h)
    first, second = jax.vmap(slope)(h), jax.vmap(jax.grad(slope))(h)
    np.testing.assert_allclose(phi.derivative(h, z), first, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(phi.second_derivative(h, z), second, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", VALUES)
def test_nothing_overflows_far_out(name):
    phi, h = ACTIVATIONS[name], jnp.array([-1e4, 1e4])
    z = phi.value(h)
    for values in (z, phi.derivative(h, z), phi.second_derivative(h, z)):
        assert np.all(np.isfinite(values))


@pytest.mark.parametrize("name", RECTIFIERS)
def test_at_its_kink_a_rectifier_has_the_slope_from_below(name):
    phi, kink = ACTIVATIONS[name], jnp.zeros(1)
    assert phi.value(kink) == 0
    assert phi.derivative(kink, kink) == RECTIFIERS[name]
    assert phi.second_derivative(kink, kink) == 0


@pytest.mark.parametrize("name", VALUES)
def test_precision_is_that_of_the_argument(name):
    phi, h = ACTIVATIONS[name], jnp.array([-1.0, 0.0, 2.0], jnp.float32)
    z = phi.value(h)
    for values in (z, phi.derivative(h, z), phi.second_derivative(h, z)):
        assert (values.dtype, values.shape) == (jnp.float32, (3,))
