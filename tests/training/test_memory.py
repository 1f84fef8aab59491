"""What training needs of memory: so much a time step, whatever the number of configurations."""

import jax
import numpy as np
import pytest

from alignrnn import EProp, LRADiff, Protocol, Run, TemporalOrder
from alignrnn.training.program import Program, initial_state

GIB = 2**30


def needed(length, configurations, rule=LRADiff(10.0, inner_steps=10)):  # noqa: B008
    """Bytes for the states of so many configurations, and for working on one device."""
    task, run = TemporalOrder(length), Run(rule)
    program = Program(task, Protocol(), run.structure, jax.devices()[:1])
    state = jax.device_get(initial_state(task, run))
    rows = program.rows_per_place(configurations)
    states = program.place(jax.tree.map(lambda leaf: np.stack([leaf] * rows), state))
    active = program.place(np.ones(rows, bool))
    each = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(state))
    return configurations * each, program.memory(states, active)


@pytest.mark.slow
def test_784_steps_and_64_configurations_stay_under_2_gib_and_it_grows_linearly():
    kept, working = needed(784, 64)
    assert kept + working < 2 * GIB
    _, fewer = needed(784, 2)
    assert abs(working - fewer) <= kept  # one copy of the states at most
    by_length = [needed(length, 2)[1] for length in (200, 400, 600)]
    first, second = np.diff(by_length) / 200
    assert abs(first - second) < 0.05 * first
    assert first < 200 * 1024  # bytes a time step; docs/performance.md has the figure


@pytest.mark.slow
def test_an_online_rule_trains_and_validates_in_the_same_memory_at_any_length():
    (_, short), (_, long) = (needed(length, 1, EProp()) for length in (200, 2000))
    assert long - short < 1800 * 500 * 6  # symbols of the validation set's slices, no states
