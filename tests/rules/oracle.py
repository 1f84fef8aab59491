"""The rules as slow loops straight from docs/algorithms.md, 3 to 5 and 8; every derivative by JAX.

Nothing here uses the package's rules, losses, cells or networks: only plain arrays. Parameters are
a dictionary by name, those of layer l of several as `l.w_hh`. Entry t of a list over time is step
t; entry 0 is what was before the first.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

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


class Pull(NamedTuple):
    """Something that displaces a state: how far, by the gradient of what, and Ω's part of it."""

    step: Any
    loss: Any
    error: Any
    one_map: Any
    alpha: Any


def lra_diff(cells, p, x, answers, o):
    """(gradients, diagnostics, targets of each layer and step); `o` holds the options.

    A layer's target comes from itself at the next step and from what stands above it at the same
    one: another layer, or the readout. All of them act in the same K steps.
    """
    (T, B), lengths = x.shape[:2], answers.lengths
    runs, layers = forward(cells, p, x, lengths), layers_of(p)
    unit, aligned, kind = o["target_step"] == "unit", o["align"], o["normalization"]
    beta = B if unit else o["target_step"]
    beta_y = o["output_target_step"] * (B if unit else 1)
    W, b = p["w_hy"], p["b_y"][None]

    def acts_on(*places):
        return o["regularization"] > 0 and bool({*places} & {*o["regularize"]})

    def driven(error, over_steps=False):
        share = 1 / max(T - 1, 1) if over_steps and o["omega_over_steps"] == "mean" else 1
        by = norm(error) if o["regularization_by"] == "downstream" else 1
        return o["regularization"] * share * by

    def raw_ell(z, target, rows=True):
        return local_loss(z, target, o["local_loss"], o["reduction"], rows)

    def ell(l, h, target, t):
        """The local loss of step t of layer l, as a function of its pre-activation."""
        compared = h if aligned == "pre_activations" else cells[l].act(h)
        scale = 1.0
        if unit:
            at = jnp.zeros_like(joined(compared))
            curvature = jax.grad(jax.grad(lambda a: raw_ell(at.at[0, 0].set(a), at)))(0.0)
            scale = 1 / (B * curvature)
        return scale * raw_ell(compared, target, alive(t, B, lengths))

    def output_loss(y, t):
        return loss_at(y, answers, t, T)

    grads = {name: jnp.zeros_like(value) for name, value in p.items()}
    for t in scored(answers, T):  # the readout
        z, h = runs[-1].z[t], runs[-1].h[t]
        shown = cells[-1].show(z)
        dW, db = jax.grad(lambda W, b: output_loss(shown @ W + b[None], t), (0, 1))(W, p["b_y"])  # noqa: B023
        if acts_on("weights"):
            v = jax.grad(output_loss)(shown @ W + b, t)

            def omega_of(W, v=v, h=h):
                def outputs(h):
                    return cells[-1].show(cells[-1].act(h)) @ W

                return omega(carried(outputs, h, v), v, o["omega_norm"])

            dW = dW + driven(v) * jax.grad(omega_of)(W)
        grads["w_hy"] += normalize(dW, o["gradient_bound"], kind)
        grads["b_y"] += db

    def displaced(h, pulls):
        h_bar = h
        for _ in range(o["inner_steps"]):
            ways = []
            for pull in pulls:
                G = jax.grad(pull.loss)(h_bar)
                if acts_on("targets") and pull.alpha is not None:
                    v = pull.error(h_bar)

                    def omega_of(h, v=v, one_map=pull.one_map):
                        return omega(carried(one_map, h, v), v, o["omega_norm"])

                    bent = jax.grad(omega_of)(h_bar)
                    G = jax.tree.map(lambda g, d, a=pull.alpha: g + a * d, G, bent)
                G = normalize(G, o["displacement_bound"], kind)
                ways.append(jax.tree.map(lambda g, step=pull.step: step * g, G))
            h_bar = jax.tree.map(lambda at, *ways: at - sum(ways), h_bar, *ways)
        return h_bar

    diagnostics, all_targets = {}, {}
    for l in reversed(range(len(cells))):
        (own, prefix), cell, run = layers[l], cells[l], runs[l]
        is_top = l == len(cells) - 1

        def from_above(t, l=l, cell=cell, is_top=is_top):
            if is_top:

                def outputs(h):
                    return cell.show(cell.act(h)) @ W + b

                def error(h):
                    return jax.grad(output_loss)(outputs(h), t)

                alpha = driven(error(runs[l].h[t]))
                return Pull(beta_y, lambda h: output_loss(outputs(h), t), error, outputs, alpha)

            def upper_h(h):
                x_t = cell.show(cell.act(h))
                return cells[l + 1].step(layers[l + 1][0], x_t, runs[l + 1].z[t - 1])

            def upper_error(h):
                return jax.grad(lambda at: ell(l + 1, at, all_targets[l + 1, t], t))(upper_h(h))

            return Pull(
                beta,
                lambda h: ell(l + 1, upper_h(h), all_targets[l + 1, t], t),
                upper_error,
                upper_h,
                None,
            )

        def from_next(t, alpha, l=l, cell=cell, own=own, run=run):
            def next_h(h):
                return cell.step(own, run.x[t + 1], cell.act(h))

            def error(h):
                return jax.grad(lambda at: ell(l, at, all_targets[l, t + 1], t + 1))(next_h(h))

            return Pull(
                beta,
                lambda h: ell(l, next_h(h), all_targets[l, t + 1], t + 1),
                error,
                next_h,
                alpha,
            )

        alpha = downstream = moved_after = None
        for t in range(T, 0, -1):
            # the target
            pulls = []
            if t == T or answers.every_step or not is_top:
                pulls.append(from_above(t))
            if t < T:
                pulls.append(from_next(t, alpha))
            h_bar = displaced(run.h[t], pulls)
            target = h_bar if aligned == "pre_activations" else cell.act(h_bar)
            moved = jax.tree.map(lambda one, other: one - other, h_bar, run.h[t])
            if is_top and not answers.every_step and t < T:
                # Who has ended was told at the end of its padding what its last state is to be.
                target = where(alive(t + 1, B, lengths), target, all_targets[l, t + 1])
                moved = where(alive(t + 1, B, lengths), moved, moved_after)
            moved_after = moved
            all_targets[l, t] = target

            # the gradient of the local loss; x_t, z_{t-1} and the target are held
            def loss_of(own, t=t, target=target, cell=cell, run=run, l=l):
                return ell(l, cell.step(own, run.x[t], run.z[t - 1]), target, t)

            v = jax.grad(lambda h: ell(l, h, target, t))(run.h[t])  # noqa: B023
            neighbour = from_above(t).error(run.h[t]) if t == T else downstream
            alpha, downstream = driven(neighbour, over_steps=True), v
            gradient = jax.grad(loss_of)(own)

            def map_of(own, t=t, cell=cell, run=run):
                return lambda h: cell.step(own, run.x[t], cell.act(h))

            def omega_of_w_hh(w_hh, t=t, v=v, own=own, map_of=map_of, run=run):
                one_map = map_of(own | {"w_hh": w_hh})
                return omega(carried(one_map, run.h[t - 1], v), v, o["omega_norm"])

            def omega_of_w_xh(w_xh, t=t, v=v, own=own, map_of=map_of, run=run, cell=cell):
                h = cell.step(own | {"w_xh": w_xh}, run.x[t - 1], run.z[t - 2])
                return omega(carried(map_of(own), h, v), v, o["omega_norm"])

            if t > 1 and acts_on("weights", "recurrent"):
                gradient["w_hh"] += alpha * jax.grad(omega_of_w_hh)(own["w_hh"])
            if t > 1 and acts_on("inputs"):
                gradient["w_xh"] += alpha * jax.grad(omega_of_w_xh)(own["w_xh"])
            for name in gradient:
                if gradient[name].ndim > 1:
                    gradient[name] = normalize(gradient[name], o["gradient_bound"], kind)
                grads[prefix + name] += gradient[name]
            u = carried(map_of(own), run.h[t - 1], v)
            facts = {
                "local_loss": ell(l, run.h[t], target, t),
                "displacement_norm": norm(moved),
                "norm_ratio": norm(u) / norm(v) if t > 1 and norm(v) > 0 else 0.0,
            }
            facts |= {f"gradient_norm_{name}": norm(g) for name, g in gradient.items()}
            for name, fact in facts.items():
                diagnostics.setdefault(prefix + name, []).insert(0, fact)

    if o["clip"]:
        whole = norm(grads)
        grads = {name: g * jnp.minimum(1, o["clip"] / whole) for name, g in grads.items()}
    return grads, {name: jnp.array(each) for name, each in diagnostics.items()}, all_targets


# BPTT


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


def tptt(p, inverse, velocity, x, answers, o):
    """(gradients, inverse, velocity, diagnostics, targets z̄_1 … z̄_T) of one update of TPTT.

    `inverse` is {"v_hh", "c_h"}, `velocity` its SGD's momentum; `o` holds the options, among them
    `epsilon`, the noise as drawn, (T, B, H).
    """
    phi, cells = PHI[o["activation"]], [elman(o["activation"])]
    (run,), (T, B) = forward(cells, p, x, answers.lengths), x.shape[:2]
    zs = run.z

    def goes_on(t):
        return alive(t, B, answers.lengths)

    def F(x_t, z, W_hh=p["w_hh"], W_xh=p["w_xh"], b=p["b_h"]):
        return phi(x_t @ W_xh + z @ W_hh + b[None])

    def G(x_t, z, of):
        return phi(x_t @ p["w_xh"] + z @ of["v_hh"] + of["c_h"][None])

    # the inverse
    def inverse_loss(of):
        total = 0.0
        for t in range(1, T + 1):
            z = zs[t - 1] + o["epsilon"][t - 1]
            guess = G(x[t - 1], F(x[t - 1], z), of)
            total += local_loss(guess, z, "mse", o["inverse_reduction"], goes_on(t))
        return total

    slope = jax.grad(inverse_loss)(inverse)
    inverse, velocity = dict(inverse), dict(velocity)
    mu = o["inverse_momentum"]
    for name, g in slope.items():
        velocity[name] = mu * velocity[name] + g
        step = g + mu * velocity[name] if o["inverse_nesterov"] else velocity[name]
        inverse[name] = inverse[name] - o["inverse_step"] * step

    # the targets
    def L(W, b, zs):
        outputs = [z @ W + b[None] for z in zs[1:]]
        return sum(loss_at(outputs[t - 1], answers, t, T) for t in scored(answers, T))

    dW_hy, db_y, dz = jax.grad(L, (0, 1, 2))(p["w_hy"], p["b_y"], zs)  # of each z by itself
    z_bar = {T: zs[T] - o["target_step"] * dz[T]}
    for t in range(T, 1, -1):
        back = zs[t - 1] - G(x[t - 1], zs[t], inverse) + G(x[t - 1], z_bar[t], inverse)
        kept = zs[t - 1] + z_bar[t] - zs[t]
        z_bar[t - 1] = where(goes_on(t), back, kept) - o["target_step"] * dz[t - 1]

    # the network
    def L_of_input_weights(each):
        """The global loss, with input weights of its own for each step."""
        z = [zs[0]]
        for t, W_xh in enumerate(each, 1):
            z.append(where(goes_on(t), F(x[t - 1], z[-1], W_xh=W_xh), z[-1]))
        return L(p["w_hy"], p["b_y"], z)

    exact_W_xh = jax.grad(L_of_input_weights)([p["w_xh"]] * T)
    grads = {"w_hy": dW_hy, "b_y": db_y}
    grads |= {name: jnp.zeros_like(p[name]) for name in ("w_hh", "w_xh", "b_h")}
    moved = [norm(z_bar[t] - zs[t]) for t in range(1, T + 1)]
    details = {"local_loss": []} | {f"gradient_norm_{name}": [] for name in ("w_hh", "w_xh", "b_h")}
    for t in range(1, T + 1):

        def loss_of(W_hh, W_xh, b, t=t):
            z = F(x[t - 1], zs[t - 1], W_hh, W_xh, b)
            return local_loss(z, z_bar[t], "mse", o["reduction"], goes_on(t))

        dW_hh, dW_xh, db = jax.grad(loss_of, (0, 1, 2))(p["w_hh"], p["w_xh"], p["b_h"])
        if o["input_gradient"] == "bptt":
            dW_xh = exact_W_xh[t - 1]
        for name, each in (("w_hh", dW_hh), ("w_xh", dW_xh), ("b_h", db)):
            grads[name] += each
            details[f"gradient_norm_{name}"].append(norm(each))
        details["local_loss"].append(loss_of(p["w_hh"], p["w_xh"], p["b_h"]))
    details["displacement_norm"] = moved
    ratios = [moved[t - 1] / moved[t] if moved[t] > 0 else 0.0 for t in range(1, T)]
    details["norm_ratio"] = [0.0, *ratios]
    details = {name: jnp.array(values) for name, values in details.items()}
    return grads, inverse, velocity, details, z_bar
