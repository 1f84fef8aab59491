"""PyTorch's side of `peers`, run by its path in a process of its own, so that no JAX is in it."""

import json
import os
import statistics
import sys
import time
from typing import Any

_CALL_SECONDS = 0.7


def train(case: dict[str, Any], cores: list[int]) -> float:
    """Milliseconds an iteration of one run, in this process, on these cores."""
    os.sched_setaffinity(0, cores)
    import torch  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(len(cores))
    torch.manual_seed(0)
    kind = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[case["cell"]]
    recurrent = kind(case["inputs"], case["hidden_size"], batch_first=True)
    readout = torch.nn.Linear(case["hidden_size"], case["classes"])
    parameters = [*recurrent.parameters(), *readout.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.01)
    features = torch.randn(case["sequences"], case["length"], case["inputs"])
    labels = torch.arange(case["sequences"]) % case["classes"]

    def iterate() -> None:
        rows = torch.randint(case["sequences"], (case["batch_size"],))
        states, _ = recurrent(features[rows])
        loss = torch.nn.functional.cross_entropy(readout(states[:, -1]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def timed(iterations: int) -> float:
        started = time.perf_counter()
        for _ in range(iterations):
            iterate()
        return (time.perf_counter() - started) / iterations

    timed(2)
    iterations = max(1, round(_CALL_SECONDS / timed(2)))
    return 1e3 * statistics.median(timed(iterations) for _ in range(case["repeats"]))


if __name__ == "__main__":
    print(train(json.loads(sys.argv[1]), json.loads(sys.argv[2])))
