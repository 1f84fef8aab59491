"""The published variant: without its causes LRADiff, and each cause against its formula."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, RNN, ConfigurationError, Elman, LRADiff
from alignrnn.plain import rebuilt
from alignrnn.studies.paper.variant import CAUSES, PublishedLRADiff
from alignrnn.tasks import Batch

from ....tolerances import LRA_DIFF, assert_close
from .oracle import Oracle

STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 5, 4, 3, 6, 3
BETA = 0.7 * BATCH * HIDDEN / 2
"""Near unit gain, so that errors reach every step and nothing passes for being 0."""

pytestmark = pytest.mark.usefixtures("float64")


def random_case(seed: int = 3, symbols: bool = False) -> tuple[RNN, Batch]:
    """All biases away from 0."""
    draw = np.random.default_rng(seed)
    network = RNN(Elman(HIDDEN), INPUTS, CLASSES, key=jax.random.key(seed))
    network = jax.tree.map(lambda leaf: leaf + 0.2 * draw.normal(size=leaf.shape), network)
    if symbols:
        inputs = jnp.asarray(draw.integers(0, INPUTS, (STEPS, BATCH)), jnp.int32)
    else:
        inputs = jnp.asarray(draw.normal(size=(STEPS, BATCH, INPUTS)))
    return network, Batch(inputs, jnp.asarray(draw.integers(0, CLASSES, (1, BATCH)), jnp.int32))


def updated(rule, network, batch):
    """As training compiles it: the rule's numbers are arrays, 0 is its structure."""
    numbers = {name: jnp.asarray(value, float) for name, value in rule.numbers.items()}

    def update(numbers, network, batch):
        made, key = rebuilt(rule.structure, numbers), jax.random.key(0)
        return made.update(network, made.init(network, key=key), batch, key=key)[0]

    return jax.jit(update)(numbers, network, batch)


def gradients(network, batch, **options):
    made = updated(PublishedLRADiff(BETA, **options), network, batch).gradients
    return made.parameters


def oracle(network, batch, **options):
    parameters = {name: np.asarray(leaf) for name, leaf in network.parameters.items()}
    options.pop("unrolled", None)
    return Oracle(
        parameters, np.asarray(batch.inputs), np.asarray(batch.targets[0]), BETA, **options
    )


@pytest.mark.parametrize(
    "options",
    [
        {"inner_steps": k, "local_loss": loss, "regularization": alpha} | bounds
        for (k, loss), alpha, bounds in itertools.product(
            ((1, "mse"), (3, "log_penalty")),
            (0.0, 0.6),
            ({}, {"gradient_bound": 0.05, "displacement_bound": 0.02}),
        )
    ],
)
@pytest.mark.parametrize("symbols", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_without_its_causes_it_is_lra_diff(options, symbols):
    case = random_case(symbols=symbols)
    given = {"target_step": BETA} | options
    made = updated(PublishedLRADiff(**given), *case)
    assert_close(made, updated(LRADiff(**given), *case), LRA_DIFF)


def test_attached_targets_leave_the_difference_of_two_slopes():
    """∂ℓ_T/∂h_T = 2/(B·H) (z - z̄) ⊙ (φ′(h) - φ′(h̄)), at one step alone."""
    network, batch = random_case()
    batch = dataclasses.replace(batch, inputs=batch.inputs[:1])
    p = network.parameters
    h = batch.inputs[0] @ p["w_xh"] + p["b_h"][None]

    def loss(h):
        y = jnp.tanh(h) @ p["w_hy"] + p["b_y"][None]
        right = jnp.take_along_axis(jax.nn.log_softmax(y), batch.targets[0][:, None], axis=1)
        return -jnp.mean(right)

    h_bar = h - BETA * jax.grad(loss)(h)
    slopes = jnp.square(jnp.tanh(h_bar)) - jnp.square(jnp.tanh(h))
    error = 2 / h.size * (jnp.tanh(h) - jnp.tanh(h_bar)) * slopes
    made = gradients(network, batch, attached_targets=True)
    assert_close(made["b_h"], jnp.sum(error, axis=0), LRA_DIFF)
    assert_close(made["w_xh"], batch.inputs[0].T @ error, LRA_DIFF)


@pytest.mark.parametrize(
    "options",
    [
        {"attached_targets": True},
        {"old_state": True, "inner_steps": 3},
        {"handed_loss": True, "inner_steps": 3},
        {"diagonal_omega": True, "alpha": 0.4},
        {"diagonal_omega": True, "alpha": 0.4, "inner_steps": 2, "old_state": True}
        | {"attached_targets": True, "handed_loss": True},
    ],
)
def test_each_cause_is_the_slow_loop_of_its_formula(options):
    network, batch = random_case()
    expected = oracle(network, batch, **options).gradients
    given = {("regularization" if k == "alpha" else k): v for k, v in options.items()}
    made = gradients(network, batch, **given)
    assert_close(made, {k: jnp.asarray(v) for k, v in expected.items()}, LRA_DIFF)
    without = gradients(network, batch, **{k: v for k, v in given.items() if v is not True})
    assert np.abs(made["w_xh"] - without["w_xh"]).max() > 1e-6  # it does something


@pytest.mark.parametrize("causes", [(), ("attached_targets",), ("handed_loss", "old_state")])
@pytest.mark.parametrize("bound", [0.0, 1e6])
def test_unrolled_gradients_are_those_of_the_whole_graph(causes, bound):
    """By central differences; a bound that does not act is the way through each step apart."""
    network, batch = random_case()
    options = {"inner_steps": 2, **dict.fromkeys(causes, True)}
    made = gradients(network, batch, unrolled=True, gradient_bound=bound, **options)
    slow = oracle(network, batch, **options)
    for name, at in (("w_hh", (1, 2)), ("w_hh", (4, 0)), ("w_xh", (2, 3)), ("b_h", (5,))):
        moved = []
        for by in (1e-5, -1e-5):
            p = {each: value.copy() for each, value in slow.p.items()}
            p[name][at] += by
            moved.append(slow.local_losses(p))
        assert made[name][at] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-5, abs=1e-9)
    local = gradients(network, batch, **options)
    assert abs(local["w_hh"][1, 2] - made["w_hh"][1, 2]) > 1e-6


def test_only_one_layer_of_elman_and_one_answer_at_the_end():
    network, batch = random_case()
    rule = PublishedLRADiff()
    gated = RNN(GRU(HIDDEN), INPUTS, CLASSES, key=jax.random.key(0))
    two = RNN(Elman(HIDDEN, layers=2), INPUTS, CLASSES, key=jax.random.key(0))
    for other in (gated, two):
        with pytest.raises(ConfigurationError, match="one layer of elman"):
            rule.init(other, key=jax.random.key(0))
    every = RNN(Elman(HIDDEN), INPUTS, CLASSES, every_step=True, key=jax.random.key(0))
    padded = dataclasses.replace(batch, lengths=jnp.full(BATCH, STEPS, jnp.int32))
    for case in ((every, batch), (network, padded)):
        with pytest.raises(ConfigurationError, match="one answer, at the end, and one length"):
            rule.update(case[0], None, case[1], key=jax.random.key(0))


def test_the_diagonal_needs_a_unit_for_every_sample():
    network, batch = random_case()
    wide = Batch(jnp.repeat(batch.inputs, 2, axis=1), jnp.repeat(batch.targets, 2, axis=1))
    rule = PublishedLRADiff(regularization=0.1, diagonal_omega=True)
    with pytest.raises(ConfigurationError, match="at most the 6 hidden units"):
        rule.update(network, None, wide, key=jax.random.key(0))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"target_step": 0.0}, "target_step"),
        ({"inner_steps": 0}, "inner_steps"),
        ({"regularization": -1.0}, "regularization"),
        ({"local_loss": "huber"}, "local_loss"),
    ],
)
@pytest.mark.usefixtures("without_type_checker")
def test_what_cannot_be_used_is_named(options, field):
    with pytest.raises(ConfigurationError, match=field):
        PublishedLRADiff(**options)


def test_the_causes_are_its_switches():
    switches = [f.name for f in dataclasses.fields(PublishedLRADiff) if f.default is False]
    assert tuple(switches) == CAUSES
