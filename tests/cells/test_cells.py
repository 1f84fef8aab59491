"""Every cell over whole sequences: GRU and LSTM against Equinox's, the others against numpy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, LSTM, RNN, Elman, LeakyElman, Stack

from ..rules.cases import with_parameters
from ..tolerances import relative_error

TOLERANCE = 1e-12
T, B, I, H, O = 7, 3, 4, 5, 2  # noqa: E741

pytestmark = pytest.mark.usefixtures("float64")


def drawn(cell, seed=0) -> RNN:
    """A network of it that says something at every step, with no parameter at zero."""
    draw = np.random.default_rng(seed)
    network = RNN(cell, I, O, output_kind="values", every_step=True, key=jax.random.key(0))
    parameters = {k: 0.6 * draw.normal(size=v.shape) for k, v in network.parameters.items()}
    return with_parameters(network, {k: jnp.asarray(v) for k, v in parameters.items()})


def inputs_of(seed=1):
    return np.random.default_rng(seed).normal(size=(T, B, I))


def ran(network: RNN, inputs, lengths=None):
    return jax.jit(lambda network: network.forward(jnp.asarray(inputs), lengths))(network)


def equinox_gru(p):
    """Column convention: a gate's weights are rows, and bias_n is the one within the reset."""
    cell = eqx.nn.GRUCell(p["w_xh"].shape[0], p["b_n"].shape[0], key=jax.random.key(9))
    parts = (p["w_xh"].T, p["w_hh"].T, p["b_h"], p["b_n"])
    return eqx.tree_at(lambda c: (c.weight_ih, c.weight_hh, c.bias, c.bias_n), cell, parts)


def equinox_lstm(p):
    cell = eqx.nn.LSTMCell(p["w_xh"].shape[0], p["w_hh"].shape[0], key=jax.random.key(9))
    parts = (p["w_xh"].T, p["w_hh"].T, p["b_h"])
    return eqx.tree_at(lambda c: (c.weight_ih, c.weight_hh, c.bias), cell, parts)


def sequence(cell, inputs, zero):
    """The states of one sequence after another, (T, B, …)."""

    def one(xs):
        return jax.lax.scan(lambda z, x: (cell(x, z),) * 2, zero, xs)[1]

    return jax.vmap(one, 1, 1)(jnp.asarray(inputs))


@pytest.mark.parametrize("make", [GRU, LSTM])
def test_it_equals_equinox_s(make):
    network, inputs = drawn(make(H)), inputs_of()
    forward = ran(network, inputs)
    zero = jnp.zeros(H)
    if make is GRU:
        expected = sequence(equinox_gru(network.parameters), inputs, zero)
        shown = expected
    else:
        expected = sequence(equinox_lstm(network.parameters), inputs, (zero, zero))
        shown = expected[0]
    states = forward.layers[0].states
    for one, other in zip(jax.tree.leaves(states), jax.tree.leaves(expected), strict=True):
        assert relative_error(one, other) <= TOLERANCE
        assert np.linalg.norm(other[-1]) > 0.1
    outputs = shown @ network.parameters["w_hy"] + network.parameters["b_y"][None, None]
    assert relative_error(forward.outputs, outputs) <= TOLERANCE


@pytest.mark.parametrize("leak", [0.2, 1.0])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_leaky_units_keep_a_part_of_their_state(leak, activation):
    network, inputs = drawn(LeakyElman(H, leak=leak, activation=activation)), inputs_of()
    p = {name: np.asarray(value) for name, value in network.parameters.items()}
    phi = np.tanh if activation == "tanh" else lambda h: np.maximum(h, 0)
    states = np.zeros((T, B, H))
    for b in range(B):
        z = np.zeros(H)
        for t in range(T):
            new = phi(inputs[t, b] @ p["w_xh"] + z @ p["w_hh"] + p["b_h"])
            z = states[t, b] = (1 - leak) * z + leak * new
    assert relative_error(ran(network, inputs).layers[0].states, states) <= TOLERANCE


def test_leaky_units_that_keep_nothing_are_elman_s():
    leaky, elman = drawn(LeakyElman(H, leak=1.0)), drawn(Elman(H))
    one, other = (ran(network, inputs_of()) for network in (leaky, elman))
    assert relative_error(one.outputs, other.outputs) <= TOLERANCE


STACKS = {
    "two of gru": GRU(H, layers=2),
    "lstm below elman": Stack(LSTM(H), Elman(3)),
    "nested": Stack(Elman(6, layers=2), LSTM(3)),
}


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_one_layer_after_another(name):
    network, inputs = drawn(STACKS[name]), inputs_of()
    forward = ran(network, inputs)
    shown = jnp.asarray(inputs)
    for index, (layer, run) in enumerate(zip(network.layers, forward.layers, strict=True)):
        own = {name: network.parameters[f"{index}.{name}"] for name in layer.parameters}
        alone = RNN(layer.cell, shown.shape[2], 1, output_kind="values", key=jax.random.key(0))
        readout = {"w_hy": jnp.zeros((layer.cell.hidden_size, 1)), "b_y": jnp.zeros(1)}
        (expected,) = ran(with_parameters(alone, own | readout), shown).layers
        assert relative_error(run.inputs, shown) <= TOLERANCE
        leaves = jax.tree.leaves(run.states), jax.tree.leaves(expected.states)
        for one, other in zip(*leaves, strict=True):
            assert relative_error(one, other) <= TOLERANCE
        # By hand: what is shown of an LSTM's pair is its first.
        shown = run.states[0] if isinstance(run.states, tuple) else run.states
    outputs = shown @ network.parameters["w_hy"] + network.parameters["b_y"][None, None]
    assert relative_error(forward.outputs, outputs) <= TOLERANCE


@pytest.mark.parametrize("cell", [Elman(H), GRU(H), LSTM(H), Stack(LSTM(H), Elman(3))])
def test_past_its_length_a_sequence_s_state_is_held(cell):
    network, inputs = drawn(cell), inputs_of()
    lengths = jnp.asarray([3, T, 1], jnp.int32)
    forward = ran(network, inputs, lengths)
    np.testing.assert_array_equal(forward.live, np.arange(T)[:, None] < np.asarray(lengths)[None])
    for b, length in enumerate(lengths.tolist()):
        alone = ran(network, inputs[:length, b : b + 1])
        pairs = (forward.layers, alone.layers)
        for one, other in zip(
            *(jax.tree.leaves([layer.states for layer in p]) for p in pairs), strict=True
        ):
            assert relative_error(one[:length, b], other[:, 0]) <= TOLERANCE
            np.testing.assert_array_equal(
                one[length:, b], np.broadcast_to(one[length - 1, b], one[length:, b].shape)
            )
        for one, other in zip(
            *(jax.tree.leaves([layer.pre_activations for layer in p]) for p in pairs), strict=True
        ):
            assert relative_error(one[length - 1, b], other[-1, 0]) <= TOLERANCE
            np.testing.assert_array_equal(one[-1, b], one[length - 1, b])
    said = jax.jit(lambda n: n.outputs(jnp.asarray(inputs), lengths))(network)
    assert relative_error(said, forward.outputs) <= TOLERANCE
