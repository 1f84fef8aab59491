"""Pascanu's Ω beside the exact gradient (docs/algorithms.md, 5)."""

import jax
import jax.numpy as jnp

from .network import alive, forward, layers_of, loss_at, where
from .signals import carried, joined, omega


def bptt_omega(p, x, answers, cell, over):
    """Pascanu's Ω of the recurrent matrix of one layer, as a function of it: (W_hh) -> Ω."""
    (run,), (T, B) = forward([cell], p, x, answers.lengths), x.shape[:2]
    own = layers_of(p)[0][0]

    def from_state(z, t):
        """The loss as a function of z_t."""
        total = 0.0
        for s in range(t, T + 1):
            if s > t:
                new = cell.act(cell.step(own, x[s - 1], z))
                z = where(alive(s, B, answers.lengths), new, z)
            total += loss_at(cell.show(z) @ p["w_hy"] + p["b_y"][None], answers, s, T)
        return total

    errors = {t: jax.grad(from_state)(run.z[t], t) for t in range(2, T + 1)}
    errors = {
        t: where(alive(t, B, answers.lengths), v, jax.tree.map(jnp.zeros_like, v))
        for t, v in errors.items()
    }
    some = [t for t, v in errors.items() if jnp.any(joined(v) != 0)]

    def omega_of(w_hh):
        total = 0.0
        for t in some:

            def one_map(h, t=t):
                return cell.step(own | {"w_hh": w_hh}, x[t - 1], cell.act(h))

            total += omega(carried(one_map, run.h[t - 1], errors[t]), errors[t], over)
        return total / len(some)

    return omega_of


# TPTT
