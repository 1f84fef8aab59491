"""TPTT against the slow loop of its formulas, and what it promises besides."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    GRU,
    RNN,
    TPTT,
    Batch,
    ConfigurationError,
    Elman,
    LeakyElman,
    Optimizer,
    TemporalOrder,
    train,
)
from alignrnn.cells import Cell

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, hidden_size, jitted_update, random_case, with_parameters

TOLERANCE = 1e-10
"""Against the slow loop, float64."""

DEFAULTS = {
    "reduction": "mean",
    "inverse_reduction": "mean",
    "input_gradient": "local",
    "inverse_momentum": 0.0,
    "inverse_nesterov": True,
    "noise": 0.0,
    "inverse_initializer": "gaussian",  # replaced at once; the quickest to make
}
COMBINATIONS = [
    {
        "reduction": reduction,
        "inverse_reduction": inverse_reduction,
        "input_gradient": input_gradient,
        "inverse_momentum": momentum,
        "inverse_nesterov": nesterov,
        "noise": noise,
    }
    for reduction, inverse_reduction, input_gradient, (momentum, nesterov), noise in (
        itertools.product(
            ("mean", "batch"),
            ("mean", "batch"),
            ("local", "bptt"),
            ((0.0, True), (0.7, True), (0.7, False)),
            (0.0, 0.2),
        )
    )
]
# A stride prime to the sizes of all axes: the quick tests meet every value. Theirs are cases of one
# shape, for each shape costs seconds of compiling.
NUMBERS = [
    pytest.param(number, 4 * number if number % 11 == 0 else number, marks=marks)
    for number in range(len(COMBINATIONS))
    for marks in [() if number % 11 == 0 else pytest.mark.slow]
]

QUICK = ("softplus", "bits")
"""The one activation and kind of target that the quick tests add."""


def tptt_update(rule, network, state, batch, key, diagnostics=False):
    return jitted_update(rule, network, batch, diagnostics, state, key)


def random_inverse(seed, hidden):
    """By name; c_h away from zero."""
    draw = np.random.default_rng(seed)
    return {
        "v_hh": jnp.asarray(0.5 * draw.normal(size=(hidden, hidden))),
        "c_h": jnp.asarray(0.3 * draw.normal(size=hidden)),
    }


def state_with(rule, network, inverse):
    """The rule's first state, with this inverse."""
    state = rule.init(network, key=jax.random.key(0))
    return eqx.tree_at(
        lambda state: (state.inverse.v_hh, state.inverse.c_h),
        state,
        (inverse["v_hh"], inverse["c_h"]),
    )


def compare(options: dict, seed: int, iterations: int = 3, diagnostics=True, **kind) -> None:
    """Gradients and inverse over iterations in a row, the network learning too; diagnostics."""
    case = random_case(seed, **kind)
    network, batch, parameters = case.network, case.batch, case.parameters
    given = DEFAULTS | options
    (T, B), H = batch.inputs.shape[:2], hidden_size(network)
    # Steps that move targets and inverse far enough for nothing to pass for being 0.
    given["target_step"] = (0.2 if network.output_kind == "values" else 0.8) * B
    given["inverse_step"] = 0.02 * B * (H if given["inverse_reduction"] == "mean" else 1)
    rule = TPTT(**given)
    inverse = random_inverse(seed, H)
    state = state_with(rule, network, inverse)
    velocity = jax.tree.map(jnp.zeros_like, inverse)
    for iteration in range(iterations):
        key = jax.random.key(iteration)
        o = given | {
            "activation": network.layers[0].cell.activation,
            "epsilon": given["noise"] * jax.random.normal(key, (T, B, H)),
        }
        before, started = state, inverse
        expected, inverse, velocity, details, _ = oracle.tptt(
            parameters, inverse, velocity, case.inputs, case.answers, o
        )
        assert relative_error(inverse["v_hh"], started["v_hh"]) > 1e-3
        update, state = tptt_update(rule, network, before, batch, key)
        assert update.diagnostics is None
        assert_close(as_dict(update.gradients), expected, TOLERANCE)
        assert_close(by_name(state), inverse, TOLERANCE)
        loss = oracle.whole_loss(parameters, case.inputs, case.answers, case.cells)
        assert relative_error(update.loss, loss) <= TOLERANCE

        parameters = {name: value - 0.02 * expected[name] for name, value in parameters.items()}
        if iteration < iterations - 1:
            network = with_parameters(network, parameters)

    if not diagnostics:
        return
    update, state = tptt_update(rule, network, before, batch, key, diagnostics=True)
    assert_close(as_dict(update.gradients), expected, TOLERANCE)
    assert_close(by_name(state), inverse, TOLERANCE)
    assert_close(update.diagnostics, details, TOLERANCE)


def by_name(state) -> dict:
    """The inverse's parameters."""
    return {"v_hh": state.inverse.v_hh, "c_h": state.inverse.c_h}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("number", "seed"), NUMBERS)
def test_every_combination_of_options_follows_the_formulas(number, seed):
    compare(
        COMBINATIONS[number],
        seed,
        diagnostics=number % 3 == 0,
        symbols=number % 3 > 0,
        kind="classes" if number % 4 else "values",
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("activation", "kind"),
    [
        pytest.param(phi, kind, marks=() if (phi, kind) == QUICK else pytest.mark.slow)
        for phi in oracle.PHI
        for kind in ("classes", "values", "bits")
    ],
)
def test_every_activation_and_kind_of_target(activation, kind):
    compare({"noise": 0.1}, seed=8, iterations=2, activation=activation, kind=kind)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("input_gradient", ["local", "bptt"])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param({"padded": True, "weighted": True}, marks=pytest.mark.slow),
        pytest.param({"every_step": True, "symbols": False}, marks=pytest.mark.slow),
        {"every_step": True, "padded": True, "weighted": True},
        {"every_step": True, "padded": True, "kind": "bits"},
    ],
)
def test_answers_at_every_step_weights_and_lengths_follow_the_formulas(kind, input_gradient):
    options = {"noise": 0.2, "input_gradient": input_gradient, "reduction": "batch"}
    compare(options, seed=2, iterations=1, **kind)


def linear_case(seed=4):
    """A network of identity units, and a batch for it."""
    network, batch, parameters, *_ = random_case(seed, activation="identity")
    return network, batch, parameters


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("reduction", ["mean", "batch"])
def test_of_linear_units_with_the_transpose_for_an_inverse_it_is_bptt(reduction):
    network, batch, parameters = linear_case()
    B, H = batch.inputs.shape[1], hidden_size(network)
    unit_gain = B * H / 2 if reduction == "mean" else B / 2
    rule = TPTT(unit_gain, inverse_step=0.0, reduction=reduction)
    transpose = {"v_hh": parameters["w_hh"].T, "c_h": jnp.zeros(H)}
    state = state_with(rule, network, transpose)
    update, _ = tptt_update(rule, network, state, batch, jax.random.key(0))
    exact, _ = jitted_update(BPTT(), network, batch)
    assert_close(update.gradients, exact.gradients, TOLERANCE)


@pytest.mark.usefixtures("float64")
def test_with_the_exact_inverse_every_target_leads_to_the_next():
    """Of a step that doubles every length the inverse halves it; learning keeps it as it is."""
    network, batch, parameters = linear_case()
    H = hidden_size(network)
    rotation = jnp.linalg.qr(parameters["w_hh"])[0]
    # G adds x W_xh and c_h where the inverse subtracts them; so they are left out.
    parameters |= {"w_hh": 2 * rotation, "w_xh": 0 * parameters["w_xh"], "b_h": jnp.zeros(H)}
    network = with_parameters(network, parameters)
    rule = TPTT(1.0, inverse_step=0.1, noise=0.5)
    inverse = {"v_hh": rotation.T / 2, "c_h": jnp.zeros(H)}
    state = state_with(rule, network, inverse)
    update, new = tptt_update(rule, network, state, batch, jax.random.key(0), diagnostics=True)
    assert_close(by_name(new), inverse, 1e-12)
    np.testing.assert_allclose(update.diagnostics["norm_ratio"][1:], 0.5, rtol=TOLERANCE)


@pytest.mark.usefixtures("float64")
def test_input_weights_may_have_their_exact_gradient_and_the_others_keep_theirs():
    network, batch, *_ = random_case(2)
    gradients = {}
    for kind in ("local", "bptt"):
        rule = TPTT(1.0, input_gradient=kind)
        state = rule.init(network, key=jax.random.key(0))
        update, _ = tptt_update(rule, network, state, batch, jax.random.key(0))
        gradients[kind] = as_dict(update.gradients)
    exact = as_dict(jitted_update(BPTT(), network, batch)[0].gradients)
    assert relative_error(gradients["bptt"]["w_xh"], exact["w_xh"]) <= tolerances.BPTT
    assert relative_error(gradients["local"]["w_xh"], exact["w_xh"]) > 0.1
    for name in ("w_hh", "b_h", "w_hy", "b_y"):
        assert_close(gradients["bptt"][name], gradients["local"][name], 0)
    assert relative_error(gradients["local"]["w_hh"], exact["w_hh"]) > 0.1


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("clip", [0.01, 1e6])
def test_clipping_bounds_the_whole_gradient_of_the_network_and_leaves_the_inverse_alone(clip):
    network, batch, *_ = random_case(1)
    (whole, learned), (update, state) = (
        tptt_update(
            rule, network, rule.init(network, key=jax.random.key(0)), batch, jax.random.key(0)
        )
        for rule in (TPTT(), TPTT(clip=clip))
    )
    norm = np.sqrt(sum(float(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(whole.gradients)))
    expected = jax.tree.map(lambda leaf: leaf * min(1.0, clip / norm), whole.gradients)
    assert_close(update.gradients, expected, TOLERANCE)
    assert_close(state.inverse, learned.inverse, 0)


@pytest.mark.usefixtures("float64")
def test_the_inverse_learns_to_invert():
    network, batch, parameters, cells, inputs, _ = random_case(0)
    rule = TPTT(inverse_step=0.1, inverse_reduction="batch", inverse_momentum=0.9)
    state = state_with(rule, network, random_inverse(0, hidden_size(network)))
    (run,) = oracle.forward(cells, parameters, inputs)
    zs = run.z

    def error(inverse):
        drives = [x @ parameters["w_xh"] + inverse.c_h[None] for x in inputs]
        guesses = [jnp.tanh(d + z @ inverse.v_hh) for d, z in zip(drives, zs[1:], strict=True)]
        return sum(float(jnp.sum((g - z) ** 2)) for g, z in zip(guesses, zs[:-1], strict=True))

    before = error(state.inverse)
    for _ in range(300):
        _, state = tptt_update(rule, network, state, batch, jax.random.key(0))
    assert error(state.inverse) < 0.3 * before


@pytest.mark.usefixtures("float64")
def test_noise_is_drawn_anew_with_each_key_and_its_absence_needs_none():
    network, batch, *_ = random_case(0)
    for noise, differs in ((0.0, False), (0.1, True)):
        rule = TPTT(noise=noise)
        state = rule.init(network, key=jax.random.key(0))
        learned = [
            tptt_update(rule, network, state, batch, jax.random.key(seed))[1].inverse.v_hh
            for seed in (0, 1)
        ]
        assert bool(jnp.any(learned[0] != learned[1])) == differs


def test_where_there_is_no_error_nothing_is_carried_back_not_even_rounding():
    cell = Elman(12, initializer="xavier_normal")
    network = RNN(cell, 4, 3, output_kind="values", key=jax.random.key(0))
    no_error = with_parameters(network, as_dict(network) | {"w_hy": jnp.zeros((12, 3))})
    batch = Batch(jnp.arange(300, dtype=jnp.int32).reshape(30, 10) % 7 % 4, jnp.zeros((1, 10, 3)))
    rule = TPTT(inverse_initializer="xavier_normal")
    state = rule.init(network, key=jax.random.key(1))
    update, _ = tptt_update(rule, no_error, state, batch, jax.random.key(0))
    assert all(not jnp.any(leaf) for leaf in jax.tree.leaves(update.gradients))


def test_the_inverse_begins_as_its_scheme_says_and_its_own_key():
    network = RNN(Elman(12), 4, 3, key=jax.random.key(0))
    first, again, other = (TPTT().init(network, key=jax.random.key(k)).inverse for k in (1, 1, 2))
    assert_close(first, again, 0)
    assert relative_error(first.v_hh, other.v_hh) > 0.1
    assert relative_error(first.v_hh @ first.v_hh.T, jnp.eye(12)) < 1e-5
    identity = TPTT(inverse_initializer="identity").init(network, key=jax.random.key(1)).inverse
    assert_close(identity.v_hh, jnp.eye(12), 0)
    assert not jnp.any(identity.c_h)
    transpose = TPTT(inverse_initializer="transpose").init(network, key=jax.random.key(1)).inverse
    assert_close(transpose.v_hh, as_dict(network)["w_hh"].T, 0)


class Added(Elman):
    """h_t = x_t W_xh + z_{t-1} (W_hh + 1/2) + b_h, its derivatives left to the base class."""

    pull_back_step = Cell.pull_back_step

    def step(self, p, drive, previous):
        return super().step(p, drive, previous) + previous / 2


def test_the_inverse_of_a_cell_may_begin_at_its_jacobian_transposed():
    network = RNN(Added(12), 4, 3, key=jax.random.key(0))
    inverse = TPTT(inverse_initializer="transpose").init(network, key=jax.random.key(1)).inverse
    jacobian = as_dict(network)["w_hh"].T + jnp.eye(12) / 2
    assert relative_error(inverse.v_hh, jacobian) < 1e-6


@pytest.mark.parametrize(
    ("cell", "given"),
    [
        (GRU(4), "gru"),
        (LeakyElman(4), "leaky-elman"),
        (Elman(4, layers=2), "2 layers of elman"),
    ],
)
def test_a_cell_whose_step_it_cannot_invert_is_refused(cell, given):
    network = RNN(cell, 3, 2, key=jax.random.key(0))
    with pytest.raises(ConfigurationError) as error:
        TPTT().init(network, key=jax.random.key(0))
    allowed = "its inverse is that of one layer of elman"
    assert str(error.value) == f"cell: got {given}, but {allowed}"


@pytest.mark.slow
def test_with_its_defaults_it_solves_temporal_order():
    optimizer = Optimizer("sgd", 0.01, {"momentum": 0.9, "nesterov": True})
    result = train(TemporalOrder(10), TPTT(), optimizer=optimizer)
    assert result.status == "solved"
    assert result.iterations <= 2_000
