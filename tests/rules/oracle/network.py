"""Cells, networks and the loss of a batch, as loops over arrays (docs/algorithms.md, 1 and 8)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

PHI = {
    "tanh": jnp.tanh,
    "sigmoid": lambda h: 1 / (1 + jnp.exp(-h)),
    "relu": lambda h: jnp.where(h > 0, h, 0.0),
    "leaky_relu": lambda h: jnp.where(h > 0, h, 0.01 * h),
    "softplus": lambda h: jnp.log1p(jnp.exp(h)),
    "identity": lambda h: h,
}
sigmoid = PHI["sigmoid"]


# Cells


class Cell(NamedTuple):
    """h_t = step(p, x_t, z_{t-1}), z_t = act(h_t), and what is shown of z_t."""

    step: Any
    act: Any = lambda h: h
    show: Any = lambda z: z
    arrays: int = 1
    """How many a state has."""


def elman(activation):
    def step(p, x, z):
        return x @ p["w_xh"] + z @ p["w_hh"] + p["b_h"][None]

    return Cell(step, PHI[activation])


def leaky_elman(a, activation):
    def step(p, x, z):
        return (1 - a) * z + a * PHI[activation](x @ p["w_xh"] + z @ p["w_hh"] + p["b_h"][None])

    return Cell(step)


def gru():
    def step(p, x, z):
        H = z.shape[1]
        r_of, i_of, n_of = (slice(k * H, (k + 1) * H) for k in range(3))

        def asked(which):
            return x @ p["w_xh"][:, which] + p["b_h"][which][None]

        r = sigmoid(asked(r_of) + z @ p["w_hh"][:, r_of])
        i = sigmoid(asked(i_of) + z @ p["w_hh"][:, i_of])
        n = jnp.tanh(asked(n_of) + r * (z @ p["w_hh"][:, n_of] + p["b_n"][None]))
        return (1 - i) * n + i * z

    return Cell(step)


def lstm():
    def step(p, x, state):
        z, c = state
        H = z.shape[1]

        def asked(k):
            which = slice(k * H, (k + 1) * H)
            return x @ p["w_xh"][:, which] + z @ p["w_hh"][:, which] + p["b_h"][which][None]

        i, f, g, o = sigmoid(asked(0)), sigmoid(asked(1)), jnp.tanh(asked(2)), sigmoid(asked(3))
        c = f * c + i * g
        return o * jnp.tanh(c), c

    return Cell(step, show=lambda state: state[0], arrays=2)


# Networks and what they were to say


class Answers(NamedTuple):
    """What was to be said, (S, B) or (S, B, O); S is 1 or T."""

    targets: Any
    kind: str
    every_step: bool = False
    weights: Any = None
    lengths: Any = None


class Run(NamedTuple):
    """One layer's steps."""

    x: list
    h: list
    z: list


def layers_of(p):
    """The parameters of each layer, and what its names begin with."""
    if "w_hh" in p:
        return [({name: p[name] for name in p if name not in ("w_hy", "b_y")}, "")]
    count = len({name.partition(".")[0] for name in p if "." in name})
    return [
        ({name[2:]: p[name] for name in p if name.startswith(f"{l}.")}, f"{l}.")
        for l in range(count)
    ]


def alive(t, B, lengths):
    """Whose sequence goes on at step t, (B, 1)."""
    return jnp.ones((B, 1), bool) if lengths is None else (t <= jnp.asarray(lengths))[:, None]


def where(rows, one, other):
    return jax.tree.map(lambda one, other: jnp.where(rows, one, other), one, other)


def forward(cells, p, x, lengths=None, starts=None):
    """The runs of all layers; x is one-hot or features, (T, B, I)."""
    (T, B), runs = x.shape[:2], []
    shown = [None, *x]
    for l, (cell, (own, _)) in enumerate(zip(cells, layers_of(p), strict=True)):
        zero = jnp.zeros((B, own["w_hh"].shape[0]))
        z = zero if cell.arrays == 1 else (zero,) * cell.arrays
        if starts is not None:
            z = starts[l]
        run = Run(shown, [jax.tree.map(jnp.zeros_like, z)], [z])
        for t in range(1, T + 1):
            goes_on = alive(t, B, lengths)
            h = cell.step(own, shown[t], run.z[-1])
            run.h.append(where(goes_on, h, run.h[-1]))
            run.z.append(where(goes_on, cell.act(h), run.z[-1]))
        runs.append(run)
        shown = [None, *(cell.show(z) for z in run.z[1:])]
    return runs


def said(cells, p, runs, t):
    """y_t."""
    return cells[-1].show(runs[-1].z[t]) @ p["w_hy"] + p["b_y"][None]


def answer_losses(y, target, kind):
    if kind == "classes":
        log_p = y - jnp.log(jnp.sum(jnp.exp(y), axis=1, keepdims=True))
        return -log_p[jnp.arange(len(target)), target]
    if kind == "bits":
        q = sigmoid(y)
        return -jnp.sum(target * jnp.log(q) + (1 - target) * jnp.log(1 - q), axis=1)
    return jnp.sum((y - target) ** 2, axis=1)


def loss_at(y, answers, t, T):
    """The part of L that the outputs of step t have; 0 where nothing is scored."""
    B = y.shape[0]
    weights = jnp.ones(answers.targets.shape[:2]) if answers.weights is None else answers.weights
    if answers.every_step:
        within = [alive(s, B, answers.lengths)[:, 0] for s in range(1, T + 1)]
        weights = weights * jnp.stack(within).astype(float)
        s = t - 1
    elif t < T:
        return 0.0
    else:
        s = 0
    losses = answer_losses(y, answers.targets[s], answers.kind)
    return jnp.sum(weights[s] * losses) / jnp.sum(weights)


def scored(answers, T):
    return range(1, T + 1) if answers.every_step else [T]


def whole_loss(p, x, answers, cells):
    """L as one function of the parameters, to be differentiated whole."""
    T, runs = len(x), forward(cells, p, x, answers.lengths)
    return sum(loss_at(said(cells, p, runs, t), answers, t, T) for t in scored(answers, T))


# Norms, local losses and Ω
