"""What two differences between the paper's text and the code behind its tables do.

    python docs/reproduction/published_variant.py > docs/reproduction/published_variant.md

"Old state": from the second inner step on, the local loss compares the next layer with its old
state z_t instead of its target z̄_t. "Unrolled": parameters get the gradients of all local losses
through the whole unrolled graph, so z_{t-1} is no constant. Written from differences.md.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

import alignrnn as ar
from alignrnn.losses import global_loss
from alignrnn.numerics import normalize
from alignrnn.rules import Update

TASKS = {
    "Temporal order": ar.TemporalOrder,
    "3-bit temporal order": ar.TemporalOrder3Bit,
    "Random permutation": ar.RandomPermutation,
}
VARIANTS = {
    "as in the text": (False, False),
    "old state": (True, False),
    "unrolled": (False, True),
    "old state, unrolled": (True, True),
}
BETA, RATE, K, BOUND = 10.0, 0.1, 10, 1.0


class Variant(ar.LRADiff):
    """Algorithm 1 with mse and K, c₂ = 1; c₁ = 0, which does not act at these sizes."""

    old_state: bool = eqx.field(static=True, default=False)
    unrolled: bool = eqx.field(static=True, default=False)

    def __init__(self, old_state: bool, unrolled: bool):
        super().__init__(BETA, inner_steps=K, displacement_bound=BOUND)
        self.old_state, self.unrolled = old_state, unrolled

    def update(self, network, state, batch, **_):
        run = network.trajectory(batch.inputs)
        first = jnp.zeros_like(run.states[:1])
        before_h = jnp.concatenate([first, run.pre_activations[:-1]])
        before_z = jnp.concatenate([first, run.states[:-1]])

        def moved(h_bar, loss_of):
            return h_bar - self.target_step * normalize(jax.grad(loss_of)(h_bar), BOUND, "clip")

        def output_loss(h):
            return global_loss(network.readout(network.activate(h)), batch.targets)

        last = jax.lax.fori_loop(
            0, K, lambda _, h_bar: moved(h_bar, output_loss), run.pre_activations[-1]
        )

        def backward(target, at):
            drive, h, z = at

            def compared_with(aim):
                def loss_of(h_bar):
                    h_hat = network.step(drive, network.activate(h_bar))
                    return self.loss.value(network.activate(h_hat), aim)

                return loss_of

            later = compared_with(z if self.old_state else target)
            h_bar = moved(h, compared_with(target))
            h_bar = jax.lax.fori_loop(0, K - 1, lambda _, each: moved(each, later), h_bar)
            return network.activate(h_bar), target

        _, targets = jax.lax.scan(
            backward, network.activate(last), (run.drives, before_h, run.states), reverse=True
        )

        def losses(parameters):
            if self.unrolled:
                states = parameters.trajectory(batch.inputs).states
            else:
                states = jax.vmap(
                    lambda x, z: parameters.activate(parameters.step(parameters.drive(x), z))
                )(batch.inputs, before_z)
            local = jnp.sum(jax.vmap(self.loss.value)(states, targets))
            loss = global_loss(parameters.readout(run.states[-1]), batch.targets)
            return local + loss, loss

        gradients, loss = jax.grad(losses, has_aux=True)(network)
        return Update(loss, gradients, None), state


def main() -> None:
    names = list(VARIANTS)
    print("# The published variant, beside the paper's text\n")
    print(f"K = {K}, β = {BETA:g}, learning rate {RATE:g}, c₂ = {BOUND:g}, mse, seed 0; a run ends")
    print("after 30 checks without a better validation error (of 10,000 samples). Best validation")
    print("accuracy (%) and iterations, by `python docs/reproduction/published_variant.py`:\n")
    print("| task | T | " + " | ".join(names) + " |")
    print("| :--- | ---: |" + " ---: |" * len(names))
    protocol = ar.Protocol(stopping=ar.Stopping(patience=30))
    for title, make in TASKS.items():
        for length in (10, 20, 30):
            cells = []
            for old_state, unrolled in VARIANTS.values():
                run = ar.Run(Variant(old_state, unrolled), ar.Optimizer("sgd", RATE))
                (result,) = ar.train_many(make(length), [run], protocol)
                shown = "solved" if result.status == "solved" else f"{100 * result.accuracy:.2f}"
                cells.append(f"{shown} ({result.iterations:,})")
            print(f"| {title} | {length} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    ar.use_cores(1)
    main()
