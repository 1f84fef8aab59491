"""The network: what it keeps of a pass, what it says, its parameters by name."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, LSTM, RNN, ConfigurationError, Elman, Stack

from .rules.cases import random_case
from .tolerances import relative_error

PHI = {
    "tanh": np.tanh,
    "sigmoid": lambda h: 1 / (1 + np.exp(-h)),
    "relu": lambda h: np.maximum(h, 0),
    "leaky_relu": lambda h: np.where(h > 0, h, 0.01 * h),
    "softplus": lambda h: np.log1p(np.exp(h)),
    "identity": lambda h: h,
}
TOLERANCE = 1e-12

jitted_forward = jax.jit(lambda network, inputs: network.forward(inputs))
jitted_outputs = jax.jit(lambda network, inputs: network.outputs(inputs))


def slow_forward(parameters, inputs, activation):
    """(drives, h, z, y) of an Elman RNN, one step and one sample at a time; y of every step."""
    p = {name: np.asarray(value) for name, value in parameters.items()}
    inputs = np.asarray(inputs)
    T, B, _ = inputs.shape
    H = len(p["w_hh"])
    drives, hs, zs = (np.zeros((T, B, H)) for _ in range(3))
    for b in range(B):
        z = np.zeros(H)
        for t in range(T):
            drives[t, b] = p["w_xh"].T @ inputs[t, b]
            hs[t, b] = drives[t, b] + p["w_hh"].T @ z + p["b_h"]
            z = zs[t, b] = PHI[activation](hs[t, b])
    return drives, hs, zs, np.array([[p["w_hy"].T @ z + p["b_y"] for z in row] for row in zs])


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("symbols", [True, False])
@pytest.mark.parametrize("activation", PHI)
def test_a_pass_follows_the_equations(activation, symbols):
    for every_step in (False, True):
        case = random_case(0, activation=activation, symbols=symbols, every_step=every_step)
        network, inputs = case.network, case.batch.inputs
        forward = jitted_forward(network, inputs)
        drives, hs, zs, y = slow_forward(case.parameters, case.inputs, activation)
        (run,) = forward.layers
        np.testing.assert_array_equal(run.inputs, inputs)
        assert relative_error(run.drives, drives) <= TOLERANCE
        assert relative_error(run.pre_activations, hs) <= TOLERANCE
        assert relative_error(run.states, zs) <= TOLERANCE
        expected = y if every_step else y[-1:]
        assert relative_error(forward.outputs, expected) <= TOLERANCE
        assert relative_error(jitted_outputs(network, inputs), expected) <= TOLERANCE
        assert forward.live is None


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("kind", ["classes", "values", "bits"])
def test_predict_takes_sequences_one_a_row(kind, every_step):
    case = random_case(1, kind=kind, symbols=every_step, every_step=every_step)
    *_, y = slow_forward(case.parameters, case.inputs, "tanh")
    predicted = case.network.predict(np.asarray(case.batch.inputs).swapaxes(0, 1))
    said = {"classes": y.argmax(axis=-1), "values": y, "bits": y > 0}[kind]
    expected = said.swapaxes(0, 1) if every_step else said[-1]
    if kind == "values":
        assert relative_error(predicted, expected) <= TOLERANCE
    else:
        np.testing.assert_array_equal(predicted, expected)


def test_predict_takes_lengths_and_says_labels():
    network = RNN(GRU(4), 3, 3, labels=("a", "b", "c"), key=jax.random.key(0))
    inputs = np.random.default_rng(0).integers(0, 3, (40, 5))
    lengths = np.arange(40) % 5 + 1
    alone = [
        network.predict(row[None, :length])[0] for row, length in zip(inputs, lengths, strict=True)
    ]
    np.testing.assert_array_equal(network.predict(inputs, lengths), alone)
    assert {"a", "b", "c"} >= {*alone}
    assert np.any(network.predict(inputs) != alone)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, 2, 6], "lengths: got 6, but it must be integers (3,) from 1 to 5"),
        ([0, 2, 5], "lengths: got 0, but it must be integers (3,) from 1 to 5"),
        ([1, 2], "lengths: got int64 of shape (2,), but it must be integers (3,) from 1 to 5"),
        (
            [1.0, 2.0, 3.0],
            "lengths: got float64 of shape (3,), but it must be integers (3,) from 1 to 5",
        ),
    ],
)
def test_lengths_that_cannot_be_are_one_line(lengths, message):
    network = RNN(Elman(4), 3, 2, key=jax.random.key(0))
    with pytest.raises(ConfigurationError) as caught:
        network.predict(np.zeros((3, 5), int), lengths)
    assert str(caught.value) == message


def test_parameters_have_names_and_sizes():
    network = RNN(Elman(5), 3, 2, output_kind="values", key=jax.random.key(0))
    assert (network.input_size, network.output_size) == (3, 2)
    assert (network.output_kind, network.every_step) == ("values", False)
    shapes = {name: leaf.shape for name, leaf in network.parameters.items()}
    assert shapes == {"w_xh": (3, 5), "w_hh": (5, 5), "w_hy": (5, 2), "b_h": (5,), "b_y": (2,)}
    stack = RNN(Stack(LSTM(4), GRU(6, layers=2)), 3, 2, key=jax.random.key(0))
    shapes = {name: leaf.shape for name, leaf in stack.parameters.items()}
    assert shapes == {
        **{"0.w_xh": (3, 16), "0.w_hh": (4, 16), "0.b_h": (16,)},
        **{"1.w_xh": (4, 18), "1.w_hh": (6, 18), "1.b_h": (18,), "1.b_n": (6,)},
        **{"2.w_xh": (6, 18), "2.w_hh": (6, 18), "2.b_h": (18,), "2.b_n": (6,)},
        **{"w_hy": (6, 2), "b_y": (2,)},
    }
    # All leaves are parameters, and every one has a name.
    assert len(jax.tree.leaves(stack)) == len(stack.parameters)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": 0}, "input_size: got 0, but it must be an integer of at least 1"),
        ({"output_size": True}, "output_size: got True, but it must be an integer of at least 1"),
        ({"cell": 100}, "cell: got 100, but it must be a cell, such as Elman(100)"),
        (
            {"output_kind": "logits"},
            "output_kind: got 'logits', but it must be one of: bits, classes, values",
        ),
        (
            {"labels": ("a",)},
            "labels: got ('a',), but there must be 2 of them, integers or texts",
        ),
    ],
)
def test_arguments_that_cannot_be_are_named_with_what_is_allowed(options: dict[str, Any], message):
    arguments = dict[str, Any](cell=Elman(3), input_size=2, output_size=2) | options
    with pytest.raises(ConfigurationError) as caught:
        RNN(**arguments, key=jax.random.key(0))
    assert str(caught.value) == message


@pytest.mark.usefixtures("float64")
def test_a_readout_takes_any_leading_axes():
    readout = random_case(0).network.readout
    shown = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3, readout.w_hy.shape[0])))
    expected = np.asarray(shown) @ np.asarray(readout.w_hy) + np.asarray(readout.b_y)
    assert relative_error(readout(shown), expected) <= TOLERANCE
    assert relative_error(readout(shown[0]), expected[0]) <= TOLERANCE
