"""LRADiff against the slow loop of its formulas, and what it promises besides."""

import itertools

import jax
import jax.numpy as jnp
import pytest

from alignrnn import BPTT, LRADiff

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case, with_parameters

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
    "omega_over_steps": "sum",
    "regularization_by": "constant",
    "clip": 0.0,
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
    others = {k: v for k, v in given.items() if k != "target_step"}
    target_step = given["target_step"]
    if target_step != "unit":
        unit_gain = B * H / 2 if given["reduction"] == "mean" else B / 2
        target_step = 0.7 * unit_gain
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


BEYOND_THE_PAPER = [
    {
        "target_step": step,
        "regularization_by": by,
        "omega_over_steps": over,
        "clip": clip,
        "inner_steps": K,
        "reduction": reduction,
        "align": align,
        "local_loss": loss,
    }
    for step, by, over, clip, K, reduction, align, loss in itertools.product(
        ("unit", 1.0),
        ("downstream", "constant"),
        ("mean", "sum"),
        (0.1, 0.0),
        (1, 3),
        ("mean", "batch"),
        ("states", "pre_activations"),
        ("mse", "log_penalty"),
    )
]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=() if number % 45 == 0 else pytest.mark.slow)
        for number in range(0, len(BEYOND_THE_PAPER), 5)
    ],
)
def test_what_goes_beyond_the_paper_follows_its_formulas(number):
    bounds = {"gradient_bound": 0.3, "displacement_bound": 0.2} if number % 3 == 0 else {}
    every_place = [*PLACES, ("recurrent",), ("recurrent", "inputs"), ("recurrent", "targets")]
    places = {"regularization": 0.4, "regularize": every_place[number % len(every_place)]}
    compare(BEYOND_THE_PAPER[number] | bounds | places, seed=number)


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
@pytest.mark.parametrize(
    ("local_loss", "reduction"),
    [
        ("mse", "mean"),
        ("log_penalty", "batch"),
        pytest.param("mse", "batch", marks=pytest.mark.slow),
        pytest.param("log_penalty", "mean", marks=pytest.mark.slow),
    ],
)
def test_the_unit_step_is_the_inverse_of_the_curvature(local_loss, reduction):
    """β = 1/ℓ″ by hand moves targets alike; gradients are those of ℓ/(B·ℓ″)."""
    network, batch, *_ = random_case(4)
    B, H = batch.inputs.shape[1], network.hidden_size
    beta = B * H / 2 if reduction == "mean" else B / 2
    options = {"local_loss": local_loss, "reduction": reduction}
    by_hand, _ = jitted_update(
        LRADiff(beta, output_target_step=0.3 * B, **options), network, batch, diagnostics=True
    )
    unit, _ = jitted_update(
        LRADiff("unit", output_target_step=0.3, **options), network, batch, diagnostics=True
    )
    details, by_hand_details = unit.diagnostics, by_hand.diagnostics
    for name in ("displacement_norm", "norm_ratio"):
        assert_close(getattr(details, name), getattr(by_hand_details, name), tolerances.LRA_DIFF)
    hidden = by_hand.gradients.w_hh * (beta / B)
    assert_close(unit.gradients.w_hh, hidden, tolerances.LRA_DIFF)
    assert_close(unit.gradients.w_hy, by_hand.gradients.w_hy, tolerances.LRA_DIFF)
    assert_close(details.local_loss, by_hand_details.local_loss * (beta / B), tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("seed", range(3))
def test_on_pre_activations_the_unit_step_is_bptt(seed):
    network, batch, *_ = random_case(seed, regression=seed == 0)
    local, _ = jitted_update(LRADiff("unit", align="pre_activations"), network, batch)
    exact, _ = jitted_update(BPTT(), network, batch)
    assert_close(local.gradients, exact.gradients, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("local_loss", ["mse", pytest.param("log_penalty", marks=pytest.mark.slow)])
def test_with_the_unit_step_training_is_the_same_in_every_layout(local_loss):
    """Under either reduction, with every sample twice in the batch, and with units beside that
    take no part: what changes the numbers B, H and R, and not what is to be learnt."""
    network, batch, *_ = random_case(11)
    options = {"local_loss": local_loss, "output_target_step": 0.5, "inner_steps": 2}
    options |= {"regularization": 0.3, "regularize": ("weights",), "clip": 0.5}
    twice = jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf], axis=leaf.ndim > 1), batch)

    def trained(reduction, batch=batch, network=network):
        rule = LRADiff("unit", reduction=reduction, **options)
        for _ in range(30):
            update, _ = jitted_update(rule, network, batch)
            network = jax.tree.map(lambda w, g: w - 0.5 * g, network, update.gradients)
        return as_dict(network)

    usual = trained("mean")
    start = as_dict(network)
    assert relative_error(usual["w_hh"], start["w_hh"]) > 0.1
    assert_close(trained("batch"), usual, 1e-9)
    assert_close(trained("mean", twice), usual, 1e-9)
    assert_close(trained("batch", twice), usual, 1e-9)
    H = network.hidden_size
    paddings = {"w_xh": ((0, 0), (0, 3)), "w_hh": ((0, 3), (0, 3)), "w_hy": ((0, 3), (0, 0))}
    paddings |= {"b_h": ((0, 3),), "b_y": ((0, 0),)}
    wider = with_parameters(network, {k: jnp.pad(v, paddings[k]) for k, v in start.items()})
    wide = trained("mean", network=wider)
    wide["w_xh"], wide["w_hh"] = wide["w_xh"][:, :H], wide["w_hh"][:H, :H]
    wide["w_hy"], wide["b_h"] = wide["w_hy"][:H], wide["b_h"][:H]
    assert_close(wide, usual, 1e-9)


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
