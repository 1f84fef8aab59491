"""What `hidden_noise` costs: processor time of an iteration in noise over that without.

python docs/performance/noise.py    # half a minute on one core
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

import alignrnn as ar
from alignrnn.plain import rebuilt

ITERATIONS, REPEATS = 100, 9
RULES = {
    "LRA-diff": ar.LRADiff("unit", clip=1),
    "LRA-diff with Ω": ar.LRADiff("unit", clip=1, regularization=1, regularize=("recurrent",)),
    "BPTT": ar.BPTT(clip=1),
}


def program(task: ar.Task, rule: ar.Rule) -> Callable[[int], object]:
    """So many iterations from a seed, compiled; batches of 20, 100 units."""
    cell, key = ar.Elman(100), jax.random.key(0)
    network = ar.RNN(cell, task.input_size, task.output_size, key=key)
    numbers = {name: jnp.asarray(value) for name, value in rule.numbers.items()}

    def iterate(count, carried):
        key, network, numbers = carried
        key = jax.random.fold_in(key, count)
        own = rebuilt(rule.structure, numbers)
        update, _ = own.update(network, (), task.sample(key, 20), key=key)
        moved = jax.tree.map(lambda leaf, g: leaf - 1e-3 * g, network, update.gradients)
        return key, moved, numbers

    run = jax.jit(lambda *start: jax.lax.fori_loop(0, ITERATIONS, iterate, start))
    return lambda seed: jax.block_until_ready(run(jax.random.key(seed), network, numbers))


def main() -> None:
    for length in (50, 200):
        task = ar.TemporalOrder(length)
        for name, rule in RULES.items():
            programs = [program(task, each) for each in (rule, rule.replaced(hidden_noise=0.02))]
            took: list[list[float]] = [[], []]
            for seed in range(REPEATS + 1):
                for run, times in zip(programs, took, strict=True):
                    begun = time.process_time()
                    run(seed)
                    times.append(time.process_time() - begun)
            still, noisy = (statistics.median(times[1:]) for times in took)  # the first compiles
            milliseconds = 1000 * still / ITERATIONS
            print(f"T = {length}, {name}: {milliseconds:.2f} ms, in noise × {noisy / still:.2f}")


if __name__ == "__main__":
    main()
