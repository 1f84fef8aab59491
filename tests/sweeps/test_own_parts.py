"""Sweeps of a task, a rule and a cell of one's own: in process, in slices on a cluster, resumed."""

import dataclasses
from pathlib import Path

import pytest

from alignrnn.results import open_store
from alignrnn.sweeps import Engine, cluster_places, expand, local_places

OWN = Path(__file__).parents[2] / "examples" / "own"
RUNS = expand(
    {
        "task": {"name": "my_task.py:Copy", "symbols": 2, "length": 6},
        "rule": {"name": "my_rule.py:FeedbackAlignment", "gain": [1.0, 0.5]},
        "cell": {"name": "my_cell.py:MinimalGated", "hidden_size": 8},
        "protocol": {
            "max_iterations": 4_000,
            "check_every": 1_000,
            "validation_samples": 100,
            "solved_below": 0,
            "patience": 0,
        },
    },
    OWN,
)


def swept(path, places, **options):
    with open_store(path, "test") as store:
        engine = Engine(store, places, **options)
        engine.run(engine.sweep(RUNS))
        return {r.identity: dataclasses.replace(r, seconds=0.0, software={}) for r in store}


@pytest.mark.slow
def test_the_records_are_the_same_on_workers_and_in_slices(tmp_path):
    here = swept(tmp_path / "here", local_places())
    assert {record.iterations for record in here.values()} == {4_000}
    with cluster_places(workers=1, slice_seconds=0) as (places, _):
        assert swept(tmp_path / "there", places, checkpoint_every=0) == here


def test_a_run_that_was_stopped_goes_on_from_its_checkpoint(tmp_path):
    whole = swept(tmp_path / "whole", local_places()[:1])
    with open_store(tmp_path / "out", "test") as store:
        engine = Engine(store, local_places()[:1], checkpoint_every=0)
        places_seen = []

        def stop(standing):
            places_seen.append(standing.done)
            if any(store.checkpoints.glob("*.checkpoint")):
                engine.stop()

        engine.run(engine.sweep(RUNS), while_waiting=stop)
        stopped = len(store)
    assert stopped < len(RUNS)
    assert swept(tmp_path / "out", local_places()[:1]) == whole
