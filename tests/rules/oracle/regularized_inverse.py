"""Targets by regularised inverses as a slow loop (docs/algorithms.md, 11)."""

import jax
import jax.numpy as jnp

from .errors import output_errors
from .network import alive, forward, where
from .signals import norm


def jacobian(p, cell, x_t, z):
    """∂z_t/∂z_{t-1} of one sample, (H, H): entry (i, j) is that of unit j by unit i."""
    return jax.jacobian(lambda z: cell.act(cell.step(p, x_t[None], z[None]))[0])(z).T


def damping_of(p, x, answers, cell, form):
    """r of "unit"."""
    (run,), (T, B) = forward([cell], p, x, answers.lengths), x.shape[:2]
    slopes = []
    for t in range(1, T + 1):
        for b in range(B):
            if bool(alive(t, B, answers.lengths)[b, 0]):
                slopes += [jnp.diagonal(jax.jacobian(cell.act)(run.h[t][b]))]
    mean = jnp.mean(jnp.stack(slopes))
    r = mean * (1 - mean) if form == "gauss-newton" else 1 / mean - 1
    return max(float(r), 1e-3)


def regularized_inverse(p, x, answers, cell, o):
    """(gradients, diagnostics) of a network of one Elman layer; `o` holds γ_h, r, the form, and
    whether the gradient is local."""
    (run,), (T, B) = forward([cell], p, x, answers.lengths), x.shape[:2]
    W, r, H = p["w_hh"], o["damping"], p["w_hh"].shape[0]
    errors = output_errors(p, cell, run, answers)
    asked = [None, *(-o["target_step"] * B * e @ p["w_hy"].T for e in errors[1:])]
    R = W.T @ jnp.linalg.inv(W @ W.T + r * jnp.eye(H))

    def clipped(z):
        return jnp.clip(z, -0.999, 0.999)

    def back(d, t):
        """d_{t-1} from d_t, where the step is one."""
        z = run.z[t]
        if o["inverse"] == "linear":
            return (d / (1 - clipped(z) ** 2)) @ R
        if o["inverse"] == "difference":

            def G(z):
                return (jnp.arctanh(clipped(z)) - x[t - 1] @ p["w_xh"] - p["b_h"][None]) @ R

            return G(z + d) - G(z)
        rows = []
        for b in range(B):
            J = jacobian(p, cell, x[t - 1][b], run.z[t - 1][b])
            rows.append(d[b] @ jnp.linalg.inv(J.T @ J + r * jnp.eye(H)) @ J.T)
        return jnp.stack(rows)

    d = {T: asked[T]}
    for t in range(T, 1, -1):
        d[t - 1] = where(alive(t, B, answers.lengths), back(d[t], t), d[t]) + asked[t - 1]
    targets = {t: run.z[t] + d[t] for t in d}

    def loss_at_step(z, t):
        rows = alive(t, B, answers.lengths)
        return jnp.sum(jnp.where(rows, (z - targets[t]) ** 2, 0)) / (2 * B)

    def whole(p):
        """½ Σ_t ‖z_t - z̄_t‖² of the unrolled network, targets held."""
        (again,) = forward([cell], p, x, answers.lengths)
        return sum(loss_at_step(again.z[t], t) for t in range(1, T + 1))

    def local(p):
        """The same, each step from the state before as it was."""
        total = 0.0
        for t in range(1, T + 1):
            z = cell.act(cell.step(p, x[t - 1], run.z[t - 1]))
            total += loss_at_step(z, t)
        return total

    grads = jax.grad(whole if o["gradient"] == "as_published" else local)(p)
    for t in range(1, T + 1):
        grads["w_hy"] += run.z[t].T @ errors[t]
        grads["b_y"] += jnp.sum(errors[t], axis=0)
    moved = [norm(d[t]) for t in range(1, T + 1)]
    ratios = [moved[t - 1] / moved[t] if moved[t] > 0 else 0.0 for t in range(1, T)]
    losses = [loss_at_step(run.z[t], t) for t in range(1, T + 1)]
    details = {"local_loss": losses, "displacement_norm": moved, "norm_ratio": [0.0, *ratios]}
    return grads, {name: jnp.array(values) for name, values in details.items()}
