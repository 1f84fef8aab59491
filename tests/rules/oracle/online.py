"""The online rules as slow loops, a sample and a unit at a time (docs/algorithms.md, 12).

All parameters of an Elman or leaky Elman layer are one matrix Θ (N, H), the rows of W_hh, W_xh and
b_h, so that h_t = x̂_t Θ with x̂_t = (z_{t-1}, x_t, 1); a = 1 is the Elman RNN. P[k] (N, H) is what a
trace says of the derivative of unit k's state in Θ.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .network import PHI, loss_at, whole_loss
from .network import leaky_elman as leaky_elman_cell


class Derivatives(NamedTuple):
    """Of one step of one sample."""

    x_hat: np.ndarray
    D: np.ndarray
    """a φ′(h_t), of each unit."""
    J: np.ndarray
    """J[k, j] = ∂z_t[k]/∂z_{t-1}[j]."""
    leak: float


def rtrl(P, d, signs):
    H, new = len(P), np.zeros_like(P)
    for k in range(H):
        for j in range(H):
            new[k] += d.J[k, j] * P[j]
        new[k][:, k] += d.D[k] * d.x_hat
    return new


def snap_1(P, d, signs):
    """Of P[i] unit i's own parameters alone, carried by (J_t)_ii."""
    new = np.zeros_like(P)
    for i in range(len(P)):
        new[i][:, i] = d.J[i, i] * P[i][:, i] + d.D[i] * d.x_hat
    return new


def e_prop(P, d, signs):
    """The same, carried by the leak; RFLO's too."""
    new = np.zeros_like(P)
    for i in range(len(P)):
        new[i][:, i] = (1 - d.leak) * P[i][:, i] + d.D[i] * d.x_hat
    return new


class Outer(NamedTuple):
    """A ⊗ B in place of a P: A (H,), B (N, H)."""

    A: np.ndarray
    B: np.ndarray


def uoro(P, d, signs):
    """P as a product, by random signs of this step and sample."""
    by_step = np.outer(d.x_hat, signs * d.D)
    p_1 = np.sqrt(np.linalg.norm(by_step) / np.linalg.norm(signs))
    if not isinstance(P, Outer):  # the first step: there is no product yet
        return Outer(p_1 * signs, by_step / p_1)
    carried = d.J @ P.A
    p_0 = np.sqrt(np.linalg.norm(P.B) / np.linalg.norm(carried))
    return Outer(p_0 * carried + p_1 * signs, P.B / p_0 + by_step / p_1)


def whole(P):
    return P.A[:, None, None] * P.B[None] if isinstance(P, Outer) else P


def online(p, x, answers, leak, activation, advance, output_feedback=None, signs=None):
    """(gradients, the norms of what each step added) of an online rule whose traces `advance`.

    `output_feedback` is B (O, H), in place of W_hyᵀ; `signs` (T, B, H) are UORO's, as drawn.
    """
    T, B = x.shape[:2]
    H, W_hy = p["w_hh"].shape[0], np.asarray(p["w_hy"])
    theta = np.concatenate([p["w_hh"], p["w_xh"], p["b_h"][None]])
    phi, slope = PHI[activation], jax.vmap(jax.grad(PHI[activation]))
    lengths = [T] * B if answers.lengths is None else np.asarray(answers.lengths)
    back = W_hy.T if output_feedback is None else np.asarray(output_feedback)
    total, norms = np.zeros_like(theta), {"w_hh": [], "w_xh": [], "b_h": []}
    z, P = np.zeros((B, H)), [np.zeros((H, *theta.shape)) for _ in range(B)]

    def split(matrix):
        return {"w_hh": matrix[:H], "w_xh": matrix[H:-1], "b_h": matrix[-1]}

    for t in range(1, T + 1):
        for b in range(B):
            if t > lengths[b]:
                continue
            x_hat = np.concatenate([z[b], x[t - 1, b], [1.0]])
            h = jnp.asarray(x_hat @ theta)
            D = leak * np.asarray(slope(h))
            J = (1 - leak) * np.eye(H) + D[:, None] * theta[:H].T
            derivatives = Derivatives(x_hat, D, J, leak)
            P[b] = advance(
                P[b], derivatives, None if signs is None else np.asarray(signs)[t - 1, b]
            )
            z[b] = (1 - leak) * z[b] + leak * np.asarray(phi(h))
        y = jnp.asarray(z @ W_hy + np.asarray(p["b_y"]))
        is_scored = answers.every_step or t == T
        e = jax.grad(loss_at)(y, answers, t, T) if is_scored else np.zeros(y.shape)
        q, added = np.asarray(e) @ back, np.zeros_like(theta)
        for b in range(B):
            for k in range(H):
                added += q[b, k] * whole(P[b])[k]
        total += added
        for name, part in split(added).items():
            norms[name].append(np.linalg.norm(part))
    exact = jax.grad(whole_loss)(p, x, answers, [leaky_elman_cell(leak, activation)])
    gradients = split(total) | {name: exact[name] for name in ("w_hy", "b_y")}
    return gradients, {f"gradient_norm_{name}": np.array(each) for name, each in norms.items()}
