"""The rules as slow loops straight from docs/algorithms.md, 3 to 5; every derivative by `jax.grad`.

Nothing here uses the package's rules, losses, activations or networks: only plain arrays.
"""

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


def normalize(G, c, kind):
    norm = jnp.sqrt(jnp.sum(G**2))
    if kind == "off" or c == 0 or norm == 0 or (kind == "clip" and norm < c):
        return G
    return c * G / norm


def local_loss(z, target, name, reduction):
    d2 = (z - target) ** 2
    each = d2 if name == "mse" else jnp.log(1 + d2)
    total = jnp.sum(each)
    return total / z.size if reduction == "mean" else total / z.shape[0]


def global_loss(y, targets):
    if targets.ndim == 1:
        log_p = y - jnp.log(jnp.sum(jnp.exp(y), axis=1, keepdims=True))
        return -jnp.mean(log_p[jnp.arange(len(targets)), targets])
    return jnp.mean(jnp.sum((y - targets) ** 2, axis=1))


def omega(u, v, over):
    """(‖u‖/‖v‖ - 1)², or its mean over samples."""
    if over == "batch":
        return (jnp.sqrt(jnp.sum(u**2)) / jnp.sqrt(jnp.sum(v**2)) - 1) ** 2
    ratios = jnp.sqrt(jnp.sum(u**2, axis=1)) / jnp.sqrt(jnp.sum(v**2, axis=1))
    return jnp.mean((ratios - 1) ** 2)


def forward(p, x, phi):
    """x is one-hot or features, (T, B, I)."""
    batch, hidden = x.shape[1], p["w_hh"].shape[0]
    z = jnp.zeros((batch, hidden))
    hs, zs = [jnp.zeros_like(z)], [z]
    for x_t in x:
        h = x_t @ p["w_xh"] + z @ p["w_hh"] + p["b_h"][None]
        z = phi(h)
        hs.append(h)
        zs.append(z)
    return hs, zs, z @ p["w_hy"] + p["b_y"][None]


def lra_diff(p, x, targets, o):
    """(gradients, diagnostics, targets z̄_1 … z̄_T) of Algorithms 1 and 2; `o` holds the options."""
    phi = PHI[o["activation"]]
    dphi = lambda h: jax.grad(lambda at: jnp.sum(phi(at)))(h)  # noqa: E731
    hs, zs, _ = forward(p, x, phi)
    T, B = len(x), x.shape[1]
    alpha, places = o["regularization"], o["regularize"]
    unit = o["target_step"] == "unit"

    def raw_ell(z, target):
        return local_loss(z, target, o["local_loss"], o["reduction"])

    def curvature():
        """ℓ″, of one entry, where it meets its target."""
        at = jnp.zeros_like(zs[0])
        return jax.grad(jax.grad(lambda a: raw_ell(at.at[0, 0].set(a), at)))(0.0)

    scale = 1 / (B * curvature()) if unit else 1.0
    target_step = B if unit else o["target_step"]
    output_target_step = o["output_target_step"] * (B if unit else 1)

    def ell(h, target):
        """The local loss as a function of the pre-activation."""
        compared = h if o["align"] == "pre_activations" else phi(h)
        return scale * raw_ell(compared, target)

    def as_target(h):
        return h if o["align"] == "pre_activations" else phi(h)

    def carried(v, W, h):
        return (v @ W.T) * dphi(h)

    def regularized(G, place, d_omega, alpha):
        acts = place in places or (
            place == "W_hh" and ("weights" in places or "recurrent" in places)
        )
        return G + alpha * d_omega() if alpha and acts else G

    def driven(downstream_error):
        """A layer's α, from the error of the layer after it."""
        driver = jnp.linalg.norm(downstream_error) if o["regularization_by"] == "downstream" else 1
        return alpha * driver

    # the output layer
    def L(W, b, h):
        return global_loss(phi(h) @ W + b[None], targets)

    def output_error(h):
        return jax.grad(global_loss)(phi(h) @ p["w_hy"] + p["b_y"][None], targets)

    v = downstream = output_error(hs[T])
    alpha_y = driven(downstream)
    G = jax.grad(L, 0)(p["w_hy"], p["b_y"], hs[T])
    G = regularized(
        G,
        "weights",
        lambda: jax.grad(lambda W: omega(carried(v, W, hs[T]), v, o["omega_norm"]))(p["w_hy"]),
        alpha_y,
    )
    kind = o["normalization"]
    grads = {
        "w_hy": normalize(G, o["gradient_bound"], kind),
        "b_y": jax.grad(L, 1)(p["w_hy"], p["b_y"], hs[T]),
        "w_hh": jnp.zeros_like(p["w_hh"]),
        "w_xh": jnp.zeros_like(p["w_xh"]),
        "b_h": jnp.zeros_like(p["b_h"]),
    }
    h_bar = hs[T]
    for _ in range(o["inner_steps"]):
        v = output_error(h_bar)
        G = jax.grad(L, 2)(p["w_hy"], p["b_y"], h_bar)
        G = regularized(
            G,
            "targets",
            lambda v=v, at=h_bar: jax.grad(
                lambda h: omega(carried(v, p["w_hy"], h), v, o["omega_norm"])
            )(at),
            alpha_y,
        )
        h_bar = h_bar - output_target_step * normalize(G, o["displacement_bound"], kind)
    target = as_target(h_bar)
    targets_of = {T: target}
    displacement = {T: jnp.linalg.norm(h_bar - hs[T])}
    diagnostics = {"local_loss": {}, "norm_ratio": {}, "w_hh": {}, "w_xh": {}}

    for t in range(T, 0, -1):
        x_t = x[t - 1]

        def loss_at(W_hh, W_xh, b, t=t, x_t=x_t, target=target):
            return ell(x_t @ W_xh + zs[t - 1] @ W_hh + b[None], target)

        dW_hh, dW_xh, db = jax.grad(loss_at, (0, 1, 2))(p["w_hh"], p["w_xh"], p["b_h"])
        v = jax.grad(ell)(hs[t], target)
        h_before = hs[t - 1]
        alpha_t = driven(downstream) / (T - 1 if o["omega_over_steps"] == "mean" else 1)
        downstream = v
        if t >= 2:
            dW_hh = regularized(
                dW_hh,
                "W_hh",
                lambda v=v, at=h_before: jax.grad(
                    lambda W: omega(carried(v, W, at), v, o["omega_norm"])
                )(p["w_hh"]),
                alpha_t,
            )

            def omega_of_input_weights(W_xh, t=t, v=v):
                h = x[t - 2] @ W_xh + zs[t - 2] @ p["w_hh"] + p["b_h"][None]
                return omega(carried(v, p["w_hh"], h), v, o["omega_norm"])

            dW_xh = regularized(
                dW_xh, "inputs", lambda f=omega_of_input_weights: jax.grad(f)(p["w_xh"]), alpha_t
            )
        dW_hh = normalize(dW_hh, o["gradient_bound"], kind)
        dW_xh = normalize(dW_xh, o["gradient_bound"], kind)
        grads["w_hh"] += dW_hh
        grads["w_xh"] += dW_xh
        grads["b_h"] += db
        diagnostics["local_loss"][t] = ell(hs[t], target)
        diagnostics["w_hh"][t] = jnp.linalg.norm(dW_hh)
        diagnostics["w_xh"][t] = jnp.linalg.norm(dW_xh)
        diagnostics["norm_ratio"][t] = (
            jnp.linalg.norm(carried(v, p["w_hh"], h_before)) / jnp.linalg.norm(v) if t > 1 else 0.0
        )
        if t == 1:
            break

        h_bar = h_before
        for _ in range(o["inner_steps"]):

            def next_loss(h, x_t=x_t, target=target):
                return ell(x_t @ p["w_xh"] + phi(h) @ p["w_hh"] + p["b_h"][None], target)

            h_hat = x_t @ p["w_xh"] + phi(h_bar) @ p["w_hh"] + p["b_h"][None]
            v = jax.grad(ell)(h_hat, target)
            G = regularized(
                jax.grad(next_loss)(h_bar),
                "targets",
                lambda v=v, at=h_bar: jax.grad(
                    lambda h: omega(carried(v, p["w_hh"], h), v, o["omega_norm"])
                )(at),
                alpha_t,
            )
            h_bar = h_bar - target_step * normalize(G, o["displacement_bound"], kind)
        displacement[t - 1] = jnp.linalg.norm(h_bar - h_before)
        target = as_target(h_bar)
        targets_of[t - 1] = target

    if o["clip"]:
        whole = jnp.sqrt(sum(jnp.sum(g**2) for g in grads.values()))
        grads = {name: g * jnp.minimum(1, o["clip"] / whole) for name, g in grads.items()}
    steps = range(1, T + 1)
    diagnostics["displacement_norm"] = displacement
    return (
        grads,
        {name: jnp.array([values[t] for t in steps]) for name, values in diagnostics.items()},
        targets_of,
    )


def bptt_loss(p, x, targets, activation):
    """L as one function of the parameters, to be differentiated whole."""
    return global_loss(forward(p, x, PHI[activation])[2], targets)


def bptt_omega(p, x, targets, activation, over):
    """Pascanu's Ω of the recurrent matrix, as a function of it: (W_hh) -> Ω."""
    phi = PHI[activation]
    hs, _, _ = forward(p, x, phi)
    T = len(x)

    def from_state(z, t):
        """The loss as a function of z_t."""
        for s in range(t, T):
            z = phi(x[s] @ p["w_xh"] + z @ p["w_hh"] + p["b_h"][None])
        return global_loss(z @ p["w_hy"] + p["b_y"][None], targets)

    errors = {t: jax.grad(from_state)(phi(hs[t]), t) for t in range(2, T + 1)}
    alive = [t for t in errors if jnp.any(errors[t] != 0)]

    def omega_of(W):
        total = 0.0
        for t in alive:
            slope = jax.grad(lambda at: jnp.sum(phi(at)))(hs[t - 1])
            total += omega((errors[t] @ W.T) * slope, errors[t], over)
        return total / len(alive)

    return omega_of


def tptt(p, inverse, velocity, x, targets, o):
    """(gradients, inverse, velocity, diagnostics, targets z̄_1 … z̄_T) of one update of TPTT.

    `inverse` is {"v_hh", "c_h"}, `velocity` its SGD's momentum; `o` holds the options, among them
    `epsilon`, the noise as drawn, (T, B, H).
    """
    phi = PHI[o["activation"]]
    _, zs, _ = forward(p, x, phi)
    T = len(x)

    def F(x_t, z, W_hh=p["w_hh"], W_xh=p["w_xh"], b=p["b_h"]):
        return phi(x_t @ W_xh + z @ W_hh + b[None])

    def G(x_t, z, of):
        return phi(x_t @ p["w_xh"] + z @ of["v_hh"] + of["c_h"][None])

    # the inverse
    def inverse_loss(of):
        total = 0.0
        for t in range(1, T + 1):
            z = zs[t - 1] + o["epsilon"][t - 1]
            total += local_loss(G(x[t - 1], F(x[t - 1], z), of), z, "mse", o["inverse_reduction"])
        return total

    slope = jax.grad(inverse_loss)(inverse)
    inverse, velocity = dict(inverse), dict(velocity)
    mu = o["inverse_momentum"]
    for name, g in slope.items():
        velocity[name] = mu * velocity[name] + g
        step = g + mu * velocity[name] if o["inverse_nesterov"] else velocity[name]
        inverse[name] = inverse[name] - o["inverse_step"] * step

    # the targets
    def L(W, b, z):
        return global_loss(z @ W + b[None], targets)

    dW_hy, db_y, dz = jax.grad(L, (0, 1, 2))(p["w_hy"], p["b_y"], zs[T])
    z_bar = {T: zs[T] - o["target_step"] * dz}
    for t in range(T, 1, -1):
        z_bar[t - 1] = zs[t - 1] - G(x[t - 1], zs[t], inverse) + G(x[t - 1], z_bar[t], inverse)

    # the network
    def L_of_input_weights(each):
        """The global loss, with input weights of its own for each step."""
        z = zs[0]
        for x_t, W_xh in zip(x, each, strict=True):
            z = F(x_t, z, W_xh=W_xh)
        return L(p["w_hy"], p["b_y"], z)

    exact_W_xh = jax.grad(L_of_input_weights)([p["w_xh"]] * T)
    grads = {"w_hy": dW_hy, "b_y": db_y}
    grads |= {name: jnp.zeros_like(p[name]) for name in ("w_hh", "w_xh", "b_h")}
    moved = [jnp.linalg.norm(z_bar[t] - zs[t]) for t in range(1, T + 1)]
    details = {"local_loss": [], "w_hh": [], "w_xh": []}
    for t in range(1, T + 1):

        def loss_at(W_hh, W_xh, b, t=t):
            return local_loss(
                F(x[t - 1], zs[t - 1], W_hh, W_xh, b), z_bar[t], "mse", o["reduction"]
            )

        dW_hh, dW_xh, db = jax.grad(loss_at, (0, 1, 2))(p["w_hh"], p["w_xh"], p["b_h"])
        if o["input_gradient"] == "bptt":
            dW_xh = exact_W_xh[t - 1]
        grads["w_hh"] += dW_hh
        grads["w_xh"] += dW_xh
        grads["b_h"] += db
        details["local_loss"].append(loss_at(p["w_hh"], p["w_xh"], p["b_h"]))
        details["w_hh"].append(jnp.linalg.norm(dW_hh))
        details["w_xh"].append(jnp.linalg.norm(dW_xh))
    details["displacement_norm"] = moved
    ratios = [moved[t - 1] / moved[t] if moved[t] > 0 else 0.0 for t in range(1, T)]
    details["norm_ratio"] = [0.0, *ratios]
    details = {name: jnp.array(values) for name, values in details.items()}
    return grads, inverse, velocity, details, z_bar
