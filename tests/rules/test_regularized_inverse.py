"""Targets by regularised inverses against the slow loop of their formulas; what they promise."""

import dataclasses
import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    GRU,
    RNN,
    At,
    ConfigurationError,
    Elman,
    RegularizedInverse,
    TemporalOrder,
    train,
)
from alignrnn.feedback.damped_inverse import Signal
from alignrnn.rules.gradients import local_steps

from ..thinned import thinned
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case, with_parameters
from .test_feedback_alignment import BATCHES

TOLERANCE = 1e-10
KEY = jax.random.key(5)
FORMS = ("linear", "difference", "gauss-newton")


def updated(rule, network, batch, diagnostics=False):
    state = rule.init(network, key=KEY)
    return jitted_update(rule, network, batch, diagnostics, state)[0]


def compare(rule, case):
    """One update against the loop; that it is the same without diagnostics is every rule's
    contract."""
    (cell,) = case.cells
    given = (case.parameters, case.inputs, case.answers, cell)
    o = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}
    if rule.damping == "unit":
        o["damping"] = oracle.damping_of(*given, rule.inverse)
    expected, details = oracle.regularized_inverse(*given, o)
    update = updated(rule, case.network, case.batch, diagnostics=True)
    assert_close(as_dict(update.gradients), expected, TOLERANCE)
    found = {name: update.diagnostics[name] for name in details}
    assert_close(found, details, TOLERANCE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("form", "gradient", "batch"),
    thinned(itertools.product(FORMS, ["local", "as_published"], BATCHES), 7),
)
def test_every_form_follows_the_formulas(form, gradient, batch):
    case = random_case(3, cell="elman", **BATCHES[batch])
    compare(RegularizedInverse(0.3, 0.7, inverse=form, gradient=gradient), case)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("form", ["linear", "gauss-newton"])
def test_so_does_the_damping_of_unit_gain(form):
    compare(RegularizedInverse(inverse=form), random_case(3, every_step=True, padded=True))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", ["softplus", "sigmoid", "leaky_relu"])
def test_gauss_newton_takes_every_activation(activation):
    rule = RegularizedInverse(0.3, 0.7, inverse="gauss-newton", gradient="as_published")
    compare(rule, random_case(8, activation=activation, kind="values"))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("form", ["linear", "difference"])
def test_states_and_targets_past_the_limit_are_clipped(form):
    case = random_case(3, cell="elman")
    wide = case.parameters | {"w_xh": 8 * case.parameters["w_xh"]}
    case = case._replace(network=with_parameters(case.network, wide), parameters=wide)
    states = case.network.forward(case.batch.inputs).layers[0].states
    assert float(jnp.max(jnp.abs(states))) > 0.999
    compare(RegularizedInverse(1.0, 0.7, inverse=form), case)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("form", "size"), [("difference", 0.2), *((f, 1e-6) for f in FORMS)])
def test_without_damping_it_restores_a_known_displacement(form, size):
    """Of an invertible step: where z_{t-1} + d goes, from there d is found again."""
    case = random_case(3, cell="elman")
    network, batch = case.network, case.batch
    forward = network.forward(batch.inputs)
    (layer,), (run,) = network.layers, forward.layers
    t = 2
    step = jax.tree.map(lambda leaf: leaf[t], local_steps(layer, run))
    displacement = size * np.random.default_rng(0).normal(size=step.previous_z.shape)
    h, z = run.pre_activations[t], run.states[t]
    moved = layer.activate(layer.step(step.drive, step.previous_z + displacement)) - z
    rule = RegularizedInverse(damping=1e-13, inverse=form)
    inverse = rule.learn(network, rule.init(network, key=KEY), forward, key=KEY)
    at = At(layer, step, h, z, jnp.array(False), None, None, None, 4, False)
    found = rule.carry(at, Signal(moved, None), inverse).signal.displacement
    assert relative_error(found, displacement) < (1e-8 if form == "difference" else 1e-4)
    assert relative_error(moved, displacement) > 0.1


@pytest.mark.usefixtures("float64")
def test_unit_damping_of_an_orthogonal_network_has_about_a_gain_of_one():
    network = RNN(Elman(60, input_scale=0.3), 6, 4, key=jax.random.key(0))
    batch = TemporalOrder(10).sample(jax.random.key(1), 20)
    for form in FORMS:
        rule = RegularizedInverse(1e-4, inverse=form)
        ratios = updated(rule, network, batch, diagnostics=True).diagnostics["norm_ratio"][1:]
        np.testing.assert_allclose(ratios, 1, atol=0.1)
        damped = RegularizedInverse(1e-4, 1.0, inverse=form)
        assert np.all(updated(damped, network, batch, True).diagnostics["norm_ratio"][1:] < 0.8)


@pytest.mark.usefixtures("float64")
def test_as_published_it_is_nearly_bptt_and_local_it_is_not():
    network = RNN(Elman(60), 6, 4, key=jax.random.key(0))
    batch = TemporalOrder(10).sample(jax.random.key(1), 20)

    def cosine(gradient):
        rule = RegularizedInverse(0.01, 10.0, gradient=gradient)
        found = as_dict(updated(rule, network, batch).gradients)["w_hh"]
        exact = as_dict(updated(BPTT(), network, batch).gradients)["w_hh"]
        return float(jnp.vdot(found, exact) / jnp.linalg.norm(found) / jnp.linalg.norm(exact))

    assert cosine("as_published") > 0.97
    assert cosine("local") < 0.8


def test_small_displacements_do_not_drown_in_rounding():
    """Single precision, where z + d is z."""
    network = RNN(Elman(60), 6, 4, key=jax.random.key(0))
    batch = TemporalOrder(10).sample(jax.random.key(1), 20)
    found = [
        updated(RegularizedInverse(1e-9, 1.0, inverse=form), network, batch, True).diagnostics
        for form in ("linear", "difference")
    ]
    for each in ("displacement_norm", "norm_ratio"):
        np.testing.assert_allclose(found[0][each], found[1][each], rtol=1e-4)


@pytest.mark.parametrize(
    ("rule", "cell", "message"),
    [
        (RegularizedInverse(), GRU(4), "cell: got gru, but its inverse is that of one layer of el"),
        (
            RegularizedInverse(),
            Elman(4, layers=2),
            "cell: got 2 layers of elman, but its inverse is that of one layer of elman",
        ),
        (
            RegularizedInverse(),
            Elman(4, activation="relu"),
            "activation: got relu, but the linear inverse is that of tanh; gauss-newton takes any",
        ),
    ],
)
def test_a_cell_it_does_not_take_is_refused(rule, cell, message):
    with pytest.raises(ConfigurationError) as error:
        rule.init(RNN(cell, 3, 2, key=jax.random.key(0)), key=KEY)
    assert str(error.value).startswith(message)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RegularizedInverse(0.0), "target_step: got 0.0, but it must be a finite number"),
        (lambda: RegularizedInverse(damping=0.0), "damping: got 0.0, but it must be a finite num"),
        (
            lambda: RegularizedInverse(damping="one"),
            "damping: got 'one', but it must be a finite number above 0 or unit",
        ),
        (
            lambda: RegularizedInverse(inverse="exact"),
            "inverse: got 'exact', but it must be one of: difference, gauss-newton, linear",
        ),
        (
            lambda: RegularizedInverse(gradient="published"),
            "gradient: got 'published', but it must be one of: as_published, local",
        ),
    ],
)
def test_a_value_out_of_range_is_named(make, message):
    with pytest.raises(ConfigurationError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_with_its_defaults_it_solves_temporal_order(form):
    assert train(TemporalOrder(10), RegularizedInverse(inverse=form)).status == "solved"


@pytest.mark.parametrize("form", FORMS)
def test_on_a_cpu_matrices_are_factorised_one_by_one(form):
    """A batched factorisation waits for threads of a pool that the devices' programs fill: four
    runs on two devices never ended."""
    batch = TemporalOrder(10).sample(jax.random.key(1), 5)
    network = RNN(Elman(7), 6, 4, key=jax.random.key(0))
    rule = RegularizedInverse(inverse=form)
    state = rule.init(network, key=jax.random.key(2))
    program = jax.jit(lambda *given: rule.update(*given, key=jax.random.key(0))[0].gradients)
    text = program.lower(network, state, batch).compile().as_text()
    called = re.findall(r"= \(?f32\[([\d,]*)\].* custom_call_target=\"lapack_", text)
    assert called
    assert all(shape.count(",") == 1 for shape in called)
