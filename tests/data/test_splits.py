"""What is held out: of each class alike, or whole groups."""

import numpy as np
import pytest

from alignrnn import ArrayTask, ConfigurationError
from alignrnn.data import as_groups, hold_out
from alignrnn.errors import Notice


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
def test_a_fraction_of_each_class(fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat([3, 1, 7], [50, 21, 8]))
    kept, held = hold_out(labels, None, len(labels), fraction, seed)
    assert sorted([*kept, *held]) == list(range(len(labels)))
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(held) > 0)
    for label in (3, 1, 7):
        count = (labels == label).sum()
        assert abs((labels[held] == label).sum() - fraction * count) <= 0.5


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_in_both_parts(seed):
    rng = np.random.default_rng(seed)
    names = rng.choice([f"person {n}" for n in range(12)], 60)
    groups = as_groups(names, 60)
    kept, held = hold_out(None, groups, 60, 0.3, seed)
    assert not set(names[kept]) & set(names[held])
    assert sorted([*kept, *held]) == list(range(60))
    # No other group would come nearer by itself: within the largest.
    assert abs(len(held) - 18) <= np.bincount(groups).max()


def test_the_seed_draws_another_part_and_the_same_seed_the_same():
    labels = np.zeros(40, int)
    parts = [hold_out(labels, None, 40, 0.2, seed)[1].tolist() for seed in (0, 0, 1)]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize("groups", [np.arange(3), ["a", "b", "c"], [2.5, 1.0, 7.0]])
def test_groups_have_any_name(groups):
    assert len(set(as_groups(groups, 3).tolist())) == 3


def test_too_few_are_refused():
    with pytest.raises(ConfigurationError, match="inputs: got 3 samples"):
        hold_out(np.arange(3), None, 3, 0.2, 0)
    with pytest.raises(ConfigurationError, match="too few groups"):
        hold_out(None, np.zeros(10, int), 10, 0.2, 0)
    with pytest.raises(ConfigurationError, match="groups: got"):
        as_groups([1, 2], 3)


def test_labels_that_one_part_lacks_are_told_of():
    inputs = np.random.default_rng(0).normal(size=(9, 3, 1))
    own = inputs[:2], ["b", "b"]
    with pytest.warns(Notice, match="validation_targets: none has the label a of the training"):
        ArrayTask(inputs, [*list("ab" * 4), "b"], validation=own)
    own = inputs[:2], ["a", "z"]
    with pytest.warns(Notice) as told:
        task = ArrayTask(inputs, [*list("ab" * 4), "b"], validation=own)
    assert any("1 of 2 have labels that no training sample has (z)" in str(w.message) for w in told)
    assert task.labels == ("a", "b", "z")
