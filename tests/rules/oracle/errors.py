"""What rules that give each step an error have in common (docs/algorithms.md, 8)."""

import jax
import jax.numpy as jnp

from .network import alive, layers_of, loss_at, scored, where
from .signals import norm


def output_errors(p, cell, run, answers):
    """∂L_t/∂y_t of t = 1 … T, entry 0 left out as None; 0 where nothing is scored."""
    T, errors = len(run.z) - 1, [None]
    for t in range(1, T + 1):
        y = cell.show(run.z[t]) @ p["w_hy"] + p["b_y"][None]
        is_scored = t in scored(answers, T)
        error = jax.grad(lambda y, t=t: loss_at(y, answers, t, T))(y) if is_scored else 0 * y
        errors.append(error)
    return errors


def gradients_of(p, cell, run, deltas, answers):
    """(gradients, norms ‖δ_t‖) where step t of the one layer learns from deltas[t] at h_t, and the
    readout exactly. Steps past a sequence's length learn nothing."""
    T, B = len(run.z) - 1, jax.tree.leaves(run.z[0])[0].shape[0]
    own = layers_of(p)[0][0]
    grads = {name: jnp.zeros_like(value) for name, value in p.items()}
    norms = []
    for t in range(1, T + 1):
        nothing = jax.tree.map(jnp.zeros_like, deltas[t])
        delta = where(alive(t, B, answers.lengths), deltas[t], nothing)
        step = jax.vjp(lambda own, t=t: cell.step(own, run.x[t], run.z[t - 1]), own)[1]
        for name, each in step(delta)[0].items():
            grads[name] += each
        norms.append(norm(delta))
    for t, error in enumerate(output_errors(p, cell, run, answers)):
        if t > 0:
            grads["w_hy"] += cell.show(run.z[t]).T @ error
            grads["b_y"] += jnp.sum(error, axis=0)
    return grads, jnp.array(norms)
