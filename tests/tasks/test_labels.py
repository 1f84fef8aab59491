"""Labels of any kind: classes to train on, and the same labels back from what was trained."""

import re
import warnings
from typing import Any

import jax
import numpy as np
import pytest

import alignrnn
from alignrnn import (
    BPTT,
    RNN,
    ArrayTask,
    ConfigurationError,
    Elman,
    Protocol,
    Stopping,
)
from alignrnn.errors import Notice
from alignrnn.results import network_file

from .own_arrays import LABELS, SYMBOLS, rows_of

KINDS = {
    "sparse": np.array([0, 7, 1_000_000]),
    "from 1": np.array([1, 2, 3]),
    "negative": np.array([-1, 0, 1]),
    "large": np.array([0, 1, 10**12]),
    "one left out": np.array([0, 1, 3]),
    "unsigned": np.array([3, 4, 250], np.uint8),
    "texts": np.array(["no", "perhaps", "yes"]),
    "objects": np.array(["no", "perhaps", "yes"], object),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_labels_that_occur_become_classes_in_their_order(kind):
    called = KINDS[kind]
    task = ArrayTask(SYMBOLS, called[LABELS])
    assert (task.output_size, task.labels) == (3, tuple(called.tolist()))
    batch = task.sample(jax.random.key(0), 9)
    assert batch.targets.dtype == np.int32
    np.testing.assert_array_equal(batch.targets[0], LABELS[rows_of(batch.inputs)])
    plain = ArrayTask(SYMBOLS, LABELS)
    np.testing.assert_array_equal(task.validation_targets, plain.validation_targets)


def test_booleans_are_two_classes():
    task = ArrayTask(SYMBOLS, LABELS > 0)
    assert task.labels == (False, True)
    np.testing.assert_array_equal(task.validation(1).targets[0], [0] * 4 + [1] * 4)


def test_a_list_of_texts_is_labels():
    labels = [["b", "a"][label % 2] for label in LABELS]
    assert ArrayTask(SYMBOLS, labels).labels == ("a", "b")


def test_classes_from_0_up_are_their_own_labels():
    assert ArrayTask(SYMBOLS, LABELS).labels is None
    assert ArrayTask(SYMBOLS, LABELS, classes=9).labels is None
    task = ArrayTask(SYMBOLS, np.array([0, 1, 3])[LABELS], classes=4)
    assert (task.labels, task.output_size) == (None, 4)


def test_labels_that_no_training_sample_has_are_told():
    called = KINDS["texts"]
    validation = (SYMBOLS[30:], called[LABELS[30:]])
    message = (
        "validation_targets: 5 of 10 have labels that no training sample has (yes), which cannot "
        "be learnt"
    )
    unseen = "validation_targets: none has the label no of the training part"
    with (
        pytest.warns(Notice, match=f"^{re.escape(unseen)}"),
        pytest.warns(Notice, match=f"^{re.escape(message)}$"),
    ):
        task = ArrayTask(SYMBOLS[:30], called[LABELS[:30]], validation=validation)
    assert task.labels == ("no", "perhaps", "yes")
    np.testing.assert_array_equal(task.validation(1).targets[0], LABELS[30:])


def trained(labels) -> Any:
    protocol = Protocol(8, check_every=50, stopping=Stopping(max_iterations=150, patience=None))
    return alignrnn.train(
        ArrayTask(np.repeat(LABELS, 3).reshape(-1, 3), labels),
        BPTT(),
        cell=Elman(8),
        protocol=protocol,
    )


@pytest.mark.parametrize("kind", ["from 1", "texts", "large"])
def test_a_trained_network_says_the_labels_it_was_given(kind, tmp_path):
    labels = KINDS[kind][LABELS]
    result, plain = trained(labels), trained(LABELS)
    np.testing.assert_array_equal(
        result.network.parameters["w_hh"], plain.network.parameters["w_hh"]
    )
    assert result.accuracy == plain.accuracy == 1
    alignrnn.save_network(result.network, tmp_path / "n.npz")
    loaded = alignrnn.load(tmp_path / "n.npz")
    assert jax.tree.structure(loaded) == jax.tree.structure(result.network)
    for network in (result.network, loaded):
        said = network.predict([[0] * 3, [1] * 3, [2] * 3])
        np.testing.assert_array_equal(said, KINDS[kind])


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("labels", [("a",), ("a", 1.5), (("a",), ("b",))])
def test_a_network_has_a_label_for_each_class(labels: Any):
    with pytest.raises(ConfigurationError, match="there must be 2 of them, integers or texts"):
        RNN(Elman(4), 3, 2, labels=labels, key=jax.random.key(0))
    made = RNN(Elman(4), 3, 2, labels=("a", "b"), key=jax.random.key(0))
    description = network_file._description(made) | {"labels": labels}
    with pytest.raises(ValueError, match="labels"):
        network_file._rebuilt(description, network_file._arrays(made))


def test_nothing_large_is_made_of_labels_far_apart():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task = ArrayTask(SYMBOLS, np.where(LABELS == 0, 0, 2**62))
    assert (task.output_size, task.labels) == (2, (0, 2**62))
