"""A batch of runs between two calls of its program, as plain arrays, and back from there.

Training that goes on from a checkpoint ends with the same bits as training that never paused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from .ledger import ENTRY, Ledger
from .program import RunState

_STATE, _DIAGNOSTICS, _BATCH_OVER = "state", "diagnostics/", "batch_over"


class UnfitCheckpointError(ValueError):
    """A checkpoint that is not of these runs; says what does not fit."""


@dataclass(frozen=True)
class Checkpoint:
    """All that the runs of a batch are made of, each array stacked over the runs, `(R, …)`.

    `state.network.readout.w_hy`, …: every leaf of their states (network, what the rule and the
    optimiser keep, the key, counters, the best network so far); `entries` `(R, C, 3)`: iteration,
    loss and error of each check; `diagnostics/…` `(R, C, T)`; and the host's counters, `(R,)`.
    """

    iteration: int
    """The runs' own, the same for all."""
    arrays: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.arrays["seconds"])

    @property
    def batch_over(self) -> int:
        """How many devices shared the batch of each run."""
        return int(np.max(self.arrays.get(_BATCH_OVER, 1)))

    def of(self, indices: Sequence[int]) -> "Checkpoint":
        """The same of some of its runs, in this order."""
        index = np.asarray(indices, int)
        return Checkpoint(self.iteration, {k: array[index] for k, array in self.arrays.items()})

    @staticmethod
    def together(checkpoints: "Sequence[Checkpoint]") -> "Checkpoint":
        """One of the runs of all, in this order; they must be at the same iteration."""
        names = checkpoints[0].arrays
        return Checkpoint(
            checkpoints[0].iteration,
            {name: np.concatenate([each.arrays[name] for each in checkpoints]) for name in names},
        )


def take(
    iteration: int, states: Sequence[RunState], ledgers: Sequence[Ledger], batch_over: int = 1
) -> Checkpoint:
    """Of runs still training: their states, on the host, their ledgers, and how many devices share
    a batch."""
    names = list(_paths(states[0]))
    leaves = zip(*(jax.tree.leaves(state) for state in states), strict=True)
    arrays = {name: np.stack(rows) for name, rows in zip(names, leaves, strict=True)}
    progress = [ledger.progress for ledger in ledgers]
    arrays |= {
        "entries": np.array([ledger.entries for ledger in ledgers], float).reshape(
            len(ledgers), -1, len(ENTRY)
        ),
        "best_error": np.array([each.best_error for each in progress], float),
        "best_iteration": np.array([each.best_iteration for each in progress], int),
        "checks_without_better": np.array([each.checks_without_better for each in progress], int),
        _BATCH_OVER: np.full(len(ledgers), batch_over),
        "seconds": np.array([ledger.seconds for ledger in ledgers], float),
    }
    for name in ledgers[0].diagnostics[0] if ledgers[0].diagnostics else ():
        arrays[_DIAGNOSTICS + name] = np.stack(
            [[entry[name] for entry in ledger.diagnostics] for ledger in ledgers]
        )
    return Checkpoint(iteration, arrays)


def restore(
    checkpoint: Checkpoint, runs: int, like: RunState
) -> tuple[list[RunState], list[Ledger]]:
    """States and ledgers of a checkpoint of so many runs, whose states are like this one.

    Raises `UnfitCheckpointError` where it is not of such runs.
    """
    arrays = checkpoint.arrays
    if len(arrays.get("seconds", ())) != runs:
        raise UnfitCheckpointError(f"it is not of {runs} runs")
    states = [_restored_state(arrays, index, like) for index in range(runs)]
    try:
        ledgers = [_restored_ledger(checkpoint, index) for index in range(runs)]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise UnfitCheckpointError(f"its counters are not whole ({error})") from None
    return states, ledgers


def _restored_state(arrays: Mapping[str, np.ndarray], index: int, like: RunState) -> RunState:
    leaves = []
    for name, expected in _paths(like).items():
        array = arrays.get(name)
        if array is None or index >= len(array):
            raise UnfitCheckpointError(f"it has no {name} of run {index}")
        if array[index].shape != expected.shape or array.dtype != expected.dtype:
            raise UnfitCheckpointError(
                f"its {name} is {array.dtype}{array[index].shape}, not "
                f"{expected.dtype}{expected.shape}"
            )
        leaves.append(array[index])
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _restored_ledger(checkpoint: Checkpoint, index: int) -> Ledger:
    arrays, ledger = checkpoint.arrays, Ledger()
    ledger.iterations = checkpoint.iteration
    ledger.entries = [
        (int(iteration), float(loss), float(error))
        for iteration, loss, error in arrays["entries"][index]
    ]
    ledger.checked_iteration = ledger.entries[-1][0] if ledger.entries else 0
    ledger.progress.best_error = float(arrays["best_error"][index])
    ledger.progress.best_iteration = int(arrays["best_iteration"][index])
    ledger.progress.checks_without_better = int(arrays["checks_without_better"][index])
    ledger.seconds = float(arrays["seconds"][index])
    recorded = {
        name.removeprefix(_DIAGNOSTICS): array[index]
        for name, array in arrays.items()
        if name.startswith(_DIAGNOSTICS)
    }
    ledger.diagnostics = [
        {name: array[check] for name, array in recorded.items()}
        for check in range(len(ledger.entries) if recorded else 0)
    ]
    return ledger


def _paths(state: RunState) -> dict[str, Any]:
    """The leaves of a state by their path in it: `state.network.readout.w_hy`."""
    return {
        _STATE + jax.tree_util.keystr(path): leaf for path, leaf in jax.tree.leaves_with_path(state)
    }
