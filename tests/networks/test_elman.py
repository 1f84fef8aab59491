"""The Elman network: its trajectory against a numpy loop, its pull-backs against autodiff."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import ConfigurationError, ElmanRNN, Network
from alignrnn.networks import ACTIVATIONS

from ..rules.cases import random_case
from ..tolerances import relative_error

PHI = {
    "tanh": np.tanh,
    "sigmoid": lambda h: 1 / (1 + np.exp(-h)),
    "relu": lambda h: np.maximum(h, 0),
    "leaky_relu": lambda h: np.where(h > 0, h, 0.01 * h),
    "softplus": lambda h: np.log1p(np.exp(h)),
    "identity": lambda h: h,
}
TOLERANCE = 1e-12

jitted_trajectory = jax.jit(lambda network, inputs: network.trajectory(inputs))
jitted_outputs = jax.jit(lambda network, inputs: network.outputs(inputs))


def slow_trajectory(parameters, inputs, activation):
    """(drives, h, z, y), one step and one sample at a time; inputs are one-hot or features."""
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
    return drives, hs, zs, np.array([p["w_hy"].T @ z + p["b_y"] for z in zs[-1]])


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("symbols", [True, False])
@pytest.mark.parametrize("activation", PHI)
def test_trajectory_follows_the_equations(activation, symbols):
    for seed in (0, 1):
        network, batch, parameters, inputs = random_case(
            seed, activation=activation, symbols=symbols
        )
        trajectory = jitted_trajectory(network, batch.inputs)
        drives, hs, zs, y = slow_trajectory(parameters, inputs, activation)
        assert relative_error(trajectory.drives, drives) <= TOLERANCE
        assert relative_error(trajectory.pre_activations, hs) <= TOLERANCE
        assert relative_error(trajectory.states, zs) <= TOLERANCE
        assert relative_error(trajectory.outputs, y) <= TOLERANCE
        assert relative_error(jitted_outputs(network, batch.inputs), y) <= TOLERANCE


@jax.jit
def pull_backs(network: Network, drive, h, error, output_error, cotangent):
    """All four: (the network's own, the base class's derivatives)."""

    def all_of(cls):
        z = network.activate(h)
        step = cls.pull_back(network, drive, h, z, error)
        output = cls.pull_back_output(network, h, z, output_error)
        return {
            "pull_back": step.error,
            "pull_back.bend": step.bend(cotangent),
            "pull_back_output": output.error,
            "pull_back_output.bend": output.bend(cotangent),
            "pull_back_step": cls.pull_back_step(network, drive, z, error),
            "pull_back_activation": cls.pull_back_activation(network, h, z, error),
        }

    return all_of(ElmanRNN), all_of(Network)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_closed_pull_backs_are_the_derivatives(activation):
    network, *_ = random_case(2, activation=activation)
    draw = np.random.default_rng(2)
    B, H, outputs = 4, network.hidden_size, network.output_size
    drive, h, error, cotangent = (jnp.asarray(draw.normal(size=(B, H))) for _ in range(4))
    output_error = jnp.asarray(draw.normal(size=(B, outputs)))
    closed, derived = pull_backs(network, drive, h, error, output_error, cotangent)
    for name, expected in derived.items():
        assert relative_error(closed[name], expected) <= TOLERANCE, name
        if "bend" not in name or activation in ("tanh", "sigmoid", "softplus"):
            assert np.linalg.norm(expected) > 0.01, name  # or the comparison says nothing


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("symbols", [True, False])
def test_predict_gives_classes_of_sequences_one_a_row(symbols):
    network, batch, parameters, inputs = random_case(3, symbols=symbols)
    *_, y = slow_trajectory(parameters, inputs, "tanh")
    predicted = network.predict(jnp.swapaxes(batch.inputs, 0, 1))
    np.testing.assert_array_equal(predicted, y.argmax(axis=1))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("symbols", [True, False])
def test_predict_gives_values_of_a_regression(symbols):
    network, batch, parameters, inputs = random_case(1, symbols=symbols, regression=True)
    *_, y = slow_trajectory(parameters, inputs, "tanh")
    predicted = network.predict(jnp.swapaxes(batch.inputs, 0, 1))
    assert relative_error(predicted, y) <= TOLERANCE


@pytest.mark.usefixtures("without_type_checker")
def test_predict_takes_numpy_arrays():
    network = ElmanRNN(3, 4, 2, key=jax.random.key(0))
    inputs = np.random.default_rng(0).integers(0, 3, (6, 5))
    predicted = network.predict(inputs)  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(predicted, network.predict(jnp.asarray(inputs, jnp.int32)))
    assert predicted.shape == (6,)


def test_sizes_are_those_given():
    network = ElmanRNN(3, 5, 2, output_kind="values", key=jax.random.key(0))
    assert (network.input_size, network.hidden_size, network.output_size) == (3, 5, 2)
    assert (network.activation, network.output_kind) == ("tanh", "values")
    shapes = {path[-1].name: leaf.shape for path, leaf in jax.tree.leaves_with_path(network)}
    assert shapes == {"w_xh": (3, 5), "w_hh": (5, 5), "w_hy": (5, 2), "b_h": (5,), "b_y": (2,)}


@pytest.mark.parametrize("field", ["input_size", "hidden_size", "output_size"])
@pytest.mark.parametrize("size", [0, -3, True])
def test_a_bad_size_is_named_with_what_is_allowed(field, size):
    sizes = dict[str, Any](input_size=2, hidden_size=3, output_size=2) | {field: size}
    with pytest.raises(ConfigurationError) as caught:
        ElmanRNN(**sizes, key=jax.random.key(0))
    expected = f"{field}: got {size}, but it must be an integer of at least 1"
    # True is an integer to Python, and none to us.
    assert str(caught.value) == expected


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 2.5}, "hidden_size: got 2.5, but it must be an integer of at least 1"),
        (
            {"activation": "swish"},
            "activation: got 'swish', but it must be one of: "
            "identity, leaky_relu, relu, sigmoid, softplus, tanh",
        ),
        (
            {"activation": ""},
            "activation: got '', but it must be one of: "
            "identity, leaky_relu, relu, sigmoid, softplus, tanh",
        ),
        (
            {"initializer": "zeros"},
            "initializer: got 'zeros', but it must be one of: "
            "gaussian, identity, orthogonal, slow_rotation, sparse_smart_tanh, xavier_normal, "
            "xavier_uniform",
        ),
        ({"input_scale": 0}, "input_scale: got 0, but it must be a finite number above 0"),
        (
            {"output_kind": "logits"},
            "output_kind: got 'logits', but it must be one of: classes, values",
        ),
    ],
)
def test_arguments_that_cannot_be_are_named_with_what_is_allowed(options: dict[str, Any], message):
    arguments = dict[str, Any](input_size=2, hidden_size=3, output_size=2) | options
    with pytest.raises(ConfigurationError) as caught:
        ElmanRNN(**arguments, key=jax.random.key(0))
    assert str(caught.value) == message
