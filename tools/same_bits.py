"""Whether two versions compute the same: histories and final weights, bit by bit.

PYTHONPATH=OLD/src python tools/same_bits.py run old.npz
PYTHONPATH=NEW/src python tools/same_bits.py run new.npz
python tools/same_bits.py compare old.npz new.npz
"""

import sys

import numpy as np

SGD = {"learning_rate": 0.05}
PRE = {"align": "pre_activations", "target_step": "unit"}
CASES = {
    "lra": ("lra-diff", {}, SGD, {}, "temporal-order"),
    "lra K=5, log penalty": (
        "lra-diff",
        {"inner_steps": 5, "local_loss": "log_penalty"},
        SGD,
        {},
        "temporal-order-3bit",
    ),
    "lra batch": (
        "lra-diff",
        {"reduction": "batch", "target_step": 0.1},
        SGD,
        {},
        "random-permutation",
    ),
    "lra bounds": (
        "lra-diff",
        {"gradient_bound": 1.0, "displacement_bound": 1.0, "inner_steps": 3},
        SGD,
        {},
        "temporal-order",
    ),
    "lra forced": (
        "lra-diff",
        {"gradient_bound": 1.0, "displacement_bound": 1.0, "normalization": "forced"},
        {"learning_rate": 0.001},
        {},
        "temporal-order",
    ),
    "lra regularised": (
        "lra-diff",
        {"regularization": 0.1, "gradient_bound": 1.0, "displacement_bound": 1.0, "inner_steps": 2},
        SGD,
        {},
        "temporal-order",
    ),
    "lra regularised by sample": (
        "lra-diff",
        {
            "regularization": 0.5,
            "omega_norm": "sample",
            "gradient_bound": 1.0,
            "regularize": ["inputs", "targets"],
        },
        SGD,
        {},
        "temporal-order",
    ),
    "lra recurrent": (
        "lra-diff",
        {
            **PRE,
            "regularization": 0.5,
            "regularize": ["recurrent"],
            "omega_over_steps": "mean",
            "clip": 1.0,
        },
        SGD,
        {},
        "temporal-order",
    ),
    "lra downstream": (
        "lra-diff",
        {"regularization": 0.5, "regularization_by": "downstream"},
        SGD,
        {},
        "temporal-order",
    ),
    "lra unit": ("lra-diff", {"target_step": "unit"}, {"learning_rate": 0.01}, {}, "adding"),
    "lra unit pre": ("lra-diff", PRE, {"learning_rate": 0.01}, {}, "temporal-order"),
    "lra output step": ("lra-diff", {"output_target_step": 0.5}, SGD, {}, "adding"),
    "lra relu identity": (
        "lra-diff",
        {},
        {"learning_rate": 0.001},
        {"activation": "relu", "initializer": "identity"},
        "temporal-order",
    ),
    "lra softplus xavier": (
        "lra-diff",
        {"regularization": 0.1},
        {"learning_rate": 0.001},
        {"activation": "softplus", "initializer": "xavier_uniform"},
        "temporal-order",
    ),
    "lra slow rotation": (
        "lra-diff",
        PRE,
        SGD,
        {"initializer": "slow_rotation", "input_scale": 0.3},
        "temporal-order",
    ),
    "lra adam": ("lra-diff", {}, {"name": "adam", "learning_rate": 0.001}, {}, "temporal-order"),
    "bptt": ("bptt", {}, SGD, {}, "temporal-order"),
    "bptt clip": ("bptt", {"clip": 0.1}, SGD, {}, "temporal-order-3bit"),
    "bptt omega": ("bptt", {"regularization": 2.0, "clip": 1.0}, SGD, {}, "random-permutation"),
    "bptt omega batch": (
        "bptt",
        {"regularization": 2.0, "omega_norm": "batch"},
        SGD,
        {},
        "temporal-order",
    ),
    "bptt sigmoid sparse": (
        "bptt",
        {},
        SGD,
        {"activation": "sigmoid", "initializer": "sparse_smart_tanh"},
        "adding",
    ),
    "bptt decay momentum": (
        "bptt",
        {},
        {
            "learning_rate": 0.01,
            "momentum": 0.9,
            "nesterov": True,
            "decay": "cosine",
            "decay_iterations": 300.0,
        },
        {},
        "temporal-order",
    ),
    "bptt digits": ("bptt", {}, SGD, {"hidden_size": 32}, "pixel-digits"),
    "tptt": (
        "tptt",
        {},
        {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True},
        {},
        "temporal-order",
    ),
    "tptt noise": (
        "tptt",
        {"noise": 0.1, "inverse_momentum": 0.9, "reduction": "batch", "clip": 1.0},
        {"learning_rate": 0.01},
        {},
        "temporal-order-3bit",
    ),
    "tptt exact inputs": (
        "tptt",
        {"input_gradient": "bptt", "inverse_initializer": "transpose", "inverse_step": 0.0},
        {"learning_rate": 0.01},
        {},
        "adding",
    ),
    "tptt leaky relu": (
        "tptt",
        {"inverse_reduction": "batch", "inverse_step": 0.01},
        {"learning_rate": 0.01},
        {"activation": "leaky_relu"},
        "random-permutation",
    ),
}
"""Rule and options, optimiser, network, task."""


def run(out: str) -> None:
    """Every case: 300 iterations of two seeds, with diagnostics recorded and without."""
    import jax

    import alignrnn
    from alignrnn import configuration as module

    print(alignrnn.__file__)
    made = {}
    section = "cell" if "cell" in module.SECTIONS else "network"
    only = sys.argv[3:]
    for name, (rule, options, optimizer, network, task) in CASES.items():
        if only and name not in only:
            continue
        for diagnostics in (False, True):
            length = {} if task == "pixel-digits" else {"length": 20}
            configurations = [
                module.configuration(
                    {
                        "task": {"name": task, **length},
                        "rule": {"name": rule, **options},
                        "optimizer": {"name": "sgd", **optimizer},
                        section: {"hidden_size": 40, **network},
                        "protocol": {
                            "max_iterations": 300,
                            "check_every": 100,
                            "validation_samples": 1000,
                            "diagnostics": diagnostics,
                        },
                        "seed": seed,
                    }
                )
                for seed in (0, 1)
            ]
            first = configurations[0]
            results = alignrnn.train_many(
                first.build_task(),
                [each.build_run() for each in configurations],
                first.build_protocol(),
                devices=jax.devices()[:1],
            )
            for seed, result in enumerate(results):
                key = f"{name}{', diagnostics' if diagnostics else ''}/{seed}"
                made[f"{key}/loss"] = result.history.loss
                made[f"{key}/error"] = result.history.error
                made[f"{key}/best"] = np.array([result.best_error, result.best_iteration])
                for path, leaf in jax.tree.leaves_with_path(result.network):
                    last = path[-1]
                    made[f"{key}/{getattr(last, 'name', None) or last.key}"] = np.asarray(leaf)
        print(name, results[0].status, results[0].history.error, flush=True)
    np.savez(out, **made)


def compare(one: str, other: str) -> None:
    """Print which cases differ, and by how much."""
    old, new = np.load(one), np.load(other)
    if set(old.files) != set(new.files):
        print("only of some cases")
    worst: dict[str, float] = {}
    for key in new.files:
        case = key.split("/")[0]
        a, b = old[key], new[key]
        same = a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
        size = float(np.linalg.norm(a)) or 1.0
        difference = 0.0 if same else float(np.linalg.norm(a - b)) / size
        worst[case] = max(worst.get(case, 0.0), difference, 0.0 if same else 1e-30)
    for case, difference in worst.items():
        print(f"{case:40} {'same bits' if difference == 0 else f'{difference:.2e}'}")
    print(f"{sum(d == 0 for d in worst.values())} of {len(worst)} the same")


if __name__ == "__main__":
    {"run": run, "compare": compare}[sys.argv[1]](*sys.argv[2 : 2 + (sys.argv[1] == "compare") + 1])
