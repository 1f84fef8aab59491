"""Feedback alignment, direct and not, against slow loops of the formulas."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    GRU,
    RNN,
    ConfigurationError,
    DirectFeedbackAlignment,
    Elman,
    FeedbackAlignment,
    LeakyElman,
    TemporalOrder,
    train,
)

from ..thinned import thinned
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case

TOLERANCE = 1e-10
BATCHES: dict[str, dict] = {
    "at the end": {},
    "weighted, padded": {"padded": True, "weighted": True},
    "every step": {"every_step": True, "symbols": False},
    "every step, weighted, padded": {"every_step": True, "padded": True, "weighted": True},
    "bits at every step, padded": {"every_step": True, "padded": True, "kind": "bits"},
}
KEY = jax.random.key(5)


def compare(rule, case, state, expected, norms):
    """Gradients and diagnostics; what the rule keeps stays as it is. That all is the same without
    diagnostics is every rule's contract."""
    update, after = jitted_update(rule, case.network, case.batch, True, state)
    assert_close(as_dict(update.gradients), expected, TOLERANCE)
    assert_close(after, state, 0)
    details = update.diagnostics
    assert_close(details["error_norm"], norms, TOLERANCE)
    ratios = [one / after if after > 0 else 0.0 for one, after in itertools.pairwise(norms)]
    assert_close(details["norm_ratio"], np.array([0.0, *ratios]), TOLERANCE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("name", "batch"), thinned(itertools.product(["orthogonal", "normal"], BATCHES), 3)
)
def test_feedback_alignment_follows_the_formulas(name, batch):
    case = random_case(3, cell="elman", **BATCHES[batch])
    rule = FeedbackAlignment(feedback_initializer=name, gain=0.9, output_gain=1.3)
    state = rule.init(case.network, key=KEY)
    (cell,) = case.cells
    made = oracle.feedback_alignment(
        case.parameters, case.inputs, case.answers, cell, state.hh, state.hy
    )
    compare(rule, case, state, *made)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", thinned(oracle.PHI, 3))
def test_so_it_does_with_every_activation(activation):
    case = random_case(8, activation=activation, kind="values")
    rule = FeedbackAlignment()
    state = rule.init(case.network, key=KEY)
    (cell,) = case.cells
    made = oracle.feedback_alignment(
        case.parameters, case.inputs, case.answers, cell, state.hh, state.hy
    )
    compare(rule, case, state, *made)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("batch", thinned(BATCHES, 2, 1))
def test_with_the_transposes_it_is_bptt(batch):
    case = random_case(3, cell="elman", **BATCHES[batch])
    rule = FeedbackAlignment(feedback_initializer="transpose")
    state = rule.init(case.network, key=KEY)
    update, _ = jitted_update(rule, case.network, case.batch, state=state)
    exact = jax.grad(oracle.whole_loss)(case.parameters, case.inputs, case.answers, case.cells)
    assert_close(as_dict(update.gradients), exact, TOLERANCE)
    drawn = FeedbackAlignment()
    other, _ = jitted_update(
        drawn, case.network, case.batch, state=drawn.init(case.network, key=KEY)
    )
    assert relative_error(as_dict(other.gradients)["w_hh"], exact["w_hh"]) > 0.1


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("later", "batch"), thinned(itertools.product([0, 2], BATCHES), 3))
def test_direct_feedback_alignment_follows_the_formulas(later, batch):
    case = random_case(3, cell="elman", **BATCHES[batch])
    rule = DirectFeedbackAlignment(later_answers=later, gain=0.8)
    state = rule.init(case.network, key=KEY)
    (cell,) = case.cells
    each = jnp.split(state, later + 1)
    made = oracle.direct_feedback_alignment(case.parameters, case.inputs, case.answers, cell, each)
    compare(rule, case, state, *made)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("cell", ["leaky_elman", "gru", "lstm"])
def test_so_it_does_for_every_cell(cell):
    kinds = {"every_step": cell == "lstm", "padded": True}
    case = random_case(3, cell=cell, **kinds)
    rule = DirectFeedbackAlignment(later_answers=1, feedback_initializer="normal")
    state = rule.init(case.network, key=KEY)
    made = oracle.direct_feedback_alignment(
        case.parameters, case.inputs, case.answers, *case.cells, jnp.split(state, 2)
    )
    compare(rule, case, state, *made)


@pytest.mark.usefixtures("float64")
def test_feedback_weights_are_drawn_as_they_are_called():
    network = RNN(Elman(40), 3, 4, key=jax.random.key(0))
    rule = FeedbackAlignment(gain=0.7)
    first, again, other = (rule.init(network, key=jax.random.key(k)) for k in (1, 1, 2))
    assert_close(first, again, 0)
    for one, another in zip(jax.tree.leaves(first), jax.tree.leaves(other), strict=True):
        assert relative_error(one, another) > 0.1
    assert_close(first.hh @ first.hh.T, 0.49 * jnp.eye(40), TOLERANCE)
    assert_close(first.hy @ first.hy.T, jnp.eye(4), TOLERANCE)
    normal = FeedbackAlignment(feedback_initializer="normal").init(network, key=jax.random.key(1))
    assert float(jnp.std(normal.hh)) == pytest.approx(40**-0.5, rel=0.1)
    transposed = FeedbackAlignment(feedback_initializer="transpose", gain=2.0, output_gain=3.0)
    state = transposed.init(network, key=jax.random.key(1))
    assert_close(state.hh, 2 * network.parameters["w_hh"].T, 0)
    assert_close(state.hy, 3 * network.parameters["w_hy"].T, 0)
    direct = DirectFeedbackAlignment(later_answers=2, gain=0.5).init(network, key=KEY)
    each = jnp.split(direct, 3)
    for B_k in each:
        assert_close(B_k @ B_k.T, 0.25 * jnp.eye(4), TOLERANCE)
    assert relative_error(each[0], each[1]) > 0.1


@pytest.mark.usefixtures("float64")
def test_without_a_gain_a_step_learns_from_its_own_answer_alone():
    case = random_case(3, every_step=True)
    rule = FeedbackAlignment(gain=0.0)
    state = rule.init(case.network, key=KEY)
    update, _ = jitted_update(rule, case.network, case.batch, state=state)
    direct = DirectFeedbackAlignment()
    own, _ = jitted_update(direct, case.network, case.batch, state=state.hy)
    assert_close(update.gradients, own.gradients, TOLERANCE)


@pytest.mark.parametrize(
    ("rule", "cell", "message"),
    [
        (
            FeedbackAlignment(),
            GRU(4),
            "cell: got gru, but its B_h stands for the W_hh of one layer of elman",
        ),
        (
            FeedbackAlignment(),
            LeakyElman(4),
            "cell: got leaky-elman, but its B_h stands for the W_hh of one layer of elman",
        ),
        (
            FeedbackAlignment(),
            Elman(4, layers=2),
            "cell: got 2 layers of elman, but its B_h stands for the W_hh of one layer of elman",
        ),
        (
            DirectFeedbackAlignment(),
            GRU(4, layers=2),
            "layers: got 2, but its B_k reach the steps of one layer",
        ),
    ],
)
def test_a_cell_it_does_not_take_is_refused(rule, cell, message):
    with pytest.raises(ConfigurationError) as error:
        rule.init(RNN(cell, 3, 2, key=jax.random.key(0)), key=KEY)
    assert str(error.value) == message


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FeedbackAlignment(gain=-1.0), "gain: got -1.0, but it must be a finite number of"),
        (lambda: FeedbackAlignment(output_gain=0.0), "output_gain: got 0.0, but it must be a"),
        (lambda: FeedbackAlignment(clip=-1.0), "clip: got -1.0, but it must be a finite number"),
        (
            lambda: FeedbackAlignment(feedback_initializer="xavier"),
            "feedback_initializer: got 'xavier', but it must be one of: normal, orthogonal, transp",
        ),
        (
            lambda: DirectFeedbackAlignment(feedback_initializer="transpose"),
            "feedback_initializer: got 'transpose', but it must be one of: normal, orthogonal",
        ),
        (lambda: DirectFeedbackAlignment(gain=0.0), "gain: got 0.0, but it must be a finite num"),
        (
            lambda: DirectFeedbackAlignment(later_answers=-1),
            "later_answers: got -1, but it must be an integer of at least 0",
        ),
    ],
)
def test_a_value_out_of_range_is_named(make, message):
    with pytest.raises(ConfigurationError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [FeedbackAlignment(), DirectFeedbackAlignment()])
def test_with_its_defaults_it_solves_temporal_order(rule):
    assert train(TemporalOrder(10), rule).status == "solved"
