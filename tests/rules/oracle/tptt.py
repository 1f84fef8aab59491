"""TPTT as a slow loop (docs/algorithms.md, 5 and 8)."""

import jax
import jax.numpy as jnp

from .network import PHI, alive, elman, forward, loss_at, scored, where
from .signals import local_loss, norm


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
