"""The gain per time step, measured in training against what the formula predicts.

    python docs/why-lra-vanishes/gain.py           # trains, for gain.csv, and draws
    python docs/why-lra-vanishes/gain.py --draw    # draws gain.csv

Writes gain.png and gain.csv beside itself. Temporal order, T = 20, K = 1, 100 tanh units, batch of
20, learning rate 0.1, seed 0, float64, where a displacement sinks into the rounding later than in
float32; steps below it are left out.
"""

import csv
import sys
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import alignrnn as ar  # noqa: E402
from alignrnn.reports import save_figure  # noqa: E402
from alignrnn.reports.curve_names import End, name_curves, wrapped  # noqa: E402
from alignrnn.reports.style import figure_of, looks, styled  # noqa: E402

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


def read() -> list[tuple[str, int, float, float]]:
    """gain.csv."""
    with (HERE / "gain.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        (row["setting"], int(row["iteration"]), float(row["measured"]), float(row["predicted"]))
        for row in rows
    ]


@styled
def draw(rows: list[tuple[str, int, float, float]]) -> Figure:
    """Gain per step over training, measured and (thin) predicted, each named at its end."""
    figure = figure_of(HEIGHT + 0.6)
    axis = figure.subplots()
    ends = []
    for name, look in zip(SETTINGS, looks(len(SETTINGS)), strict=True):
        own = np.array([row[1:] for row in rows if row[0] == name])
        style = {"color": look.color, "ls": look.line}
        axis.plot(own[:, 0], own[:, 1], lw=1.6, marker=look.dot, ms=4, markevery=3, **style)
        axis.plot(own[:, 0], own[:, 2], color=look.color, lw=0.8)
        ends.append(End(float(own[-1, 0]), float(own[-1, 1]), wrapped(name), look))
    axis.set(yscale="log", xlabel="iteration", ylabel="gain per time step", ylim=(3e-5, 3))
    axis.grid()
    name_curves(axis, ends, HEIGHT)
    return figure


def main() -> None:
    if "--draw" not in sys.argv:
        measured = [
            (name, *each) for name, (rule, step) in SETTINGS.items() for each in measure(rule, step)
        ]
        with (HERE / "gain.csv").open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("setting", "iteration", "measured", "predicted"))
            table.writerows((name, at, f"{m:.6g}", f"{p:.6g}") for name, at, m, p in measured)
    save_figure(draw(read()), HERE / "gain.png")


HEIGHT = 3.0
"""Inches of the panel."""

if __name__ == "__main__":
    main()
