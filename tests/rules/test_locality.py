"""Locality, proven: step t's gradient needs nothing from before z_{t-1} or from after z̄_t.

A long sequence is trained on, then a piece of it cut out, with z before it and z̄ at its end held:
the piece knows nothing of what came before or after, and its steps' gradients are the same.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from alignrnn import TPTT, Batch, ElmanRNN, LRADiff

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


class StartedElsewhere(ElmanRNN):
    """An Elman RNN that starts from a given state."""

    start: Array

    def __init__(self, start: Array):
        key = jax.random.key(0)
        super().__init__(I, H, H, activation="identity", output_kind="values", key=key)
        self.start = start

    def initial_state(self, batch_size: int) -> Array:
        return jax.lax.stop_gradient(self.start)


def long_run():
    """Network, inputs and targets of a whole sequence; identity units, outputs are the state."""
    draw = np.random.default_rng(3)
    key = jax.random.key(1)
    network = ElmanRNN(I, H, H, activation="identity", output_kind="values", key=key)
    parameters = as_dict(network) | {
        "w_hh": jnp.asarray(0.5 * draw.normal(size=(H, H))),
        "w_hy": jnp.eye(H),
        "b_h": jnp.asarray(draw.normal(size=H)),
    }
    inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    return parameters, inputs, jnp.asarray(draw.normal(size=(B, H)))


def started_at(parameters: dict, start) -> StartedElsewhere:
    """The same parameters, z_0 = start."""
    return with_parameters(StartedElsewhere(start), parameters | {"start": start})


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("first", "last"), [(1, 9), (1, 5), (4, 9), (4, 7), (6, 6)])
def test_a_piece_has_the_gradients_of_its_steps_whatever_surrounds_it(first, last):
    parameters, inputs, labels = long_run()
    # With outputs y = h_T and the squared error, h̄_T = h_T - β_y·2(h_T - label)/B: this β_y sets
    # the top target to the label itself, so that z̄ can be held at any value.
    steps = {"target_step": 0.4, "output_target_step": B / 2}
    one_step_output = OPTIONS | {"inner_steps": 1}
    rule = LRADiff(**steps, **one_step_output)
    _, details, targets = oracle.lra_diff(
        parameters, inputs, labels, one_step_output | steps | {"activation": "identity"}
    )
    states = oracle.forward(parameters, inputs, oracle.PHI["identity"])[1]

    piece = Batch(inputs[first - 1 : last], targets[last])
    network = started_at(parameters, states[first - 1])
    update, _ = jitted_update(rule, network, piece, diagnostics=True)
    norms = update.diagnostics.gradient_norms
    for name in ("w_hh", "w_xh"):
        expected = np.asarray(details[name])[first - 1 : last]
        np.testing.assert_allclose(getattr(norms, name), expected, rtol=1e-10)
    assert np.all(np.asarray(details["w_xh"]) > 1e-6)  # something arrives at every step


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
        parameters, inverse, velocity, inputs, labels, numbers | options | others
    )
    states = oracle.forward(parameters, inputs, oracle.PHI["identity"])[1]

    piece = Batch(inputs[first - 1 : last], targets[last])
    network = started_at(parameters, states[first - 1])
    state = rule.init(network, key=jax.random.key(0))
    state = eqx.tree_at(
        lambda state: (state.inverse.v_hh, state.inverse.c_h), state, tuple(inverse.values())
    )
    update, _ = jax.jit(
        lambda: rule.update(network, state, piece, key=jax.random.key(0), diagnostics=True)
    )()
    norms = update.diagnostics.gradient_norms
    for name in ("w_hh", "w_xh"):
        expected = np.asarray(details[name])[first - 1 : last]
        np.testing.assert_allclose(getattr(norms, name), expected, rtol=1e-10)
    assert np.all(np.asarray(details["w_xh"]) > 1e-6)  # something arrives at every step


@pytest.mark.usefixtures("float64")
def test_altering_the_state_held_does_change_the_gradient():
    """So that the test above is not blind."""
    parameters, inputs, labels = long_run()
    rule = LRADiff(0.4, align="pre_activations", reduction="batch")
    norms = []
    for shift in (0.0, 1e-3):
        network = started_at(parameters, jnp.full((B, H), shift))
        update, _ = jitted_update(rule, network, Batch(inputs, labels), diagnostics=True)
        norms.append(np.asarray(update.diagnostics.gradient_norms.w_hh))
    assert np.all(np.abs(norms[1] - norms[0]) > 1e-8)


@pytest.mark.usefixtures("float64")
def test_no_gradient_passes_through_a_state_or_a_target():
    """The whole update differs from the gradient through time, and from BPTT's, as it must."""
    parameters, inputs, labels = long_run()
    network = with_parameters(
        ElmanRNN(I, H, H, activation="tanh", output_kind="values", key=jax.random.key(0)),
        parameters,
    )
    update, _ = jitted_update(LRADiff(0.4), network, Batch(inputs, labels))
    exact = jax.grad(oracle.bptt_loss)(parameters, inputs, labels, "tanh")
    difference = jnp.linalg.norm(update.gradients.w_hh - exact["w_hh"])
    assert difference > 0.1 * jnp.linalg.norm(exact["w_hh"])
