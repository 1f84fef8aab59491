"""Where states go, of networks whose fixed points are known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from alignrnn import GRU, LSTM, RNN, ConfigurationError, Elman, Stack, TemporalOrder, dynamics

TASK = TemporalOrder()


def network_of(cell, **parameters) -> RNN:
    network = RNN(cell, TASK.input_size, TASK.output_size, key=jax.random.key(3))
    for name, value in parameters.items():
        network = eqx.tree_at(
            lambda made, name=name: made.layers[0].parameters[name],
            network,
            jnp.asarray(value, float),
        )
    return network


def test_one_unit_that_latches_has_the_two_points_of_its_equation():
    """z = tanh(2 z), with inputs 0 and 1 that set it and distractors that say nothing: ±0.9575,
    where the slope is 2 (1 - z²)."""
    inputs = np.zeros((6, 1))
    inputs[:2, 0] = -3.0, 3.0
    network = network_of(Elman(1), w_hh=[[2.0]], w_xh=inputs, b_h=[0.0])
    found = dynamics(network, TASK, 400, 40)
    point = scipy.optimize.brentq(lambda z: np.tanh(2 * z) - z, 0.5, 1)
    assert [each.reached_by for each in found.fixed_points] == sorted(
        (each.reached_by for each in found.fixed_points), reverse=True
    )
    states = np.sort([each.state[0] for each in found.fixed_points])
    np.testing.assert_allclose(states, [-point, point], atol=0.02)  # the mean input is nearly 0
    for each in found.fixed_points:
        slope = 2 * (1 - each.state[0] ** 2)
        np.testing.assert_allclose(each.eigenvalues, [slope], atol=1e-5)
        assert each.radius < 1
    assert sum(each.reached_by for each in found.fixed_points) == 40
    assert found.moving == 0
    # The second symbol sets the unit, and so its class: 0 or 1 before, 2 or 3 after.
    last = found.projected[-1, :, 0]
    up = np.asarray(found.answers) >= 2
    assert last[up].min() > last[~up].max() or last[up].max() < last[~up].min()


def test_a_rotation_has_none_and_still_moves():
    """A turn by a seventh of a radian, scaled up a little against tanh: a cycle, not a point."""
    angle = 1 / 7
    turn = 1.1 * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    network = network_of(Elman(2), w_hh=turn, w_xh=np.full((6, 2), 0.01), b_h=[0.0, 0.0])
    found = dynamics(network, TASK, 200, 16)
    assert found.fixed_points == ()
    assert found.points.shape == (0, 2)
    assert found.moving == 16
    np.testing.assert_allclose(np.abs(found.recurrent[0]), 1.1, rtol=1e-6)
    assert "no fixed point; 16 still move" in str(found)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(GRU(4), id="gru", marks=pytest.mark.slow),
        pytest.param(LSTM(3), id="lstm", marks=pytest.mark.slow),
        pytest.param(Stack(GRU(3), Elman(4)), id="stack"),
    ],
)
def test_the_jacobian_is_that_of_the_whole_step(cell):
    """By central differences in double precision, of every cell and of layers above one another."""
    with jax.enable_x64(True):
        network = RNN(cell, TASK.input_size, TASK.output_size, key=jax.random.key(1))
        found = dynamics(network, TASK, 50, 8)
        inputs = TASK.__class__(50).sample(jax.random.key(0xD7_4A), 8).inputs
        drive = jax.tree.map(
            lambda each: jnp.mean(each, axis=(0, 1)), network.layers[0].drive(inputs)
        )
        (point, *_) = found.fixed_points

        def step(flat):
            states, place = [], 0
            for layer in network.layers:
                leaves, tree = jax.tree.flatten(layer.initial_state(1))
                sizes = [leaf.shape[1] for leaf in leaves]
                parts = [flat[place + sum(sizes[:n]) :][: sizes[n]] for n in range(len(sizes))]
                states.append(jax.tree.unflatten(tree, [jnp.asarray(p)[None] for p in parts]))
                place += sum(sizes)
            made, given = [], jax.tree.map(lambda each: each[None], drive)
            for number, (layer, state) in enumerate(zip(network.layers, states, strict=True)):
                z = layer.activate(layer.step(given, state))
                made += [np.asarray(leaf)[0] for leaf in jax.tree.leaves(z)]
                if number + 1 < len(network.layers):
                    given = network.layers[number + 1].drive(layer.output(z))
            return np.concatenate(made)

        state, small = np.asarray(point.state, float), 1e-6
        np.testing.assert_allclose(step(state), state, atol=2e-4)
        jacobian = np.stack(
            [
                (step(state + small * unit) - step(state - small * unit)) / (2 * small)
                for unit in np.eye(len(state))
            ],
            axis=1,
        )
        order = np.lexsort
        own, other = point.eigenvalues, np.linalg.eigvals(jacobian)
        own = own[order((own.imag, own.real))]
        other = other[order((other.imag, other.real))]
        np.testing.assert_allclose(own, other, atol=1e-5)


def test_components_are_those_of_the_states():
    network = network_of(Elman(5))
    found = dynamics(network, TASK, 30, 6)
    states = np.asarray(
        network.forward(TemporalOrder(30).sample(jax.random.key(0xD7_4A), 6).inputs)
        .layers[0]
        .states
    )
    np.testing.assert_array_equal(found.times, np.arange(1, 31))
    rows = states.reshape(-1, 5).astype(float)
    covariance = np.cov(rows.T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1]
    np.testing.assert_allclose(found.variance, values[order][:2] / values.sum(), rtol=1e-4)
    projected = (states - rows.mean(axis=0)) @ vectors[:, order[:2]]
    signs = np.sign(np.sum(projected * found.projected, axis=(0, 1)))
    np.testing.assert_allclose(found.projected, projected * signs, atol=1e-4)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"length": 3}, "length: got 3"),
        ({"sequences": 1}, "sequences: got 1, but it must be an integer of at least 2"),
        ({"network": 1}, "network: got"),
    ],
)
def test_a_mistake_is_one_line(options, said):
    given = {"network": network_of(Elman(3)), "task": TASK, "length": 20} | options
    with pytest.raises(ConfigurationError) as caught:
        dynamics(**given)
    assert said in str(caught.value)
