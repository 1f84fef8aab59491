"""Norms, Normalize, local losses and Ω, of arrays and trees (docs/algorithms.md, 2 to 4)."""

import jax
import jax.numpy as jnp
import numpy as np


def joined(tree):
    return jnp.concatenate(jax.tree.leaves(tree), axis=-1)


def norm(tree):
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


def normalize(G, c, kind):
    size = norm(G)
    if kind == "off" or c == 0 or size == 0 or (kind == "clip" and size < c):
        return G
    return jax.tree.map(lambda leaf: c * leaf / size, G)


def local_loss(z, target, name, reduction, rows=True):
    """ℓ; `rows` are the samples that count in it."""
    d2 = (joined(z) - joined(target)) ** 2
    each = d2 if name == "mse" else jnp.log(1 + d2)
    total = jnp.sum(jnp.where(rows, each, 0))
    return total / each.size if reduction == "mean" else total / each.shape[0]


def omega(u, v, over):
    """(‖u‖/‖v‖ - 1)², or its mean over samples; 0 where v is. v is held, and no tracer."""
    u, v = joined(u), joined(v)
    B, rows = len(v), np.flatnonzero(np.any(np.asarray(v) != 0, axis=1))
    if len(rows) == 0:
        return jnp.sum(0 * u)
    u, v = u[rows], v[rows]
    if over == "batch":
        return (jnp.sqrt(jnp.sum(u**2)) / jnp.sqrt(jnp.sum(v**2)) - 1) ** 2
    ratios = jnp.sqrt(jnp.sum(u**2, axis=1)) / jnp.sqrt(jnp.sum(v**2, axis=1))
    return jnp.sum((ratios - 1) ** 2) / B


def carried(one_map, h, v):
    """u = (∂map/∂h)ᵀ v."""
    return jax.vjp(one_map, h)[1](v)[0]


# LRA-diff
