"""How much of the error reaches the first step, and how near finite targets are to the gradient.

    python docs/why-lra-vanishes/small_states.py

Prints, for initial weights of slow_rotation with W_xh as it is and smaller (3-bit temporal order,
T = 200, 500 samples, seed 0): the mean of φ′; what of BPTT's error at the last step is left at the
first, ‖∂L/∂h_1‖/‖∂L/∂h_T‖; and the cosine between the gradients of W_hh by the unit step and by
BPTT, with states aligned and output steps of 0.03, 1 and 3, and with pre-activations aligned.
"""

import jax
import jax.numpy as jnp
import numpy as np

import alignrnn as ar

TASK = ar.TemporalOrder3Bit(200)
BATCH = TASK.sample(jax.random.key(1), 500)
RULES = {
    "states, 0.03": ar.LRADiff("unit", output_target_step=0.03),
    "states, 1": ar.LRADiff("unit"),
    "states, 3": ar.LRADiff("unit", output_target_step=3.0),
    "pre-activations, 3": ar.LRADiff("unit", output_target_step=3.0, align="pre_activations"),
}


def gradient(rule: ar.Rule, network: ar.RNN) -> np.ndarray:
    update, _ = rule.update(network, (), BATCH, key=jax.random.key(0))
    return np.asarray(update.gradients.parameters["w_hh"], float).ravel()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def error_left(network: ar.RNN) -> float:
    """‖∂L/∂h_1‖/‖∂L/∂h_T‖, with aligned pre-activations: the displacements are BPTT's errors."""
    rule = RULES["pre-activations, 3"]
    update, _ = rule.update(network, (), BATCH, key=jax.random.key(0), diagnostics=True)
    norms = np.asarray(update.diagnostics["displacement_norm"])
    return float(norms[0] / norms[-1])


for scale in (1.0, 0.3, 0.1, 0.03):
    cell = ar.Elman(100, initializer="slow_rotation", input_scale=scale)
    network = ar.RNN(cell, TASK.input_size, TASK.output_size, key=jax.random.key(0))
    exact = gradient(ar.BPTT(), network)
    slope = float(jnp.mean(1 - network.forward(BATCH.inputs).layers[0].states ** 2))
    print(f"input scale {scale}: mean φ' {slope:.4f}, error left {error_left(network):.2g}")
    for name, rule in RULES.items():
        print(f"    {name}: {cosine(gradient(rule, network), exact):.2f}")
