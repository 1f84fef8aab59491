"""What a gated cell keeps of a step: the derivatives made with it are those of the formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn.cells import activated

from ..rules import oracle
from ..rules.cases import random_case
from ..tolerances import relative_error
from .test_activations import VALUES

TOLERANCE = 1e-12
CELLS = {"gru": oracle.gru(), "lstm": oracle.lstm()}

pytestmark = pytest.mark.usefixtures("float64")


def alike(z, draw):
    """A tree of z's form."""
    return jax.tree.map(lambda leaf: jnp.asarray(draw.normal(size=leaf.shape)), z)


def assert_alike(actual, expected):
    for one, other in zip(*(jax.tree.leaves(tree) for tree in (actual, expected)), strict=True):
        assert relative_error(one, other) <= TOLERANCE
        assert np.linalg.norm(other) > 0.01  # or the comparison says nothing


@pytest.mark.parametrize("name", CELLS)
def test_pull_backs_with_residuals_are_the_derivatives_of_the_formulas(name):
    case = random_case(3, cell=name, symbols=False)
    (layer,), draw = case.network.layers, np.random.default_rng(3)
    cell, p, x = layer.cell, layer.parameters, case.inputs[0]
    z = alike(layer.initial_state(len(x)), draw)
    error, cotangent = alike(z, draw), alike(z, draw)

    def made():
        drive = cell.drive(p, x)
        h, residuals = cell.step_with_residuals(p, drive, z)
        again, same = cell.step_with_residuals(p, drive, z, residuals)
        carried = cell.pull_back(p, drive, z, z, error, residuals)
        return {
            "h": (h, again),
            "residuals": (residuals, same),
            "pull_back": carried.error,
            "bend": carried.bend(cotangent),
            "pull_back_step": cell.pull_back_step(p, drive, z, error, residuals),
            "parameters": jax.vjp(
                lambda p: cell.step_with_residuals(p, cell.drive(p, x), z, residuals)[0], p
            )[1](error)[0],
        }

    def step(p, z):
        return CELLS[name].step(p, x, z)

    def carried(z):
        return jax.vjp(lambda z: step(p, z), z)[1](error)[0]

    def expected():
        return {
            "h": (step(p, z),) * 2,
            "pull_back": carried(z),
            "bend": jax.vjp(carried, z)[1](cotangent)[0],
            "pull_back_step": carried(z),
            "parameters": jax.vjp(lambda p: step(p, z), p)[1](error)[0],
        }

    found, by_formulas = jax.jit(made)(), jax.jit(expected)()
    kept, same = found.pop("residuals")
    assert_alike(same, kept)
    assert {*found} == {*by_formulas}
    for each, value in by_formulas.items():
        assert_alike(found[each], value)


@pytest.mark.parametrize("name", VALUES)
def test_a_known_value_has_the_derivatives_of_its_activation(name):
    h = jnp.asarray(np.random.default_rng(0).normal(scale=2, size=50))

    def derivatives(known):
        def value(h):
            return activated(name, h, jax.lax.stop_gradient(activated(name, h)) if known else None)

        slope = jax.grad(value)
        return jax.vmap(value)(h), jax.vmap(slope)(h), jax.vmap(jax.grad(slope))(h)

    for one, other in zip(*(derivatives(known) for known in (True, False)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "identity"])
def test_of_a_known_value_nothing_else_is_computed(name):
    """Whatever h is: neither the value nor a derivative sees it."""
    known = jnp.asarray([0.3, 0.6])
    value, pull = jax.vjp(lambda h: activated(name, h, known), jnp.asarray([jnp.nan, 7.0]))
    np.testing.assert_array_equal(value, known)
    slope = {"tanh": 1 - known**2, "sigmoid": known * (1 - known), "identity": jnp.ones(2)}[name]
    np.testing.assert_allclose(pull(jnp.ones(2))[0], slope, rtol=1e-15)
