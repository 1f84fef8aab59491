"""LRADiff against the slow loop of its formulas, and what it promises besides."""

import itertools

import jax
import jax.numpy as jnp
import pytest

from alignrnn import BPTT, RNN, Elman, LRADiff

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import CELLS, as_dict, hidden_size, jitted_update, random_case, with_parameters

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


def compare(options: dict, seed: int, detailed=(False, True), **kind) -> None:
    """Gradients and diagnostics against the oracle's."""
    case = random_case(seed, **kind)
    network, batch = case.network, case.batch
    given = DEFAULTS | options
    # Steps near unit gain, so that errors reach every step and nothing passes for being 0.
    B, H = batch.inputs.shape[1], sum(leaf.shape[0] for leaf in states_of(network))
    if given["target_step"] != "unit":
        unit_gain = B * H / 2 if given["reduction"] == "mean" else B / 2
        given |= {"target_step": 0.7 * unit_gain, "output_target_step": 0.9 * unit_gain}
    rule = LRADiff(**given)
    expected, details, _ = oracle.lra_diff(
        case.cells, case.parameters, case.inputs, case.answers, given
    )
    loss = oracle.whole_loss(case.parameters, case.inputs, case.answers, case.cells)
    for diagnostics in detailed:
        update, _ = jitted_update(rule, network, batch, diagnostics=diagnostics)
        assert_close(as_dict(update.gradients), expected, tolerances.LRA_DIFF)
        assert relative_error(update.loss, loss) <= tolerances.LRA_DIFF
        assert_close(update.diagnostics, details if diagnostics else None, tolerances.LRA_DIFF)


def states_of(network) -> list:
    """One w_hh of H rows for each array of the top layer's state."""
    top = network.layers[-1]
    return [top.parameters["w_hh"]] * len(jax.tree.leaves(top.initial_state(1)))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("number", NUMBERS)
def test_every_combination_of_options_follows_the_formulas(number):
    # Bounds of a size that clips some steps and leaves others.
    bounds = {"gradient_bound": 0.05, "displacement_bound": 0.02}
    options = COMBINATIONS[number] | bounds
    kind = "classes" if number % 4 else "values"
    compare(options, seed=number, symbols=number % 3 > 0, kind=kind)


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
    ("activation", "kind"),
    [
        pytest.param(phi, kind, marks=() if index % 3 == which else pytest.mark.slow)
        for index, phi in enumerate(oracle.PHI)
        for which, kind in enumerate(("classes", "values", "bits"))
    ],
)
def test_every_activation_and_kind_of_target(activation, kind):
    options = {"inner_steps": 2, "regularization": 0.3}
    compare(options, seed=7, activation=activation, kind=kind)


SETTINGS = {
    "plain": {},
    "inner steps": {
        "inner_steps": 3,
        "local_loss": "log_penalty",
        "reduction": "batch",
        "target_step": "unit",
        "output_target_step": 0.5,
    },
    "bounds": {
        "inner_steps": 2,
        "gradient_bound": 0.05,
        "displacement_bound": 0.1,
        "align": "pre_activations",
    },
    "omega": {"regularization": 0.5, "inner_steps": 2},
    "omega of samples, driven": {
        "regularization": 0.5,
        "omega_norm": "sample",
        "omega_over_steps": "mean",
        "regularization_by": "downstream",
        "clip": 0.2,
        "gradient_bound": 0.3,
    },
}
BATCHES: dict[str, dict] = {
    "at the end": {},
    "padded": {"padded": True, "weighted": True},
    "every step": {"every_step": True, "weighted": True, "symbols": False},
    "every step, padded": {"every_step": True, "padded": True, "kind": "bits"},
    "every step, padded values": {"every_step": True, "padded": True, "kind": "values"},
}
EVERYWHERE = [*itertools.product(CELLS, BATCHES, SETTINGS)]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("cell", "batch", "setting"),
    # Prime to the sizes of all three: the quick tests meet every value.
    [
        pytest.param(*each, marks=() if number % 25 == 12 else pytest.mark.slow)
        for number, each in enumerate(EVERYWHERE)
    ],
)
def test_every_cell_and_stack_and_batch_follows_the_formulas(cell, batch, setting):
    detailed = ("padded" in batch,)  # one is enough, and half the time
    compare(SETTINGS[setting], seed=1, detailed=detailed, cell=cell, **BATCHES[batch])


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
        pytest.param(number, marks=() if number % 170 == 0 else pytest.mark.slow)
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
    assert (
        relative_error(as_dict(other.gradients)["w_hh"], as_dict(default.gradients)["w_hh"]) > 0.1
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
)
@pytest.mark.parametrize("reduction", ["mean", "batch"])
def test_on_pre_activations_with_unit_gain_it_is_bptt(seed, reduction):
    network, batch, *_ = random_case(seed, kind="classes" if seed % 2 else "values")
    B, H = batch.inputs.shape[1], hidden_size(network)
    unit_gain = B * H / 2 if reduction == "mean" else B / 2
    rule = LRADiff(unit_gain, align="pre_activations", reduction=reduction)
    local, _ = jitted_update(rule, network, batch, diagnostics=True)
    exact, _ = jitted_update(BPTT(), network, batch, diagnostics=True)
    assert_close(local.gradients, exact.gradients, tolerances.LRA_DIFF)
    errors, details = exact.diagnostics.pop("error_norm"), local.diagnostics
    assert_close(details.pop("displacement_norm"), unit_gain * errors, tolerances.LRA_DIFF)
    assert relative_error(details.pop("local_loss"), 0 * errors) > 0
    assert_close(details, exact.diagnostics, tolerances.LRA_DIFF)


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
    B, H = batch.inputs.shape[1], hidden_size(network)
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
        assert_close(details[name], by_hand_details[name], tolerances.LRA_DIFF)
    hidden = as_dict(by_hand.gradients)["w_hh"] * (beta / B)
    assert_close(as_dict(unit.gradients)["w_hh"], hidden, tolerances.LRA_DIFF)
    assert_close(
        as_dict(unit.gradients)["w_hy"], as_dict(by_hand.gradients)["w_hy"], tolerances.LRA_DIFF
    )
    loss = by_hand_details["local_loss"] * (beta / B)
    assert_close(details["local_loss"], loss, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("seed", range(3))
def test_on_pre_activations_the_unit_step_is_bptt(seed):
    network, batch, *_ = random_case(seed, kind="classes" if seed else "values")
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
    twice = jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf], axis=1), batch)

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
    H = hidden_size(network)
    bigger = RNN(Elman(H + 3), network.input_size, network.output_size, key=jax.random.key(0))
    paddings = {"w_xh": ((0, 0), (0, 3)), "w_hh": ((0, 3), (0, 3)), "w_hy": ((0, 3), (0, 0))}
    paddings |= {"b_h": ((0, 3),), "b_y": ((0, 0),)}
    wider = with_parameters(bigger, {k: jnp.pad(v, paddings[k]) for k, v in start.items()})
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
        assert {"gradient_bound", "displacement_bound"} <= {*rule.numbers}
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
    assert float(jnp.linalg.norm(as_dict(update.gradients)["w_hh"])) == 0
