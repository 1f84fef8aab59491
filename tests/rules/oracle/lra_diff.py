"""RNN-LRA-diff as a slow loop (docs/algorithms.md, 3, 4 and 8)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .network import alive, forward, layers_of, loss_at, scored, where
from .signals import carried, joined, local_loss, norm, normalize, omega


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
