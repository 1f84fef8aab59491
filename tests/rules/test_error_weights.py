"""LRA-fdbk, LRA-E and rec-LRA against slow loops of the formulas, and what they promise."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    GRU,
    LRAE,
    RNN,
    Batch,
    ConfigurationError,
    Elman,
    LRAFdbk,
    RecLRA,
    TemporalOrder,
    train,
)

from ..thinned import thinned
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case, with_parameters
from .test_feedback_alignment import BATCHES

TOLERANCE = 1e-10
KEY = jax.random.key(5)


def by_name(state) -> dict:
    """E_hh, E_hy and E_k by name."""
    return {field.name: getattr(state, field.name) for field in dataclasses.fields(state)}


def options_of(rule, **others) -> dict:
    return {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)} | others


def compare(rule, case):
    """One update against the loops; that it is the same without diagnostics is every rule's
    contract."""
    state = rule.init(case.network, key=KEY)
    E, p, (cell,) = by_name(state), case.parameters, case.cells
    shape = (*case.inputs.shape[:2], p["w_hh"].shape[0])
    learning = getattr(rule, "learning", "fixed")
    o = options_of(rule)
    if learning == "mirror":
        o["xi"] = rule.mirror_noise * jax.random.normal(jax.random.key(0), shape)
        E = oracle.mirrored(p, E, case.inputs, case.answers, cell, o)
    grads, norms = oracle.lra(p, E, case.inputs, case.answers, cell, o)
    grads = oracle.bounded(grads, rule.clip, rule.update_bound)
    if learning in ("learned", "kolen-pollack"):
        grads, E = oracle.learned(p, E, grads, o)
    update, after = jitted_update(rule, case.network, case.batch, True, state)
    assert_close(as_dict(update.gradients), grads, TOLERANCE)
    assert_close(by_name(after), E, TOLERANCE)
    assert_close(update.diagnostics["error_norm"], norms, TOLERANCE)
    ratios = np.append(0, norms[:-1] / norms[1:])
    assert_close(update.diagnostics["norm_ratio"], ratios, TOLERANCE)
    moved = relative_error(after.hh, state.hh)
    assert moved > 1e-3 if learning != "fixed" else moved == 0


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("name", "batch"), thinned(itertools.product(["orthogonal", "normal"], BATCHES), 3)
)
def test_lra_fdbk_follows_the_formulas(name, batch):
    rule = LRAFdbk(0.3, feedback_initializer=name, gain=0.9, output_gain=1.3, update_bound=0.0)
    compare(rule, random_case(3, cell="elman", **BATCHES[batch]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("clip", "bound"), thinned([(0.5, 0.1), (0.2, 0.0), (0.0, 0.05)], 3))
def test_the_gradients_are_bounded_as_a_whole_and_then_each_matrix(clip, bound):
    case = random_case(3, cell="elman", padded=True)
    compare(LRAFdbk(clip=clip, update_bound=bound), case)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("learning", "mirror_of", "batch"),
    thinned(
        [
            (learning, mirror_of, batch)
            for learning in ("fixed", "learned", "kolen-pollack", "mirror")
            for mirror_of in ("pre_activations", "states")[: 1 + (learning == "mirror")]
            for batch in ("weighted, padded", "every step, weighted, padded")
        ],
        *(2, 1),
    ),
)
def test_error_weights_learn_by_the_formulas(learning, mirror_of, batch):
    numbers = {"feedback_step": 0.4, "weight_decay": 0.05, "mirror_noise": 0.3}
    rule = LRAE(0.2, learning=learning, mirror_of=mirror_of, update_bound=0.1, **numbers)
    compare(rule, random_case(3, cell="elman", **BATCHES[batch]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("skip_from", "k", "batch"),
    thinned(
        [(*skips, b) for skips in (("outputs", 10), ("steps", 2), ("steps", 3)) for b in BATCHES], 4
    ),
)
def test_skips_follow_the_formulas(skip_from, k, batch):
    rule = RecLRA(0.3, skip_from=skip_from, skip_steps=k, skip_gain=0.7, learning="fixed")
    compare(rule, random_case(3, cell="elman", **BATCHES[batch]))


@pytest.mark.usefixtures("float64")
def test_skips_learn_nothing_while_the_others_do():
    rule = RecLRA(skip_from="steps", skip_steps=2, feedback_step=0.5)
    compare(rule, random_case(3, cell="elman", every_step=True))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("kind", [{}, {"every_step": True, "padded": True}])
def test_with_the_transposes_and_small_errors_it_is_bptt_to_first_order(kind):
    case = random_case(3, cell="elman", kind="values", **kind)
    said = case.network.outputs(case.batch.inputs, case.batch.lengths)
    away = np.random.default_rng(0).normal(size=said.shape)
    rule = LRAE(0.1, feedback_initializer="transpose", update_bound=0.0)
    state = rule.init(case.network, key=KEY)

    def distance(size):
        targets = said + size * away
        batch = Batch(case.batch.inputs, targets, None, case.batch.lengths)
        update, _ = jitted_update(rule, case.network, batch, state=state)
        answers = case.answers._replace(targets=targets)
        exact = jax.grad(oracle.whole_loss)(case.parameters, case.inputs, answers, case.cells)
        found = as_dict(update.gradients)
        return {name: relative_error(found[name], exact[name]) for name in exact}

    small, smaller = distance(1e-3), distance(1e-4)
    for name in ("w_hh", "w_xh", "b_h"):
        assert 1e-7 < smaller[name] < 1e-3
        assert small[name] / smaller[name] == pytest.approx(10, rel=0.05)  # what is left is of e²
    for name in ("w_hy", "b_y"):
        assert smaller[name] < TOLERANCE


@pytest.mark.usefixtures("float64")
def test_kolen_pollack_brings_error_weights_to_the_transposes():
    """Under plain SGD of the same step size, by the same factor at every update."""
    case = random_case(3, cell="elman", every_step=True)
    eta, kappa, beta = 0.2, 0.3, 0.25
    rule = LRAE(beta, learning="kolen-pollack", feedback_step=eta, weight_decay=kappa)
    network, state = case.network, rule.init(case.network, key=KEY)

    def away(network, state):
        p = as_dict(network)
        return beta * state.hh - p["w_hh"].T, beta * state.hy - p["w_hy"].T

    for _ in range(3):
        before = away(network, state)
        update, state = jitted_update(rule, network, case.batch, state=state)
        gradients = as_dict(update.gradients)
        moved = {name: w - eta * gradients[name] for name, w in as_dict(network).items()}
        network = with_parameters(network, moved)
        shrunk = [(1 - eta * kappa) * each for each in before]
        assert_close([*away(network, state)], shrunk, TOLERANCE)


@pytest.mark.usefixtures("float64")
def test_the_mirror_brings_error_weights_to_the_transposes():
    case, beta = random_case(3, cell="elman"), 0.25
    rule = LRAE(beta, learning="mirror", feedback_step=0.05)
    state = rule.init(case.network, key=KEY)
    p = case.parameters

    def distances(state):
        return [
            relative_error(beta * e, w.T) for e, w in ((state.hh, p["w_hh"]), (state.hy, p["w_hy"]))
        ]

    assert min(distances(state)) > 0.8
    for number in range(200):
        key = jax.random.key(number)
        _, state = jitted_update(rule, case.network, case.batch, state=state, key=key)
    assert max(distances(state)) < 0.3


@pytest.mark.usefixtures("float64")
def test_what_does_not_learn_is_lra_fdbk_and_without_skips_so_is_rec_lra():
    case = random_case(3, cell="elman", every_step=True, padded=True)
    options = {"gain": 0.8}
    fixed = LRAFdbk(**options)
    expected, _ = jitted_update(
        fixed, case.network, case.batch, state=fixed.init(case.network, key=KEY)
    )
    for rule in (
        LRAE(learning="fixed", **options),
        LRAE(feedback_step=0.0, **options),
        RecLRA(learning="fixed", skip_from="steps", skip_steps=10, **options),  # none is so long
    ):
        state = rule.init(case.network, key=KEY)
        update, after = jitted_update(rule, case.network, case.batch, state=state)
        assert_close(update.gradients, expected.gradients, TOLERANCE)
        assert_close(after, state, 0)


def test_where_there_is_no_error_nothing_is_carried_back_not_even_rounding():
    network = RNN(Elman(12), 4, 3, output_kind="values", key=jax.random.key(0))
    silent = with_parameters(network, as_dict(network) | {"w_hy": jnp.zeros((12, 3))})
    batch = Batch(jnp.arange(300, dtype=jnp.int32).reshape(30, 10) % 7 % 4, jnp.zeros((1, 10, 3)))
    for rule in (LRAFdbk(), RecLRA(), RecLRA(skip_from="steps")):
        state = rule.init(silent, key=KEY)
        update, _ = jitted_update(rule, silent, batch, state=state)
        assert all(not jnp.any(leaf) for leaf in jax.tree.leaves(update.gradients))


@pytest.mark.usefixtures("float64")
def test_error_weights_have_a_gain_of_one_at_any_target_step():
    network = RNN(Elman(100), 3, 4, key=jax.random.key(0))
    state = LRAFdbk(0.05, gain=0.7, output_gain=2.0).init(network, key=KEY)
    assert_close(0.05**2 * state.hh @ state.hh.T, 0.49 * jnp.eye(100), TOLERANCE)
    assert_close(0.05**2 * state.hy @ state.hy.T, 4.0 * jnp.eye(4), TOLERANCE)
    published = LRAFdbk(0.1, feedback_initializer="normal").init(network, key=KEY)
    assert float(jnp.std(published.hh)) == pytest.approx(1.0, rel=0.05)
    own = LRAFdbk(0.1, feedback_initializer="transpose").init(network, key=KEY)
    assert_close(0.1 * own.hh, network.parameters["w_hh"].T, TOLERANCE)
    skip = RecLRA(0.1, skip_gain=0.5).init(network, key=KEY).skip
    assert_close(0.01 * skip @ skip.T, 0.25 * jnp.eye(4), TOLERANCE)
    assert RecLRA(skip_from="steps").init(network, key=KEY).skip.shape == (100, 100)


def test_options_without_use_are_not_part_of_the_program():
    fixed = LRAE(learning="fixed")
    idle = {"feedback_step": 0.0, "weight_decay": 0.0, "mirror_of": "states"}
    assert LRAE(learning="fixed", **idle).structure == fixed.structure
    assert LRAE(weight_decay=0.0).structure == LRAE().structure
    decaying = LRAE(learning="kolen-pollack")
    assert LRAE(learning="kolen-pollack", weight_decay=0.0).structure != decaying.structure
    assert RecLRA(skip_steps=4).structure == RecLRA().structure
    by_step = RecLRA(skip_from="steps")
    assert RecLRA(skip_from="steps", skip_steps=4).structure != by_step.structure


@pytest.mark.parametrize("rule", [LRAFdbk(), LRAE(), RecLRA()])
@pytest.mark.parametrize(
    ("cell", "given"), [(GRU(4), "gru"), (Elman(4, layers=2), "2 layers of elman")]
)
def test_a_cell_it_does_not_take_is_refused(rule, cell, given):
    with pytest.raises(ConfigurationError) as error:
        rule.init(RNN(cell, 3, 2, key=jax.random.key(0)), key=KEY)
    allowed = "its E_hh stands for the W_hh of one layer of elman"
    assert str(error.value) == f"cell: got {given}, but {allowed}"


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LRAFdbk(0.0), "target_step: got 0.0, but it must be a finite number above 0"),
        (lambda: LRAFdbk(gain=-1.0), "gain: got -1.0, but it must be a finite number of at least"),
        (lambda: LRAFdbk(output_gain=0.0), "output_gain: got 0.0, but it must be a finite number"),
        (lambda: LRAFdbk(update_bound=-1.0), "update_bound: got -1.0, but it must be a finite"),
        (
            lambda: LRAFdbk(feedback_initializer="xavier"),
            "feedback_initializer: got 'xavier', but it must be one of: normal, orthogonal, transp",
        ),
        (
            lambda: LRAE(learning="hebbian"),
            "learning: got 'hebbian', but it must be one of: fixed, kolen-pollack, learned, mirror",
        ),
        (lambda: LRAE(feedback_step=-1.0), "feedback_step: got -1.0, but it must be a finite"),
        (lambda: LRAE(weight_decay=-1.0), "weight_decay: got -1.0, but it must be a finite"),
        (lambda: LRAE(mirror_noise=0.0), "mirror_noise: got 0.0, but it must be a finite number"),
        (lambda: LRAE(mirror_of="z"), "mirror_of: got 'z', but it must be one of: pre_activations"),
        (
            lambda: RecLRA(skip_from="z"),
            "skip_from: got 'z', but it must be one of: outputs, steps",
        ),
        (
            lambda: RecLRA(skip_steps=1),
            "skip_steps: got 1, but it must be an integer of at least 2",
        ),
        (lambda: RecLRA(skip_gain=0.0), "skip_gain: got 0.0, but it must be a finite number above"),
    ],
)
def test_a_value_out_of_range_is_named(make, message):
    with pytest.raises(ConfigurationError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        LRAFdbk(),
        *(LRAE(learning=each) for each in ("learned", "kolen-pollack", "mirror")),
        RecLRA(),
        RecLRA(skip_from="steps", skip_steps=3),
    ],
)
def test_with_its_defaults_it_solves_temporal_order(rule):
    assert train(TemporalOrder(10), rule).status == "solved"
