"""What is left at T = 200 once the signal arrives: memory that turns.

    python docs/why-lra-vanishes/rotations.py

Prints, for orthogonal and for slow_rotation initial weights, before and after 3,000 iterations of
the unit step (temporal order, clip 1, learning rate 0.03, output step 3, Ω on W_hh with α = 4,
seed 10): the angles of the eight eigenvalues of W_hh that carry memory longest, the mean of φ′,
how well gradients of 20 samples agree with that of 1,000 (cosine), the largest curvature of the
loss met by power iteration from the gradient.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import alignrnn as ar
from alignrnn.losses import answer_losses

TASK, RATE, ITERATIONS, SEED = ar.TemporalOrder(200), 0.03, 3_000, 10
RULE = ar.LRADiff(
    "unit",
    output_target_step=3.0,
    clip=1.0,
    regularization=4.0,
    regularize=("recurrent",),
    omega_over_steps="mean",
)
MANY = TASK.sample(jax.random.key(1), 1_000)
FEW = [TASK.sample(jax.random.key(100 + i), 20) for i in range(10)]


def loss(network, batch):
    return jnp.mean(answer_losses(network.outputs(batch.inputs), batch.targets, "classes"))


gradient = eqx.filter_jit(eqx.filter_grad(loss))


@eqx.filter_jit
def curved(network, direction, batch):
    """Hessian times direction."""
    return jax.jvp(lambda n: jax.grad(loss)(n, batch), (network,), (direction,))[1]


@eqx.filter_jit
def train(network):
    def step(i, network):
        key = jax.random.fold_in(jax.random.key(2), i)
        update, _ = RULE.update(network, (), TASK.sample(key, 20), key=key)
        return jax.tree.map(lambda w, g: w - RATE * g, network, update.gradients)

    return jax.lax.fori_loop(0, ITERATIONS, step, network)


def flat(tree) -> np.ndarray:
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)]).astype(float)


def cosine(a, b) -> float:
    a, b = flat(a), flat(b)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def sharpness(network) -> float:
    direction = gradient(network, MANY)
    value = 0.0
    for _ in range(12):
        length = np.linalg.norm(flat(direction))
        direction = jax.tree.map(lambda leaf, by=length: leaf / by, direction)
        product = curved(network, direction, MANY)
        value, direction = float(flat(product) @ flat(direction)), product
    return value


def tell(name: str, network: ar.RNN) -> None:
    values = np.linalg.eigvals(np.asarray(network.parameters["w_hh"], float))
    longest = values[np.argsort(-np.abs(values))][:8]
    states = network.forward(MANY.inputs).layers[0].states
    many = gradient(network, MANY)
    right = jnp.argmax(network.outputs(MANY.inputs), axis=-1) == MANY.targets
    print(
        f"{name}: accuracy {100 * float(jnp.mean(right)):.1f}%, "
        f"mean of φ′ {float(jnp.mean(1 - states**2)):.3f}, "
        f"gradients agree {np.median([cosine(gradient(network, few), many) for few in FEW]):.2f}, "
        f"norm {np.linalg.norm(flat(many)):.2g}, curvature {sharpness(network):.0f}, "
        "eigenvalues " + " ".join(f"{abs(v):.3f}@{abs(np.angle(v)):.2f}" for v in longest),
        flush=True,
    )


def main() -> None:
    for initializer in ("orthogonal", "slow_rotation"):
        cell = ar.Elman(100, initializer=initializer)
        network = ar.RNN(cell, TASK.input_size, TASK.output_size, key=jax.random.key(SEED))
        tell(f"{initializer}, before", network)
        tell(f"{initializer}, after {ITERATIONS:,}", train(network))


if __name__ == "__main__":
    main()
