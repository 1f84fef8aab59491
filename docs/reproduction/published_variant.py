"""What two differences between the paper's text and the code behind its tables do.

    python docs/reproduction/published_variant.py > docs/reproduction/published_variant.md

"Old state": from the second inner step on, the local loss compares the next layer with its old
state z_t instead of its target z̄_t. "Unrolled": parameters get the gradients of all local losses
through the whole unrolled graph, so z_{t-1} is no constant. Written from differences.md.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

import alignrnn as ar
from alignrnn.losses import Answers
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


@dataclass(frozen=True)
class Variant(ar.LRADiff):
    """Algorithm 1 with mse and K, c₂ = 1; c₁ = 0, which does not act at these sizes."""

    target_step: ar.Number = BETA
    inner_steps: int = K
    displacement_bound: ar.Number = BOUND
    old_state: bool = False
    unrolled: bool = False

    def update(self, network, state, batch, **_):
        (layer,), (run,) = network.layers, network.forward(batch.inputs).layers
        answers = Answers(batch.targets[0], None, None, network.output_kind)
        first = jnp.zeros_like(run.states[:1])
        before_h = jnp.concatenate([first, run.pre_activations[:-1]])
        before_z = jnp.concatenate([first, run.states[:-1]])

        def moved(h_bar, loss_of):
            return h_bar - self.target_step * normalize(jax.grad(loss_of)(h_bar), BOUND, "clip")

        def output_loss(h):
            return answers.loss(network.readout(layer.activate(h)))

        last = jax.lax.fori_loop(
            0, K, lambda _, h_bar: moved(h_bar, output_loss), run.pre_activations[-1]
        )

        def backward(target, at):
            drive, h, z = at

            def compared_with(aim):
                def loss_of(h_bar):
                    h_hat = layer.step(drive, layer.activate(h_bar))
                    return self.loss.value(layer.activate(h_hat), aim)

                return loss_of

            later = compared_with(z if self.old_state else target)
            h_bar = moved(h, compared_with(target))
            h_bar = jax.lax.fori_loop(0, K - 1, lambda _, each: moved(each, later), h_bar)
            return layer.activate(h_bar), target

        _, targets = jax.lax.scan(
            backward, layer.activate(last), (run.drives, before_h, run.states), reverse=True
        )

        def losses(parameters):
            (own,) = parameters.layers
            if self.unrolled:
                states = parameters.forward(batch.inputs).layers[0].states
            else:
                states = jax.vmap(lambda x, z: own.activate(own.step(own.drive(x), z)))(
                    batch.inputs, before_z
                )
            local = jnp.sum(jax.vmap(self.loss.value)(states, targets))
            loss = answers.loss(parameters.readout(run.states[-1]))
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
                run = ar.Run(
                    Variant(old_state=old_state, unrolled=unrolled), ar.Optimizer("sgd", RATE)
                )
                (result,) = ar.train_many(make(length), [run], protocol)
                shown = "solved" if result.status == "solved" else f"{100 * result.accuracy:.2f}"
                cells.append(f"{shown} ({result.iterations:,})")
            print(f"| {title} | {length} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    ar.use_cores(1)
    main()
