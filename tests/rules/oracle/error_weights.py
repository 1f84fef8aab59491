"""LRA-fdbk, LRA-E and rec-LRA as slow loops (docs/algorithms.md, 9)."""

import jax.numpy as jnp

from .errors import gradients_of, output_errors
from .network import alive, forward
from .signals import normalize


def lra(p, E, x, answers, cell, o):
    """(gradients before any bound, norms ‖e_t‖/B) of a network of one Elman layer.

    `E` is {"hh", "hy"} and with skips {"skip"}; `o` holds β, and with skips `skip_from` and k.
    """
    (run,), (T, B), beta = forward([cell], p, x, answers.lengths), x.shape[:2], o["target_step"]
    e_y = [None, *(B * each for each in output_errors(p, cell, run, answers)[1:])]
    e, H = {}, run.z[1].shape[1]

    def skipped(t, b, length):
        """s_t of one sample."""
        if o["skip_from"] == "steps":
            s = t + o["skip_steps"]
            return e[s][b] if s <= length else jnp.zeros(H)
        return sum((e_y[s][b] for s in range(t + 1, T + 1)), jnp.zeros(e_y[T].shape[1]))

    for t in range(T, 0, -1):
        rows = []
        for b in range(B):  # each sample by itself: its last step is that of its own length
            length = T if answers.lengths is None else int(answers.lengths[b])
            if t > length:
                rows.append(jnp.zeros(H))
                continue
            h, z = run.h[t][b], run.z[t][b]
            d = jnp.zeros(H)
            if answers.every_step:
                d = d + beta * e_y[t][b] @ E["hy"]
            elif t == length:
                d = d + beta * e_y[T][b] @ E["hy"]
            if t < length:
                d = d + beta * e[t + 1][b] @ E["hh"]
                if "skip" in E:
                    d = d + beta * skipped(t, b, length) @ E["skip"]
            rows.append(z - cell.act(h - d))
        e[t] = jnp.stack(rows)
    return gradients_of(p, cell, run, {t: each / B for t, each in e.items()}, answers)


def bounded(grads, clip, bound):
    """The whole by `clip`, then each matrix by its own bound."""
    whole = jnp.sqrt(sum(jnp.sum(g**2) for g in grads.values()))
    factor = jnp.minimum(1, clip / whole) if clip else 1.0
    grads = {name: factor * g for name, g in grads.items()}
    return {n: normalize(g, bound, "clip") if g.ndim > 1 else g for n, g in grads.items()}


def learned(p, E, grads, o):
    """(gradients, E) after one step of `learned` or `kolen-pollack`; `grads` are bounded."""
    E, grads, eta, kappa = dict(E), dict(grads), o["feedback_step"], o["weight_decay"]
    for name in ("hh", "hy"):
        dW = grads[f"w_{name}"]
        if o["learning"] == "learned":
            E[name] = E[name] - eta * dW.T
        else:
            E[name] = (1 - eta * kappa) * E[name] - eta * dW.T / o["target_step"]
            grads[f"w_{name}"] = dW + kappa * p[f"w_{name}"]
    return grads, E


def mirrored(p, E, x, answers, cell, o):
    """E after one step of the weight mirror; `o["xi"]` is the noise as drawn, (T, B, H)."""
    (run,), (T, B) = forward([cell], p, x, answers.lengths), x.shape[:2]
    M = {name: jnp.zeros_like(E[name]) for name in ("hh", "hy")}
    count = 0
    for t in range(1, T + 1):
        for b in range(B):
            if not bool(alive(t, B, answers.lengths)[b, 0]):
                continue
            xi, count = o["xi"][t - 1][b], count + 1

            def F(z, t=t, b=b):
                h = cell.step(p, x[t - 1][b : b + 1], z[None])[0]
                return h if o["mirror_of"] == "pre_activations" else cell.act(h)

            def y(z):
                return z @ p["w_hy"] + p["b_y"]

            before, after = run.z[t - 1][b], run.z[t][b]
            M["hh"] += jnp.outer(F(before + xi) - F(before), xi)
            M["hy"] += jnp.outer(y(after + xi) - y(after), xi)
    eta, sigma = o["feedback_step"], o["mirror_noise"]
    aims = {name: M[name] / (count * sigma**2 * o["target_step"]) for name in M}
    return dict(E) | {name: E[name] + eta * (aims[name] - E[name]) for name in aims}
