"""BPTT against `jax.grad` of the loss as one function."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import BPTT

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case

exact_gradient = jax.jit(jax.grad(oracle.bptt_loss), static_argnums=3)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("activation", "symbols", "regression"),
    [
        pytest.param(phi, *kind, marks=() if index == which else pytest.mark.slow)
        for index, phi in enumerate(oracle.PHI)
        for which, kind in enumerate(itertools.product((True, False), repeat=2))
    ],
)
def test_it_is_the_exact_gradient(activation, symbols, regression):
    for seed in range(2):
        network, batch, parameters, inputs = random_case(
            seed, activation=activation, regression=regression, symbols=symbols
        )
        expected = exact_gradient(parameters, inputs, batch.targets, activation)
        for diagnostics in (False, True):
            update, _ = jitted_update(BPTT(), network, batch, diagnostics=diagnostics)
            assert_close(as_dict(update.gradients), expected, tolerances.BPTT)
        loss = oracle.bptt_loss(parameters, inputs, batch.targets, activation)
        assert relative_error(update.loss, loss) <= tolerances.BPTT


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("clip", [0.01, 1e6])
def test_clipping_bounds_the_norm_of_the_whole_gradient(clip):
    network, batch, parameters, inputs = random_case(1)
    exact = exact_gradient(parameters, inputs, batch.targets, "tanh")
    norm = np.sqrt(sum(float(jnp.sum(leaf**2)) for leaf in exact.values()))
    expected = {name: leaf * min(1.0, clip / norm) for name, leaf in exact.items()}
    update, _ = jitted_update(BPTT(clip=clip), network, batch)
    assert_close(as_dict(update.gradients), expected, tolerances.BPTT)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("over", ["batch", "sample"])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_omega_adds_its_own_gradient_to_the_recurrent_weights_alone(over, activation, seed):
    network, batch, parameters, inputs = random_case(seed, activation=activation)
    omega_of = oracle.bptt_omega(parameters, inputs, batch.targets, activation, over)
    expected = exact_gradient(parameters, inputs, batch.targets, activation)
    expected["w_hh"] += 0.7 * jax.grad(omega_of)(parameters["w_hh"])
    rule = BPTT(regularization=0.7, omega_norm=over)
    update, _ = jitted_update(rule, network, batch)
    assert_close(as_dict(update.gradients), expected, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
def test_omega_of_a_network_that_carries_no_error_is_zero():
    network, batch, *_ = random_case(2)
    dead = jax.tree.map(jnp.zeros_like, network)
    update, _ = jitted_update(BPTT(regularization=1.0), dead, batch, diagnostics=True)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(update))
    assert float(jnp.linalg.norm(update.gradients.w_hh)) == 0
