"""The same training with PyTorch: what a user would take instead, measured beside ours.

    h_t = tanh(W_ih x_t + W_hh h_{t-1} + …), or GRU, or LSTM; y = W h_T + b; cross-entropy; SGD

on random features `(B, T, 28)` and ten classes, batches drawn from 1,000 sequences in memory. Both
sides do all of an iteration: batch, forward, gradients, step. One run has all cores, ours where its
batch is worth it, as in training. Of many runs PyTorch gets a process a core, each with one thread
and its share of the runs: its best way here.
"""

import dataclasses
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from ...cells import GRU, LSTM, Elman
from ...errors import check_choice, check_integer
from ...registry import RULES
from ...tasks import ArrayTask
from ...training import Protocol, Run, sharers_for
from .timed import TimedProgram

CELLS = {"elman": Elman, "gru": GRU, "lstm": LSTM}
INPUTS, CLASSES, SEQUENCES = 28, 10, 1000
_CALL_SECONDS = 0.7
_TORCH_SIDE = Path(__file__).with_name("torch_side.py")


@dataclass(frozen=True)
class PeerCase:
    """So many runs of a cell of H units on B sequences of T steps an iteration."""

    cell: str
    length: int
    batch_size: int
    hidden_size: int
    runs: int

    def __post_init__(self):
        check_choice("cell", self.cell, CELLS)
        for field in ("length", "batch_size", "hidden_size", "runs"):
            check_integer(field, getattr(self, field), 1)


def has_torch() -> bool:
    """Whether there is a PyTorch to measure."""
    return importlib.util.find_spec("torch") is not None


def measure_ours(case: PeerCase, rule: str, repeats: int) -> float:
    """Milliseconds an iteration of one run, the median of the repeats."""
    draw = np.random.default_rng(0)
    features = draw.normal(size=(SEQUENCES, case.length, INPUTS)).astype(np.float32)
    labels = np.arange(SEQUENCES) % CLASSES
    task = ArrayTask(features, labels, held_out=0.02, notices=False)
    cell = CELLS[case.cell](case.hidden_size)
    runs = [Run(RULES.of(rule)(), cell=cell, seed=seed) for seed in range(case.runs)]
    protocol = Protocol(batch_size=case.batch_size)
    sharers = sharers_for(runs[0], protocol, jax.devices()) if case.runs == 1 else 1
    devices = jax.devices()[: max(case.runs, sharers)]
    timed = TimedProgram(task, protocol, runs, devices, sharers)
    iterations = timed.iterations_in(_CALL_SECONDS)
    seconds = statistics.median(timed.call(iterations) for _ in range(repeats))
    return 1e3 * seconds / iterations / len(runs)


def measure_torch(case: PeerCase, repeats: int) -> float:
    """The same of PyTorch, in processes of their own."""
    cores = sorted(os.sched_getaffinity(0))
    shares = [cores] if case.runs == 1 else [[core] for core in cores[: case.runs]]
    sizes = {"inputs": INPUTS, "classes": CLASSES, "sequences": SEQUENCES, "repeats": repeats}
    order = json.dumps(dataclasses.asdict(case) | sizes)
    processes = [
        subprocess.Popen(
            [sys.executable, str(_TORCH_SIDE), order, json.dumps(share)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    each = [float(process.communicate()[0].splitlines()[-1]) for process in processes]
    # Side by side, so many runs advance by an iteration in the time of one.
    return statistics.mean(each) / len(shares)
