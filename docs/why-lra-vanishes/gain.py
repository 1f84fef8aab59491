"""The gain per time step, measured in training against what the formula predicts.

    python docs/why-lra-vanishes/gain.py

Writes gain.png and gain.csv beside itself. Temporal order, T = 20, K = 1, 100 tanh units, batch of
20, learning rate 0.1, seed 0, float64, where a displacement sinks into the rounding later than in
float32; steps below it are left out.
"""

import csv
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import alignrnn as ar  # noqa: E402

HERE = Path(__file__).parent
TASK, BATCH, HIDDEN, RATE, EVERY, CHECKS = ar.TemporalOrder(20), 20, 100, 0.1, 100, 15
SETTINGS = {
    "mean, β = 0.1": (ar.LRADiff(0.1), 0.1 * 2 / (BATCH * HIDDEN)),
    "mean, β = 1": (ar.LRADiff(1.0), 2 / (BATCH * HIDDEN)),
    "mean, β = 10": (ar.LRADiff(10.0), 10 * 2 / (BATCH * HIDDEN)),
    "mean, β = 100": (ar.LRADiff(100.0), 100 * 2 / (BATCH * HIDDEN)),
    "batch, β = 1": (ar.LRADiff(1.0, reduction="batch"), 2 / BATCH),
    "unit step": (ar.LRADiff("unit"), 1.0),
    "unit step, Ω on W_hh": (
        ar.LRADiff("unit", regularization=4.0, regularize=("recurrent",), omega_over_steps="mean"),
        1.0,
    ),
}
"""By name: the rule, and β·ℓ″."""


def measure(rule: ar.LRADiff, curvature_times_step: float):
    """(iteration, measured, predicted) of each check; geometric means over the time steps."""

    @jax.jit
    def look(network, key):
        batch = TASK.sample(key, BATCH)
        update, _ = rule.update(network, (), batch, key=key, diagnostics=True)
        run = network.forward(batch.inputs).layers[0]
        slope = 1 - jnp.square(run.states)
        # An isotropic displacement d at step t: ‖((d ⊙ φ′(h_t)²) W_hhᵀ) ⊙ φ′(h_{t-1})‖/‖d‖.
        through_loss = jnp.sqrt(jnp.mean(slope**4, axis=(1, 2)))[1:]
        through_state = jnp.sqrt(jnp.mean(slope**2, axis=(1, 2)))[:-1]
        spread = jnp.linalg.norm(network.parameters["w_hh"]) / jnp.sqrt(HIDDEN)
        predicted = curvature_times_step * through_loss * spread * through_state
        norms = update.diagnostics["displacement_norm"]
        measured = norms[:-1] / norms[1:]
        # Where a displacement is near the rounding of h, its norm is that of the rounding.
        counts = norms[:-1] > 1e-10

        def mean(gains):
            return jnp.exp(jnp.sum(jnp.where(counts, jnp.log(gains), 0)) / jnp.sum(counts))

        return mean(measured), mean(predicted)

    @jax.jit
    def train(network, start):
        def step(i, network):
            key = jax.random.fold_in(jax.random.key(1), start + i)
            update, _ = rule.update(network, (), TASK.sample(key, BATCH), key=key)
            return jax.tree.map(lambda w, g: w - RATE * g, network, update.gradients)

        return jax.lax.fori_loop(0, EVERY, step, network)

    network = ar.RNN(ar.Elman(HIDDEN), TASK.input_size, TASK.output_size, key=jax.random.key(0))
    for check in range(CHECKS + 1):
        measured, predicted = look(network, jax.random.fold_in(jax.random.key(2), check))
        yield check * EVERY, float(measured), float(predicted)
        network = train(network, check * EVERY)


def main() -> None:
    rows = [
        (name, *values) for name, (rule, step) in SETTINGS.items() for values in measure(rule, step)
    ]
    with (HERE / "gain.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("setting", "iteration", "measured", "predicted"))
        table.writerows((name, at, f"{m:.6g}", f"{p:.6g}") for name, at, m, p in rows)
    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in SETTINGS:
        own = np.array([row[1:] for row in rows if row[0] == name])
        (line,) = left.plot(own[:, 2], own[:, 1], "o", ms=4, alpha=0.8, label=name)
        right.plot(own[:, 0], own[:, 1], "-", color=line.get_color(), label=name)
        right.plot(own[:, 0], own[:, 2], ":", color=line.get_color())
    both = [min(row[3] for row in rows) / 2, max(row[3] for row in rows) * 2]
    left.plot(both, both, color="#666666", lw=0.8)
    left.set(xscale="log", yscale="log", xlabel="predicted gain", ylabel="measured gain")
    right.set(yscale="log", xlabel="iteration", ylabel="gain per step (dotted: predicted)")
    for axis in (left, right):
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.savefig(HERE / "gain.png", dpi=150)


if __name__ == "__main__":
    main()
