"""Small runs that several tests of sweeps share: one program for all, which takes seconds."""

from alignrnn.sweeps import expand

BASE = {
    "task": {"name": "temporal-order", "length": 10},
    "rule": {"name": "bptt"},
    "cell": {"hidden_size": 8, "activation": "identity", "initializer": "xavier_uniform"},
}
RUNS = expand(
    {
        **BASE,
        "optimizer": {"learning_rate": [0.01, 1e6]},
        "protocol": {"max_iterations": 60, "check_every": 20, "validation_samples": 100},
        "seed": [0, 1],
    }
)
"""Two go on to the end, two diverge."""
LONG = expand(
    {
        **BASE,
        "optimizer": {"learning_rate": 0.001},
        "protocol": {
            "max_iterations": 80_000,
            "check_every": 1000,
            "patience": 0,
            "solved_below": 0,
            "validation_samples": 100,
        },
        "seed": [0, 1],
    }
)
"""One group, of some seconds."""
