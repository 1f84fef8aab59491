"""Noise at the pre-activations while a rule trains: to every rule it is one more input."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    GRU,
    LSTM,
    RNN,
    RTRL,
    TPTT,
    UORO,
    DirectFeedbackAlignment,
    Elman,
    EProp,
    FeedbackAlignment,
    LRADiff,
    LRAFdbk,
    Noise,
    Optimizer,
    Protocol,
    ReadoutAlone,
    RecLRA,
    RegularizedInverse,
    SnAp1,
    Stack,
    Stopping,
    TemporalOrder,
    train,
)
from alignrnn.losses import Answers

from ..tolerances import assert_close, relative_error
from .cases import as_dict, jitted_update, random_case, with_parameters

KEY = jax.random.key(7)
SCALE, TOLERANCE = 0.3, 1e-9
RULES = {
    "bptt": BPTT(),
    "bptt with Ω": BPTT(regularization=0.4),
    "lra-diff": LRADiff("unit", inner_steps=2, local_loss="log_penalty"),
    "lra-diff with Ω": LRADiff("unit", regularization=0.4),
    "tptt": TPTT(0.4, inverse_step=0.1),
    "feedback-alignment": FeedbackAlignment(),
    "direct-feedback-alignment": DirectFeedbackAlignment(later_answers=1),
    "lra-fdbk": LRAFdbk(),
    "rec-lra": RecLRA(),
    "regularized-inverse": RegularizedInverse(0.1, 0.5, inverse="difference"),
    "rtrl": RTRL(),
    "snap-1": SnAp1(),
    "e-prop": EProp(),
    "readout": ReadoutAlone(),
}
"""Those that learn of one parameter what they learn whatever the others are; UORO does not."""


EVERY = [(name, "elman") for name in RULES]
EVERY += [(name, "gru") for name in ("lra-diff", "bptt with Ω", "rtrl")]
EVERY += [(name, "leaky_elman") for name in ("bptt with Ω", "lra-diff with Ω", "e-prop")]
SLOW = ("leaky_elman", "two", "three")
QUICK = [("tptt", "elman"), ("readout", "elman"), ("rtrl", "gru")]
QUICK += [("lra-diff with Ω", "leaky_elman"), ("e-prop", "leaky_elman")]


def shown(network, batch, noise):
    """The noise of each step and pre-activation, as one more input of it, and the network that sees
    it."""
    (layer,), I, p = network.layers, batch.inputs.shape[-1], as_dict(network)
    xi = noise.of_steps(layer.drive(batch.inputs))
    wide = RNN(
        layer.cell,
        I + xi.shape[-1],
        network.output_size,
        output_kind=network.output_kind,
        every_step=network.every_step,
        key=KEY,
    )
    w_xh = jnp.concatenate([p["w_xh"], jnp.eye(xi.shape[-1])])
    inputs = jnp.concatenate([batch.inputs, xi], -1)
    return with_parameters(wide, p | {"w_xh": w_xh}), dataclasses.replace(batch, inputs=inputs)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("name", "cell"),
    [pytest.param(*each, marks=() if each in QUICK else pytest.mark.slow) for each in EVERY],
)
def test_a_rule_learns_in_noise_what_it_learns_of_one_more_input(name, cell):
    """h_t = x_t W_xh + σ ξ_t + z_{t-1} W_hh + b_h is the network that is shown [x_t, σ ξ_t] by
    [W_xh; 1]; so is each gate of one that has gates."""
    still, rule = RULES[name], RULES[name].replaced(hidden_noise=SCALE)
    every_step = name != "direct-feedback-alignment"
    case = random_case(3, symbols=False, cell=cell, every_step=every_step, padded=True)
    network, batch = case.network, case.batch
    state = rule.init(network, key=KEY)
    options = {"diagnostics": True, "state": state, "key": KEY}
    noisy, after = jitted_update(rule, network, batch, **options)
    wide = shown(network, batch, rule.noise_of(KEY).of_layer(0))
    told, after_told = jitted_update(still, *wide, **options)
    found, expected = as_dict(noisy.gradients), as_dict(told.gradients)
    expected["w_xh"] = expected["w_xh"][: len(found["w_xh"])]
    assert_close(found, expected, TOLERANCE)
    assert_close(after, after_told, TOLERANCE)
    assert relative_error(noisy.loss, told.loss) <= TOLERANCE
    names = noisy.diagnostics.keys() - {"gradient_norm_w_xh"}
    for name in names:
        assert relative_error(noisy.diagnostics[name], told.diagnostics[name]) <= TOLERANCE
    quiet, _ = jitted_update(still, network, batch, state=state, key=KEY)
    assert relative_error(noisy.loss, quiet.loss) > 1e-3


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "cell", [*(pytest.param(each, marks=pytest.mark.slow) for each in SLOW), "lstm"]
)
def test_its_gradient_is_that_of_the_disturbed_loss(cell):
    """BPTT is the derivative of the loss with the noise as a constant, and so is LRA-diff where it
    is BPTT without noise: with pre-activations aligned, and the unit step."""
    case = random_case(4, symbols=False, cell=cell, every_step=True)
    for rule in (
        BPTT(hidden_noise=SCALE),
        LRADiff("unit", align="pre_activations", hidden_noise=SCALE),
    ):
        noise = rule.noise_of(KEY)

        def loss(network, noise=noise):
            said = network.forward(case.batch.inputs, noise=noise).outputs
            return Answers(case.batch.targets, None, None, network.output_kind).loss(said)

        found, _ = jitted_update(rule, case.network, case.batch, key=KEY)
        assert_close(as_dict(found.gradients), as_dict(jax.grad(loss)(case.network)), TOLERANCE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("rule", [LRADiff("unit"), BPTT()], ids=["lra-diff", "bptt"])
def test_what_steps_add_in_noise_is_the_whole_gradient(rule):
    """`gradients_by_step` of the same key is of the same noise."""
    case = random_case(3, symbols=False, cell="elman")
    noisy = rule.replaced(hidden_noise=SCALE)
    (layer,) = noisy.gradients_by_step(case.network, (), case.batch, key=KEY)
    found = as_dict(jitted_update(noisy, case.network, case.batch, key=KEY)[0].gradients)
    for name, leaf in layer.parameters.items():
        assert relative_error(jnp.sum(leaf, axis=0), found[name]) <= TOLERANCE


@pytest.mark.usefixtures("float64")
def test_every_entry_has_noise_of_its_own():
    """Of layers, steps, samples and pre-activations: standard normal times σ, and no two alike."""
    T, B, H = 40, 30, 8
    network = RNN(Stack(LSTM(H), GRU(H), Elman(H)), 3, 2, key=KEY)
    inputs = jax.random.normal(jax.random.key(1), (T, B, 3))

    @jax.jit
    def drawn_of(inputs):
        runs = network.forward(inputs, noise=Noise(SCALE, KEY)).layers
        pairs = zip(network.layers, runs, strict=True)
        return [(run.drives - layer.drive(run.inputs)) / SCALE for layer, run in pairs]

    drawn = [np.asarray(xi) for xi in drawn_of(inputs)]
    assert [each.shape[-1] for each in drawn] == [4 * H, 3 * H, H]
    for xi in drawn:
        assert abs(xi.mean()) < 0.05
        assert abs(xi.std() - 1) < 0.05
        for axis in range(3):
            one, other = np.take(xi, 0, axis), np.take(xi, 1, axis)
            assert abs(np.mean(one * other)) < 0.25
    every = np.concatenate([np.ravel(xi) for xi in drawn])
    assert len(np.unique(np.round(every, 9))) > 0.999 * every.size


def test_a_held_state_is_not_disturbed():
    """Past its length a sequence's state stays what it was."""
    network = RNN(GRU(4), 3, 2, key=KEY)
    inputs, lengths = jnp.zeros((6, 2), "int32"), jnp.asarray([6, 3], "int32")
    states = network.forward(inputs, lengths, Noise(SCALE, KEY)).layers[0].states
    np.testing.assert_array_equal(states[3:, 1], jnp.broadcast_to(states[2, 1], (3, 4)))
    assert not np.array_equal(states[3, 0], states[2, 0])


def test_it_is_new_at_every_iteration_and_no_part_of_validation():
    """With a step of nothing, the checks say what they say without noise, and the losses do not."""
    checks = Protocol(
        validation_samples=200,
        check_every=1,
        stopping=Stopping(solved_below=None, max_iterations=3, patience=None),
    )
    still = Optimizer(learning_rate=1e-30)

    def history(rule):
        return train(
            TemporalOrder(10), rule, optimizer=still, cell=Elman(8), protocol=checks
        ).history

    quiet, noisy = history(BPTT()), history(BPTT(hidden_noise=1.0))
    assert list(quiet.error) == list(noisy.error)
    assert all(a != b for a, b in zip(quiet.loss, noisy.loss, strict=True))
    same = TemporalOrder(10).sample(KEY, 4)
    network = RNN(Elman(8), same.inputs.max().item() + 8, 4, key=KEY)
    losses = {
        float(
            jitted_update(UORO(hidden_noise=1.0), network, same, key=jax.random.key(seed))[0].loss
        )
        for seed in range(3)
    }
    assert len(losses) == 3
