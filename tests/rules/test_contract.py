"""What every rule promises, whichever it is."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    LRAE,
    RFLO,
    RNN,
    RTRL,
    TPTT,
    UORO,
    Backward,
    ConfigurationError,
    DirectFeedbackAlignment,
    Elman,
    EProp,
    FeedbackAlignment,
    LRADiff,
    LRAFdbk,
    ReadoutAlone,
    RecLRA,
    RegularizedInverse,
    SnAp1,
    TemporalOrder,
)
from alignrnn.plain import rebuilt

from ..tolerances import assert_close

RULES = {
    "lra-diff": LRADiff(10.0),
    "lra-diff, K = 3": LRADiff(10.0, inner_steps=3, local_loss="log_penalty"),
    "lra-diff, regularised": LRADiff(10.0, regularization=0.1, gradient_bound=1.0),
    "bptt": BPTT(),
    "bptt, clipped, with omega": BPTT(clip=1.0, regularization=0.1),
    "tptt": TPTT(10.0),
    "tptt, every part": TPTT(
        10.0, clip=1.0, noise=0.1, inverse_momentum=0.9, input_gradient="bptt"
    ),
    "rtrl": RTRL(clip=1.0),
    "snap-1": SnAp1(clip=1.0),
    "e-prop": EProp(clip=1.0),
    "rflo": RFLO(clip=1.0),
    "uoro": UORO(clip=1.0),
    "feedback-alignment": FeedbackAlignment(clip=1.0),
    "direct-feedback-alignment": DirectFeedbackAlignment(clip=1.0, later_answers=1),
    "lra-fdbk": LRAFdbk(clip=1.0),
    "lra-e": LRAE(),
    "lra-e, kolen-pollack": LRAE(learning="kolen-pollack"),
    "lra-e, mirror": LRAE(learning="mirror"),
    "rec-lra": RecLRA(),
    "rec-lra, from steps": RecLRA(skip_from="steps", skip_steps=3),
    "regularized-inverse": RegularizedInverse(),
    "regularized-inverse, as published": RegularizedInverse(
        damping=1.0, gradient="as_published", clip=1.0
    ),
    "regularized-inverse, gauss-newton": RegularizedInverse(inverse="gauss-newton"),
}
QUICK = (
    "lra-diff, regularised",
    "bptt, clipped, with omega",
    "tptt, every part",
    "rflo",
    "uoro",
    "feedback-alignment",
    "direct-feedback-alignment",
    "lra-e, kolen-pollack",
    "rec-lra, from steps",
    "regularized-inverse, as published",
)
SOME = [
    pytest.param(rule, id=name, marks=() if name in QUICK else pytest.mark.slow)
    for name, rule in RULES.items()
]
"""Every rule, and without the slow tests one of each kind, with all its parts."""
TASK = TemporalOrder(10)
KEY = jax.random.key(0)


def network(seed=0):
    return RNN(Elman(9), TASK.input_size, TASK.output_size, key=jax.random.key(seed))


@functools.cache
def update_of(rule, diagnostics=False):
    """Made once for all tests that look at it."""
    return updated(rule, diagnostics=diagnostics)


def updated(rule, seed=0, diagnostics=False):
    batch = TASK.sample(jax.random.key(7), 5)
    state = rule.init(network(seed), key=KEY)
    return rule.update(network(seed), state, batch, key=KEY, diagnostics=diagnostics)


EVERY = RULES | {"readout": ReadoutAlone(clip=1.0)}
"""With those that have no diagnostics."""


@pytest.mark.parametrize("rule", EVERY.values(), ids=EVERY)
def test_gradients_have_the_network_s_own_tree(rule):
    update, _ = update_of(rule)
    assert jax.tree.structure(update.gradients) == jax.tree.structure(network())
    for gradient, parameter in zip(
        jax.tree.leaves(update.gradients), jax.tree.leaves(network()), strict=True
    ):
        assert gradient.shape == parameter.shape
        assert gradient.dtype == parameter.dtype == jnp.float32
        assert jnp.all(jnp.isfinite(gradient))


@pytest.mark.parametrize("rule", EVERY.values(), ids=EVERY)
def test_what_a_rule_remembers_keeps_its_form(rule):
    """So that it passes through loops, from iteration to iteration."""
    state = rule.init(network(), key=KEY)
    _, later = update_of(rule)
    assert jax.tree.structure(state) == jax.tree.structure(later)
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(later), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert jnp.all(jnp.isfinite(other))


@pytest.mark.parametrize("rule", SOME)
def test_a_grid_of_numbers_equals_the_loop_over_its_members_and_is_traced_once(rule):
    scales = jnp.array([0.5, 1.0, 2.0])
    grid = {name: value * scales for name, value in rule.numbers.items()}
    traces = []

    @jax.jit
    def gradients(numbers):
        traces.append(1)
        return updated(rebuilt(rule.structure, numbers))[0].gradients

    together = jax.vmap(gradients, axis_size=3)(grid)
    for index in range(3):
        member = {name: values[index] for name, values in grid.items()}
        one = jax.tree.map(lambda leaf, index=index: leaf[index], together)
        assert_close(one, gradients(member), 1e-5)
    assert len(traces) == 1  # no number compiles it anew


@pytest.mark.parametrize("rule", SOME)
def test_diagnostics_are_one_number_a_step(rule):
    update, state = update_of(rule, diagnostics=True)
    details = update.diagnostics
    assert details is not None
    without, state_without = update_of(rule)
    assert_close(update.gradients, without.gradients, 1e-5)
    assert_close(state, state_without, 1e-5)
    assert {"gradient_norm_w_hh", "gradient_norm_w_xh", "gradient_norm_b_h"} <= {*details}
    for values in details.values():
        assert values.shape == (10,)
        assert jnp.all(jnp.isfinite(values))
    # Of a signal that goes back; an online rule has none.
    assert ("norm_ratio" in details) == isinstance(rule, Backward)
    assert details.get("norm_ratio", [0])[0] == 0
    assert details["gradient_norm_w_hh"][0] == 0  # z_0 = 0


@pytest.mark.parametrize(
    "rule", [LRADiff(10.0), LRADiff(10.0, inner_steps=3), BPTT(), TPTT(), RTRL()]
)
def test_nothing_of_the_diagnostics_is_computed_unless_asked_for(rule):
    """Their norms are the only roots in these rules."""

    def program(diagnostics):
        def of(numbers):
            return updated(rebuilt(rule.structure, numbers), diagnostics=diagnostics)

        return str(jax.make_jaxpr(of)(rule.numbers))

    assert "sqrt" not in program(False)
    assert "sqrt" in program(True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LRADiff(0.0), "target_step: got 0.0, but it must be a finite number above 0"),
        (lambda: LRADiff(np.array([1.0, -1.0])), "target_step: got array([ 1., -1.]), but"),
        (
            lambda: LRADiff(regularization=-1.0),
            "regularization: got -1.0, but it must be a finite number of at least 0",
        ),
        (lambda: LRADiff(inner_steps=0), "inner_steps: got 0, but it must be an integer of at"),
        (lambda: BPTT(clip=float("inf")), "clip: got inf, but it must be a finite number of at"),
        (lambda: TPTT(0.0), "target_step: got 0.0, but it must be a finite number above 0"),
        (lambda: TPTT(inverse_step=-1.0), "inverse_step: got -1.0, but it must be a finite"),
        (lambda: TPTT(clip=-1.0), "clip: got -1.0, but it must be a finite number of at least 0"),
        (lambda: TPTT(noise=-0.1), "noise: got -0.1, but it must be a finite number of at least 0"),
        (lambda: UORO(clip=-1.0), "clip: got -1.0, but it must be a finite number of at least 0"),
        (lambda: TPTT(inverse_momentum=-0.1), "inverse_momentum: got -0.1, but it must be"),
    ],
)
def test_a_number_out_of_range_is_named(make, message):
    with pytest.raises(ConfigurationError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    "option", ["reduction", "inverse_reduction", "inverse_initializer", "input_gradient"]
)
def test_an_unknown_name_is_refused_and_the_field_named(option):
    with pytest.raises(ConfigurationError) as error:
        TPTT(**{option: "sum"})
    assert str(error.value).startswith(f"{option}: got 'sum', but it must be one of: ")


def test_zero_switches_a_part_off_altogether():
    for off, numbers in (
        (LRADiff(regularization=0.0, regularize=("inputs",)), {"target_step"}),
        (LRADiff(gradient_bound=0.0), {"target_step"}),
        (LRADiff(gradient_bound=1.0, normalization="off"), {"target_step"}),
        (LRADiff("unit", output_target_step=1.0), {"output_target_step"}),
        (BPTT(clip=0.0), set()),
        (TPTT(clip=0.0, noise=0.0), {"target_step", "inverse_step"}),
        (TPTT(inverse_momentum=0.0), {"target_step", "inverse_step"}),
    ):
        assert {*off.numbers} == numbers
    # What then changes nothing is not part of the program either.
    assert LRADiff(regularize=("inputs",)).structure == LRADiff().structure
    assert TPTT(inverse_nesterov=False).structure == TPTT().structure
    on = [
        LRADiff(regularization=1.0, regularize=(each,)).structure for each in ("inputs", "weights")
    ]
    assert on[0] != on[1]
