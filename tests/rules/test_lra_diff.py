"""LRADiff against the slow loop of its formulas, and what it promises besides."""

import itertools

import jax
import jax.numpy as jnp
import pytest

from alignrnn import BPTT, LRADiff

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case

DEFAULTS = {
    "target_step": 0.7,
    "output_target_step": 0.9,
    "inner_steps": 1,
    "local_loss": "mse",
    "reduction": "mean",
    "align": "states",
    "gradient_bound": 0.0,
    "displacement_bound": 0.0,
    "normalization": "clip",
    "regularization": 0.0,
    "regularize": ("weights", "inputs", "targets"),
    "omega_norm": "batch",
}

PLACES = [
    places
    for count in (1, 2, 3)
    for places in itertools.combinations(("weights", "inputs", "targets"), count)
]

# Every option with every value, and every pair of the structural ones together.
COMBINATIONS = [
    {
        "inner_steps": K,
        "local_loss": loss,
        "reduction": reduction,
        "align": align,
        "normalization": normalization,
        "omega_norm": omega_norm,
        "regularization": alpha,
        "regularize": PLACES[index % len(PLACES)],
    }
    for index, (K, loss, reduction, align, normalization, (alpha, omega_norm)) in enumerate(
        itertools.product(
            (1, 3),
            ("mse", "log_penalty"),
            ("mean", "batch"),
            ("states", "pre_activations"),
            ("clip", "forced", "off"),
            ((0.0, "batch"), (0.6, "batch"), (0.6, "sample")),
        )
    )
]
# A stride prime to the sizes of all axes: the quick tests meet every value, most of them in pairs.
NUMBERS = [
    pytest.param(number, marks=() if number % 33 == 0 else pytest.mark.slow)
    for number in range(len(COMBINATIONS))
]


def compare(options: dict, seed: int, **case) -> None:
    """Gradients and diagnostics against the oracle's."""
    network, batch, parameters, inputs = random_case(seed, **case)
    given = DEFAULTS | options
    # Steps near unit gain, so that errors reach every step and nothing passes for being 0.
    B, H = batch.inputs.shape[1], network.hidden_size
    unit_gain = B * H / 2 if given["reduction"] == "mean" else B / 2
    target_step = 0.7 * unit_gain
    others = {k: v for k, v in given.items() if k != "target_step"}
    others["output_target_step"] = 0.9 * unit_gain
    rule = LRADiff(target_step, **others)
    o = others | {"target_step": target_step, "activation": network.activation}
    expected, details, _ = oracle.lra_diff(parameters, inputs, batch.targets, o)

    update, _ = jitted_update(rule, network, batch)
    assert update.diagnostics is None
    assert_close(as_dict(update.gradients), expected, tolerances.LRA_DIFF)
    loss = oracle.bptt_loss(parameters, inputs, batch.targets, network.activation)
    assert relative_error(update.loss, loss) <= tolerances.LRA_DIFF

    update, _ = jitted_update(rule, network, batch, diagnostics=True)
    assert_close(as_dict(update.gradients), expected, tolerances.LRA_DIFF)
    actual = {
        "local_loss": update.diagnostics.local_loss,
        "displacement_norm": update.diagnostics.displacement_norm,
        "norm_ratio": update.diagnostics.norm_ratio,
        "w_hh": update.diagnostics.gradient_norms.w_hh,
        "w_xh": update.diagnostics.gradient_norms.w_xh,
    }
    assert_close(actual, details, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("number", NUMBERS)
def test_every_combination_of_options_follows_the_formulas(number):
    # Bounds of a size that clips some steps and leaves others.
    bounds = {"gradient_bound": 0.05, "displacement_bound": 0.02}
    options = COMBINATIONS[number] | bounds
    compare(options, seed=number, symbols=number % 3 > 0, regression=number % 4 == 0)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("bounds", "places"),
    [
        pytest.param(bounds, places, marks=() if (i + j) % 8 == 0 else pytest.mark.slow)
        for i, bounds in enumerate([(0.0, 0.1), (0.1, 0.0), (0.0, 0.0)])
        for j, places in enumerate(PLACES)
    ],
)
def test_bounds_and_places_one_by_one(bounds, places):
    gradient_bound, displacement_bound = bounds
    compare(
        {
            "gradient_bound": gradient_bound,
            "displacement_bound": displacement_bound,
            "regularization": 0.5,
            "regularize": places,
            "inner_steps": 2,
        },
        seed=len(places),
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("activation", "regression"),
    [
        pytest.param(phi, regression, marks=() if index % 2 == regression else pytest.mark.slow)
        for index, phi in enumerate(oracle.PHI)
        for regression in (False, True)
    ],
)
def test_every_activation_and_both_kinds_of_target(activation, regression):
    options = {"inner_steps": 2, "regularization": 0.3}
    compare(options, seed=7, activation=activation, regression=regression)


@pytest.mark.usefixtures("float64")
def test_output_target_step_defaults_to_the_target_step():
    network, batch, *_ = random_case(3)
    default, _ = jitted_update(LRADiff(0.4), network, batch)
    explicit, _ = jitted_update(LRADiff(0.4, output_target_step=0.4), network, batch)
    other, _ = jitted_update(LRADiff(0.4, output_target_step=0.8), network, batch)
    assert_close(default, explicit, 0)
    assert relative_error(other.gradients.w_hh, default.gradients.w_hh) > 0.1


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reduction", ["mean", "batch"])
def test_on_pre_activations_with_unit_gain_it_is_bptt(seed, reduction):
    network, batch, *_ = random_case(seed, regression=seed % 2 == 0)
    B, H = batch.inputs.shape[1], network.hidden_size
    unit_gain = B * H / 2 if reduction == "mean" else B / 2
    rule = LRADiff(unit_gain, align="pre_activations", reduction=reduction)
    local, _ = jitted_update(rule, network, batch, diagnostics=True)
    exact, _ = jitted_update(BPTT(), network, batch, diagnostics=True)
    assert_close(local.gradients, exact.gradients, tolerances.LRA_DIFF)
    if reduction == "mean":  # BPTT's diagnostics are defined by this identity
        assert_close(local.diagnostics, exact.diagnostics, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
def test_bounds_given_as_arrays_of_zero_switch_off_too():
    network, batch, *_ = random_case(5)
    off, _ = jitted_update(LRADiff(0.5, inner_steps=2), network, batch)
    for kind in ("clip", "forced"):
        zero = jnp.zeros(())
        rule = LRADiff(
            0.5, inner_steps=2, gradient_bound=zero, displacement_bound=zero, normalization=kind
        )
        assert rule.gradient_bound is not None
        update, _ = jitted_update(rule, network, batch)
        assert_close(update, off, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
def test_a_vanished_error_gives_no_nan():
    """Ω, and forced normalisation, where an error is exactly 0."""
    network, batch, *_ = random_case(9, activation="relu")
    dead = jax.tree.map(jnp.zeros_like, network)
    rule = LRADiff(
        0.5,
        inner_steps=2,
        regularization=1.0,
        gradient_bound=1.0,
        displacement_bound=1.0,
        normalization="forced",
    )
    for over in ("batch", "sample"):
        update, _ = jitted_update(
            LRADiff(0.5, regularization=1.0, omega_norm=over), dead, batch, diagnostics=True
        )
        assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(update))
    update, _ = jitted_update(rule, dead, batch, diagnostics=True)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(update))
    assert float(jnp.linalg.norm(update.gradients.w_hh)) == 0
