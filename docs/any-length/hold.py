"""How long a network of adding keeps its answer: distractors after sequences of 100 steps.

    python docs/any-length/hold.py runs/any-length/adding/last-3 runs/any-length/adding/noise-last-3

Prints for each network the root of the mean squared error of 2,000 answers, and their mean error,
after so many distractors more; then, after as many, the mean of the answers that should be near
0.15, 0.25, ….
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import alignrnn as ar

ANSWERS = np.arange(0.15, 0.9, 0.1)
SAMPLES, LONGER = 2_000, (0, 100, 200, 300, 1_000)


def answers(network: ar.RNN, longer: int) -> tuple[np.ndarray, np.ndarray]:
    """What is said after so many distractors, and what was to be said."""
    batch = ar.Adding(100).sample(jax.random.key(0xD1), SAMPLES)
    values = jax.random.uniform(jax.random.key(longer), (longer, SAMPLES))
    distractors = np.stack([np.zeros_like(values), values], axis=-1)
    inputs = jnp.concatenate([batch.inputs, distractors])
    return np.asarray(network.outputs(inputs)[0, :, 0]), np.asarray(batch.targets[0, :, 0])


def main() -> None:
    for place in sys.argv[1:]:
        network = ar.load(place)
        said, drift = [], []
        for longer in LONGER:
            answer, target = answers(network, longer)
            wrong = answer - target
            said.append(f"{longer}: {np.sqrt(np.mean(wrong**2)):.3f} ({np.mean(wrong):+.3f})")
            near = [np.mean(answer[abs(target - at) < 0.05]) for at in ANSWERS]
            drift.append(f"{longer:5d}: " + " ".join(f"{mean:.2f}" for mean in near))
        print(Path(place).name, *said, sep="  ")
        print(*drift, sep="\n")


if __name__ == "__main__":
    main()
