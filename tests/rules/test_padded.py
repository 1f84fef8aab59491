"""A padded batch gives the gradient of its sequences one by one.

Its L is the mean of theirs where each counts as much as another: with an answer at every step their
weights are one over the length. So is its gradient the mean of theirs for an exact rule; for local
targets where every sequence is displaced as it would be by itself: the unit step counts in samples,
TPTT's α_i has to be B times as large, and no norm is over the batch.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    LRAE,
    RTRL,
    TPTT,
    UORO,
    Additive,
    Back,
    Backward,
    Batch,
    DirectFeedbackAlignment,
    FeedbackAlignment,
    LocalTerms,
    LRADiff,
    LRAFdbk,
    RecLRA,
    RegularizedInverse,
)

from ..tolerances import assert_close, relative_error
from .cases import as_dict, jitted_update, random_case

TOLERANCE = 1e-10
B = 3
LOCAL = {"inner_steps": 2, "local_loss": "log_penalty", "output_target_step": 0.7}


@dataclass(frozen=True)
class Drifting(Additive, Backward):
    """An error that grows by a constant with every step, also where it was none."""

    drift: float = 1.0

    def carry(self, at, signal, state):
        error = at.layer.pull_back_activation(at.h, at.z, signal)
        below = at.layer.pull_back_step(at.step.drive, at.step.previous_z, error)
        return Back(LocalTerms(error), below + self.drift)


RULES = {
    "bptt": (BPTT(), BPTT()),
    "lra-diff": (LRADiff("unit", **LOCAL), LRADiff("unit", **LOCAL)),
    "drifting": (Drifting(1 / B), Drifting(1.0)),
    "tptt": (TPTT(0.4 * B, inverse_step=0.0), TPTT(0.4, inverse_step=0.0)),
    "feedback-alignment": (FeedbackAlignment(), FeedbackAlignment()),
    "direct-feedback-alignment": (DirectFeedbackAlignment(later_answers=1),) * 2,
    "lra-fdbk": (LRAFdbk(update_bound=0.0),) * 2,
    "rec-lra": (RecLRA(update_bound=0.0),) * 2,
    "rec-lra, from steps": (RecLRA(update_bound=0.0, skip_from="steps", skip_steps=2),) * 2,
    "regularized-inverse": (RegularizedInverse(0.1, 0.5, inverse="difference"),) * 2,
    "regularized-inverse, as published": (
        RegularizedInverse(0.1, 0.5, inverse="gauss-newton", gradient="as_published"),
    )
    * 2,
}
"""For the batch, and for one sequence."""
OF_ONE_ELMAN = (
    "tptt",
    "drifting",
    "feedback-alignment",
    "lra-fdbk",
    "rec-lra",
    "rec-lra, from steps",
    "regularized-inverse",
    "regularized-inverse, as published",
)
OF_ONE_LAYER = ("direct-feedback-alignment",)
QUICK = [
    ("drifting", "elman", True),
    ("bptt", "lstm", True),
    ("lra-diff", "gru", False),
]
QUICK += [("tptt", "elman", True), ("feedback-alignment", "elman", True)]
QUICK += [("direct-feedback-alignment", "gru", True), ("rec-lra, from steps", "elman", True)]
QUICK += [("regularized-inverse, as published", "elman", True)]
EVERY = [
    (rule, cell, every_step)
    for rule in RULES
    for cell in ("elman", "gru", "lstm", "two")
    if not (rule in OF_ONE_ELMAN and cell != "elman")
    if not (rule in OF_ONE_LAYER and cell == "two")
    for every_step in (False, True)
]


def padded_case(cell, every_step):
    """A network, a batch of sequences that all count alike, and they one by one."""
    case = random_case(5, cell=cell, every_step=every_step, padded=True)
    batch = case.batch
    lengths = np.asarray(batch.lengths)
    (T, _), weights = batch.inputs.shape, None
    if every_step:
        weights = jnp.asarray(np.broadcast_to(1 / lengths, (T, B)))
    alone = [
        Batch(
            batch.inputs[:length, b : b + 1],
            batch.targets[: length if every_step else 1, b : b + 1],
        )
        for b, length in enumerate(lengths)
    ]
    return case.network, Batch(batch.inputs, batch.targets, weights, batch.lengths), alone


def mean_of(trees):
    return jax.tree.map(lambda *leaves: sum(leaves) / len(leaves), *trees)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("rule", "cell", "every_step"),
    [pytest.param(*each, marks=() if each in QUICK else pytest.mark.slow) for each in EVERY],
)
def test_its_gradient_is_the_mean_of_those_of_its_sequences(rule, cell, every_step):
    network, batch, alone = padded_case(cell, every_step)
    of_batch, of_one = RULES[rule]
    states = [each.init(network, key=jax.random.key(1)) for each in (of_batch, of_one)]
    whole, _ = jitted_update(of_batch, network, batch, state=states[0])
    parts = [jitted_update(of_one, network, one, state=states[1])[0] for one in alone]
    assert_close(
        as_dict(whole.gradients), as_dict(mean_of([p.gradients for p in parts])), TOLERANCE
    )
    assert relative_error(whole.loss, sum(part.loss for part in parts) / B) <= TOLERANCE
    hidden = [leaf for name, leaf in as_dict(whole.gradients).items() if name.endswith("w_hh")]
    assert all(float(jnp.linalg.norm(leaf)) > 1e-4 for leaf in hidden)


@pytest.mark.usefixtures("float64")
def test_an_inverse_learns_of_it_the_mean_of_what_it_learns_of_its_sequences():
    network, batch, alone = padded_case("elman", True)
    rule = TPTT(inverse_step=0.3)
    state = rule.init(network, key=jax.random.key(1))

    def learned(batch):
        _, after = jitted_update(rule, network, batch, state=state)
        return after.inverse

    assert_close(learned(batch), mean_of([learned(one) for one in alone]), TOLERANCE)
    assert relative_error(learned(batch).v_hh, state.inverse.v_hh) > 1e-3


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("learning", ["learned", "kolen-pollack"])
def test_error_weights_learn_of_it_the_mean_of_what_they_learn_of_its_sequences(learning):
    network, batch, alone = padded_case("elman", True)
    rule = LRAE(learning=learning, update_bound=0.0)
    state = rule.init(network, key=jax.random.key(1))

    def learned(batch):
        return jitted_update(rule, network, batch, state=state)[1]

    assert_close(learned(batch), mean_of([learned(one) for one in alone]), TOLERANCE)
    assert relative_error(learned(batch).hh, state.hh) > 1e-4


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "rule", [BPTT(regularization=0.3), LRADiff(5.0, displacement_bound=0.2), RTRL(), UORO()]
)
def test_what_stands_in_the_padding_changes_nothing(rule):
    """Nor with norms over the batch: they see those rows alone whose sequence goes on."""
    case = random_case(5, cell="gru", every_step=True, padded=True)
    batch = case.batch
    past = np.arange(4)[:, None] >= np.asarray(batch.lengths)[None]
    other = Batch(
        jnp.where(past, 2 - batch.inputs, batch.inputs),
        jnp.where(past, 2 - batch.targets, batch.targets),
        None,
        batch.lengths,
    )
    one, another = (jitted_update(rule, case.network, each)[0] for each in (batch, other))
    assert_close(one, another, TOLERANCE)
