"""Feedback alignment, direct and not, as slow loops (docs/algorithms.md, 10)."""

import jax.numpy as jnp

from .errors import gradients_of, output_errors
from .network import alive, forward, where
from .signals import carried


def feedback_alignment(p, x, answers, cell, B_h, B_y):
    """(gradients, norms ‖δ_t‖) of a network of one Elman layer."""
    (run,), (T, B) = forward([cell], p, x, answers.lengths), x.shape[:2]
    e = output_errors(p, cell, run, answers)
    told, deltas = e[T] @ B_y, {}
    for t in range(T, 0, -1):
        deltas[t] = carried(cell.act, run.h[t], told)
        if t > 1:
            told = where(alive(t, B, answers.lengths), deltas[t] @ B_h, told) + e[t - 1] @ B_y
    return gradients_of(p, cell, run, deltas, answers)


def direct_feedback_alignment(p, x, answers, cell, Bs):
    """The same of one layer of any cell; `Bs` are B_0 … B_n."""
    (run,), T = forward([cell], p, x, answers.lengths), len(x)
    e, deltas = output_errors(p, cell, run, answers), {}

    def shown(h):
        return cell.show(cell.act(h))

    for t in range(1, T + 1):
        if answers.every_step:
            reach = [(e[t + k], B_k) for k, B_k in enumerate(Bs) if t + k <= T]
        else:
            reach = [(e[T], Bs[0])]
        told = sum((error @ B_k for error, B_k in reach), jnp.zeros((x.shape[1], Bs[0].shape[1])))
        deltas[t] = carried(shown, run.h[t], told)
    return gradients_of(p, cell, run, deltas, answers)
