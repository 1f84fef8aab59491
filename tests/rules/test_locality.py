"""Locality, proven: step t's gradient needs nothing from before z_{t-1} or from after z̄_t.

A long sequence is trained on, then a piece of it cut out, with z before it and z̄ at its end held:
the piece knows nothing of what came before or after, and its steps' gradients are the same. Between
layers likewise: a layer by itself, its target held, has the gradients it has in a stack.
"""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    GRU,
    LSTM,
    RNN,
    TPTT,
    Batch,
    DirectFeedbackAlignment,
    Elman,
    FeedbackAlignment,
    LeakyElman,
    LRADiff,
    LRAFdbk,
    RecLRA,
    RegularizedInverse,
    Stack,
)

from ..thinned import thinned
from . import oracle
from .cases import as_dict, jitted_update, with_parameters

B, I, H, T = 3, 4, 5, 9
OPTIONS = {
    "inner_steps": 2,
    "local_loss": "log_penalty",
    "reduction": "batch",
    "align": "pre_activations",
    "gradient_bound": 0.3,
    "displacement_bound": 0.0,
    "normalization": "clip",
    "regularization": 0.0,
    "regularize": (),
    "omega_norm": "batch",
    "omega_over_steps": "sum",
    "regularization_by": "constant",
    "clip": 0.0,
}


@dataclass(frozen=True, eq=False)
class Held:
    """A state that a cell starts from; eq=False, so that a cell with it is a cell of its own."""

    state: Any


@dataclass(frozen=True)
class _Started:
    held: Held | None = None

    def initial_state(self, p, batch_size):
        return self.held.state


@dataclass(frozen=True)
class StartedElman(_Started, Elman):
    """An Elman RNN that starts from a given state; the others alike."""


@dataclass(frozen=True)
class StartedLeaky(_Started, LeakyElman):
    pass


@dataclass(frozen=True)
class StartedGRU(_Started, GRU):
    pass


@dataclass(frozen=True)
class StartedLSTM(_Started, LSTM):
    pass


def answers_of(targets):
    """Values to be said at the end."""
    return oracle.Answers(targets[None], "values")


def long_run():
    """Network, inputs and targets of a whole sequence; identity units, outputs are the state."""
    draw = np.random.default_rng(3)
    cell = Elman(H, activation="identity")
    network = RNN(cell, I, H, output_kind="values", key=jax.random.key(1))
    parameters = as_dict(network) | {
        "w_hh": jnp.asarray(0.5 * draw.normal(size=(H, H))),
        "w_hy": jnp.eye(H),
        "b_h": jnp.asarray(draw.normal(size=H)),
    }
    inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    return parameters, inputs, jnp.asarray(draw.normal(size=(B, H)))


def started_at(parameters: dict, start, cell=StartedElman, **options) -> RNN:
    """The same parameters, z_0 = start."""
    options = options or {"activation": "identity"}
    made = cell(H, held=Held(start), **options)
    network = RNN(made, I, H, output_kind="values", key=jax.random.key(0))
    return with_parameters(network, parameters)


def updated(rule, network, batch):
    """Gradients and diagnostics, the state the network starts from within the program."""
    return jax.jit(
        lambda network, batch: rule.update(
            network, (), batch, key=jax.random.key(0), diagnostics=True
        )
    )(network, batch)[0]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("first", "last"), thinned([(4, 7), (1, 5), (4, 9), (1, 9), (6, 6)], 3))
def test_a_piece_has_the_gradients_of_its_steps_whatever_surrounds_it(first, last):
    parameters, inputs, labels = long_run()
    # With outputs y = h_T and the squared error, h̄_T = h_T - β_y·2(h_T - label)/B: this β_y sets
    # the top target to the label itself, so that z̄ can be held at any value.
    steps = {"target_step": 0.4, "output_target_step": B / 2}
    options = OPTIONS | steps | {"inner_steps": 1}
    cells = [oracle.elman("identity")]
    _, details, targets = oracle.lra_diff(cells, parameters, inputs, answers_of(labels), options)
    (run,) = oracle.forward(cells, parameters, inputs)

    piece = Batch(inputs[first - 1 : last], targets[0, last][None])
    update = updated(LRADiff(**options), started_at(parameters, run.z[first - 1]), piece)
    for name in ("gradient_norm_w_hh", "gradient_norm_w_xh"):
        expected = np.asarray(details[name])[first - 1 : last]
        np.testing.assert_allclose(update.diagnostics[name], expected, rtol=1e-10)
    assert np.all(np.asarray(details["gradient_norm_w_xh"]) > 1e-6)  # something arrives


class HeldTarget(LRADiff):
    """LRA-diff whose target of the last step is the one that is held, whatever the readout says."""

    def start(self, at_last, above, state):
        told = super().start(at_last, above, state)
        return told._replace(target=state)


class Passing(LRADiff):
    """LRA-diff that reports the targets it makes, which are no numbers: for no type checker."""

    def back(self, at, signal, state):
        back = super().back(at, signal, state)
        return back._replace(report=(back.report, signal.target))

    def diagnose(self, terms, reports):
        reports, targets = reports
        return {**super().diagnose(terms, reports), "target": targets}


PIECES = {
    "elman": (Elman, StartedElman, {"activation": "tanh"}),
    "leaky": (LeakyElman, StartedLeaky, {"leak": 0.4}),
    "gru": (GRU, StartedGRU, {"initializer": "xavier_normal"}),
    "lstm": (LSTM, StartedLSTM, {"forget_bias": 0.5}),
}
EVERY_PART = {
    "target_step": "unit",
    "inner_steps": 2,
    "regularization": 0.3,
    "regularize": ("weights", "targets"),
    "gradient_bound": 0.5,
}
"""Ω's part of W_xh is not among them: that needs x_{t-1} and z_{t-2} besides."""


def gradient_norms(details, prefix=""):
    """By parameter, of each step."""
    begin = f"{prefix}gradient_norm_"
    return {k.removeprefix(begin): v for k, v in details.items() if k.startswith(begin)}


@pytest.mark.usefixtures("float64", "without_type_checker")
@pytest.mark.parametrize(
    ("name", "every_step"),
    [
        pytest.param(name, every, marks=() if number % 2 == every else pytest.mark.slow)
        for number, name in enumerate(PIECES)
        for every in (False, True)
    ],
)
def test_a_piece_of_every_cell_s_run_has_the_gradients_of_its_steps(name, every_step):
    make, started, options = PIECES[name]
    draw = np.random.default_rng(5)
    first, last = 4, 7
    size = T if every_step else 1
    inputs, targets = draw.normal(size=(T, B, I)), draw.normal(size=(size, B, H))
    batch = Batch(jnp.asarray(inputs), jnp.asarray(targets))
    network = RNN(
        make(H, **options),
        I,
        H,
        output_kind="values",
        every_step=every_step,
        key=jax.random.key(2),
    )
    # The share that an answer has in L depends on how many there are; the readout's Ω does not.
    step: dict[str, Any] = {"output_target_step": 0.5 * size}
    options_of_rule = EVERY_PART | ({"regularize": ("weights",)} if every_step else {})
    whole = updated(Passing(**options_of_rule, **step), network, batch)
    states = network.forward(batch.inputs).layers[0].states

    start = jax.tree.map(lambda leaf: leaf[first - 2], states)
    target = jax.tree.map(lambda leaf: leaf[last - 1], whole.diagnostics["target"])
    piece = Batch(
        batch.inputs[first - 1 : last],
        batch.targets[first - 1 : last] if every_step else jnp.zeros((1, B, H)),
    )
    cut = RNN(
        started(H, held=Held(start), **options),
        I,
        H,
        output_kind="values",
        every_step=every_step,
        key=jax.random.key(0),
    )
    cut = with_parameters(cut, as_dict(network))
    step = {"output_target_step": 0.5 * (last - first + 1)} if every_step else step
    rule = HeldTarget(**options_of_rule, **step)
    update, _ = jax.jit(
        lambda cut: rule.update(cut, target, piece, key=jax.random.key(0), diagnostics=True)
    )(cut)
    found, expected = gradient_norms(update.diagnostics), gradient_norms(whole.diagnostics)
    assert {"w_hh", "w_xh", "b_h"} <= {*found}
    for each, values in found.items():
        piece_of = np.array(expected[each][first - 1 : last])
        # The piece's first step has none before it, to whose target Ω could be of use.
        begin = 1 if each == "w_hh" else 0
        np.testing.assert_allclose(values[begin:], piece_of[begin:], rtol=1e-10, err_msg=each)
        assert np.all(piece_of > 1e-6)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("first", "last"), [(1, 9), (4, 7)])
def test_a_piece_has_its_gradients_with_tptt_too_for_an_inverse_held(first, last):
    parameters, inputs, labels = long_run()
    # As above, z̄_T = z_T - α_i·2(z_T - label)/B: this α_i sets it to the label.
    numbers = {"target_step": B / 2, "inverse_step": 0.0, "inverse_momentum": 0.0}
    options = {"reduction": "batch", "inverse_reduction": "mean", "input_gradient": "local"}
    rule = TPTT(**numbers, **options)
    inverse = {"v_hh": 0.5 * jnp.asarray(np.random.default_rng(4).normal(size=(H, H)))}
    inverse["c_h"] = jnp.ones(H)
    velocity = jax.tree.map(jnp.zeros_like, inverse)
    others = {"activation": "identity", "inverse_nesterov": False, "epsilon": jnp.zeros((T, B, H))}
    *_, details, targets = oracle.tptt(
        parameters, inverse, velocity, inputs, answers_of(labels), numbers | options | others
    )
    (run,) = oracle.forward([oracle.elman("identity")], parameters, inputs)

    piece = Batch(inputs[first - 1 : last], targets[last][None])
    network = started_at(parameters, run.z[first - 1])
    state = rule.init(network, key=jax.random.key(0))
    state = eqx.tree_at(
        lambda state: (state.inverse.v_hh, state.inverse.c_h), state, tuple(inverse.values())
    )
    update, _ = jax.jit(
        lambda: rule.update(network, state, piece, key=jax.random.key(0), diagnostics=True)
    )()
    for name in ("gradient_norm_w_hh", "gradient_norm_w_xh"):
        expected = np.asarray(details[name])[first - 1 : last]
        np.testing.assert_allclose(update.diagnostics[name], expected, rtol=1e-10)
    assert np.all(np.asarray(details["gradient_norm_w_xh"]) > 1e-6)  # something arrives


SIGNALLED = {
    "feedback-alignment": FeedbackAlignment(gain=0.8),
    "direct-feedback-alignment": DirectFeedbackAlignment(),
    "lra-fdbk": LRAFdbk(gain=0.8),
    "rec-lra": RecLRA(learning="fixed"),
    "rec-lra, from steps": RecLRA(learning="fixed", skip_from="steps", skip_steps=2),
    "regularized-inverse": RegularizedInverse(0.1, 0.5),
    "regularized-inverse, difference": RegularizedInverse(0.1, 0.5, inverse="difference"),
    "regularized-inverse, gauss-newton": RegularizedInverse(0.1, 0.5, inverse="gauss-newton"),
}
"""Rules of one Elman layer whose steps are told nothing but their signal."""


def telling(rule):
    """The rule, which reports what each step was told."""

    class Telling(type(rule)):
        def back(self, at, signal, state):
            return super().back(at, signal, state)._replace(report=signal)

        def diagnose(self, terms, reports):
            return {"told": reports}

    return Telling(**vars(rule))


def told(rule, signal):
    """The rule, whose last step is told this, whatever the readout says."""

    class Told(type(rule)):
        def start(self, at_last, above, state):
            return signal

    return Told(**vars(rule))


@pytest.mark.usefixtures("float64", "without_type_checker")
@pytest.mark.parametrize(
    ("name", "first", "last"),
    thinned([(name, *piece) for name in SIGNALLED for piece in ((1, 9), (4, 7), (6, 6))], 5),
)
def test_a_piece_told_the_same_at_its_end_has_the_gradients_of_its_steps(name, first, last):
    parameters, inputs, labels = long_run()
    rule, key = SIGNALLED[name], jax.random.key(0)
    network = started_at(parameters, jnp.zeros((B, H)), activation="tanh")
    state = rule.init(network, key=jax.random.key(8))

    def of(rule, network, inputs):
        batch = Batch(inputs, labels[None])
        return jax.jit(lambda: rule.update(network, state, batch, key=key, diagnostics=True)[0])()

    whole = of(telling(rule), network, inputs).diagnostics
    states = network.forward(inputs).layers[0].states
    start = states[first - 2] if first > 1 else jnp.zeros((B, H))
    signal = jax.tree.map(lambda leaf: leaf[last - 1], whole["told"])
    cut = started_at(parameters, start, activation="tanh")
    piece = of(told(rule, signal), cut, inputs[first - 1 : last]).diagnostics
    for each, values in gradient_norms(piece).items():
        expected = np.asarray(gradient_norms(whole)[each])[first - 1 : last]
        np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-15, err_msg=each)
        assert np.all(expected[first == 1 :] > 1e-7)
    # What it is told matters, so that the test is not blind.
    other = of(
        told(rule, jax.tree.map(lambda leaf: 2 * leaf, signal)), cut, inputs[first - 1 : last]
    )
    ratios = gradient_norms(other.diagnostics)["b_h"] / gradient_norms(piece)["b_h"]
    assert np.all(np.abs(ratios - 1) > 1e-3)


@pytest.mark.usefixtures("float64")
def test_altering_the_state_held_does_change_the_gradient():
    """So that the test above is not blind."""
    parameters, inputs, labels = long_run()
    rule = LRADiff(0.4, align="pre_activations", reduction="batch")
    norms = []
    for shift in (0.0, 1e-3):
        network = started_at(parameters, jnp.full((B, H), shift))
        update = updated(rule, network, Batch(inputs, labels[None]))
        norms.append(np.asarray(update.diagnostics["gradient_norm_w_hh"]))
    assert np.all(np.abs(norms[1] - norms[0]) > 1e-8)


LOWER, UPPER = LSTM(H), GRU(6)


@pytest.mark.usefixtures("float64", "without_type_checker")
def test_a_lower_layer_needs_of_the_upper_one_its_target_and_the_state_before_alone():
    """The top layer alone on the lower's outputs has the gradients it has in the stack; and the
    lower's target of a step comes from the upper's same step, whatever its others are."""
    draw = np.random.default_rng(6)
    inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    targets = jnp.asarray(draw.normal(size=(T, B, 2)))
    options = {"output_kind": "values", "every_step": True, "key": jax.random.key(3)}
    stack = RNN(Stack(LOWER, UPPER), I, 2, **options)
    rule = Passing("unit", inner_steps=2)
    whole = updated(rule, stack, Batch(inputs, targets))
    run = stack.forward(inputs).layers

    # The upper layer by itself: what is below it is its input, and no more.
    alone = with_parameters(RNN(UPPER, H, 2, **options), only(stack, 1))
    upper = updated(rule, alone, Batch(run[1].inputs, targets))
    for name, values in gradient_norms(upper.diagnostics).items():
        expected = whole.diagnostics[f"1.gradient_norm_{name}"]
        np.testing.assert_allclose(values, expected, rtol=1e-10)

    # The lower layer's last three steps by themselves, beside the upper's: those before are gone.
    first = 7
    held_lower, held_upper = (
        Held(jax.tree.map(lambda leaf: leaf[first - 2], each.states)) for each in run
    )
    cut = RNN(
        Stack(StartedLSTM(H, held=held_lower), StartedGRU(6, held=held_upper)), I, 2, **options
    )
    cut = with_parameters(cut, as_dict(stack))
    left = T - first + 1
    # L is the mean over fewer answers.
    rule = LRADiff("unit", inner_steps=2, output_target_step=left / T)
    part = updated(rule, cut, Batch(inputs[first - 1 :], targets[first - 1 :]))
    for name, values in gradient_norms(part.diagnostics, "0.").items():
        expected = whole.diagnostics[f"0.gradient_norm_{name}"][first - 1 :]
        np.testing.assert_allclose(values, expected, rtol=1e-10, err_msg=name)

    # BPTT's do depend on what comes after; its answers at earlier steps do not reach back.
    other = targets.at[-1].add(1.0)
    exact, changed = (updated(BPTT(), stack, Batch(inputs, each)) for each in (targets, other))
    name = "0.gradient_norm_w_hh"
    assert np.all(np.abs(exact.diagnostics[name] - changed.diagnostics[name])[1:] > 1e-8)


@pytest.mark.usefixtures("float64", "without_type_checker")
def test_a_layer_whose_target_is_held_does_not_see_the_layer_above_or_below():
    """Its gradients are those of the formulas for x_t, z_{t-1} and z̄_t, step by step."""
    draw = np.random.default_rng(7)
    inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    batch = Batch(inputs, jnp.asarray(draw.normal(size=(T, B, 2))))
    options = {"output_kind": "values", "every_step": True, "key": jax.random.key(4)}
    stack = RNN(Stack(Elman(H), LSTM(H), GRU(6)), I, 2, **options)
    whole = updated(Passing("unit", inner_steps=2), stack, batch)
    run = stack.forward(inputs).layers[1]
    own, cell = stack.layers[1].parameters, oracle.lstm()
    for t in range(1, T + 1):
        z = jax.tree.map(lambda leaf, t=t: leaf[t - 2] if t > 1 else 0 * leaf[0], run.states)
        target = jax.tree.map(lambda leaf, t=t: leaf[t - 1], whole.diagnostics["1.target"])

        def loss_of(own, t=t, z=z, target=target):
            """Under the unit step the sum of squares, halved, and the mean over samples."""
            h = cell.step(own, run.inputs[t - 1], z)
            return jnp.sum((oracle.joined(h) - oracle.joined(target)) ** 2) / (2 * B)

        for name, gradient in jax.grad(loss_of)(own).items():
            found = float(whole.diagnostics[f"1.gradient_norm_{name}"][t - 1])
            assert found == pytest.approx(float(jnp.linalg.norm(gradient)), rel=1e-10)
            assert found > 1e-9 or (t == 1 and name == "w_hh")


def only(stack: RNN, layer: int) -> dict:
    """A layer's parameters and the readout's, as those of a network of that layer alone."""
    begin = f"{layer}."
    own = {k.removeprefix(begin): v for k, v in as_dict(stack).items() if k.startswith(begin)}
    return own | {name: as_dict(stack)[name] for name in ("w_hy", "b_y")}


@pytest.mark.usefixtures("float64")
def test_no_gradient_passes_through_a_state_or_a_target():
    """The whole update differs from the gradient through time, and from BPTT's, as it must."""
    parameters, inputs, labels = long_run()
    network = RNN(Elman(H), I, H, output_kind="values", key=jax.random.key(0))
    network = with_parameters(network, parameters)
    update, _ = jitted_update(LRADiff(0.4), network, Batch(inputs, labels[None]))
    exact = jax.grad(oracle.whole_loss)(
        parameters, inputs, answers_of(labels), [oracle.elman("tanh")]
    )
    difference = jnp.linalg.norm(as_dict(update.gradients)["w_hh"] - exact["w_hh"])
    assert difference > 0.1 * jnp.linalg.norm(exact["w_hh"])
