"""What `RNN.evaluate` says, against scikit-learn and plain loops, in double precision."""

import json
import math

import jax
import numpy as np
import pytest
from sklearn import metrics

import alignrnn as ar

pytestmark = pytest.mark.usefixtures("float64")

N, T, I, O = 40, 5, 3, 4  # noqa: E741
CLOSE = 1e-12
DRAW = np.random.default_rng(3)
INPUTS = DRAW.normal(size=(N, T, I))
LENGTHS = DRAW.integers(1, T + 1, N)
WEIGHTS = DRAW.integers(0, 3, N).astype(float)


def network(kind, *, every_step=False, labels=None):
    """Untrained, with weights large enough that it says different things."""
    return ar.RNN(
        ar.Elman(6),
        I,
        O,
        output_kind=kind,
        every_step=every_step,
        labels=labels,
        key=jax.random.key(1),
    )


def test_classes_are_measured_as_scikit_learn_does_by_label():
    names = ("d", "b", "c", "a")
    net = network("classes", labels=names)
    targets = DRAW.choice(names, N)
    found = net.evaluate(INPUTS, targets, LENGTHS, WEIGHTS)
    said, chances = net.predict(INPUTS, LENGTHS), net.predict_proba(INPUTS, LENGTHS)
    counted = {"sample_weight": WEIGHTS}
    assert found.answers == np.count_nonzero(WEIGHTS)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(targets, said, **counted))
    precision, recall, _, _ = metrics.precision_recall_fscore_support(
        targets, said, labels=names, zero_division=np.nan, **counted
    )
    assert found.classes is not None
    assert [each.label for each in found.classes] == list(names)
    np.testing.assert_allclose([each.precision for each in found.classes], precision)
    np.testing.assert_allclose([each.recall for each in found.classes], recall)
    confusion = metrics.confusion_matrix(targets, said, labels=names, **counted)
    np.testing.assert_array_equal(found.confusion, confusion)
    assert [each.support for each in found.classes] == confusion.sum(axis=1).tolist()
    nats = [
        -math.log(row[names.index(target)]) for row, target in zip(chances, targets, strict=True)
    ]
    assert found.nll == pytest.approx(np.average(nats, weights=WEIGHTS), rel=CLOSE)


def test_labels_never_seen_are_wrong_and_named():
    net = network("classes", labels=("a", "b", "c", "d"))
    targets = np.where(np.arange(N) < 10, "z", net.predict(INPUTS))
    found = net.evaluate(INPUTS, targets)
    assert found.unknown == ("z",)
    assert found.accuracy == pytest.approx(30 / 40)
    assert found.labels == ("a", "b", "c", "d", "z")
    assert found.confusion is not None
    assert found.confusion[4].sum() == 10
    assert found.confusion[:, 4].sum() == 0
    known = net.evaluate(INPUTS[10:], targets[10:])
    assert found.nll == pytest.approx(known.nll, rel=CLOSE)


def test_of_every_step_only_what_is_within_and_weighted_counts():
    net = network("classes", every_step=True)
    targets = DRAW.integers(0, O, (N, T))
    weights = DRAW.integers(0, 2, (N, T)).astype(float)
    found = net.evaluate(INPUTS, targets, LENGTHS, weights)
    said, right, count = net.predict(INPUTS, LENGTHS), 0, 0
    for n in range(N):
        for t in range(LENGTHS[n]):
            if weights[n, t]:
                count += 1
                right += said[n, t] == targets[n, t]
    assert found.answers == count
    assert found.accuracy == right / count


def test_values_by_plain_loops():
    net = network("values")
    targets = DRAW.normal(size=(N, O))
    found = net.evaluate(INPUTS, targets, LENGTHS, WEIGHTS, tolerance=4.0)
    said = net.predict(INPUTS, LENGTHS)
    squares, sizes, right = np.zeros(O), np.zeros(O), 0.0
    for n in range(N):
        for o in range(O):
            squares[o] += WEIGHTS[n] * (said[n, o] - targets[n, o]) ** 2
            sizes[o] += WEIGHTS[n] * abs(said[n, o] - targets[n, o])
        right += WEIGHTS[n] * (sum((said[n] - targets[n]) ** 2) <= 4)
    total = WEIGHTS.sum()
    np.testing.assert_allclose(found.mse_each, squares / total, rtol=CLOSE)
    np.testing.assert_allclose(found.mae_each, sizes / total, rtol=CLOSE)
    assert found.mse == pytest.approx(squares.sum() / total / O, rel=CLOSE)
    assert found.mae == pytest.approx(sizes.sum() / total / O, rel=CLOSE)
    assert found.accuracy == pytest.approx(right / total)
    assert net.evaluate(INPUTS, targets).accuracy is None


def test_bits_by_plain_loops():
    net = network("bits", every_step=True)
    targets = DRAW.integers(0, 2, (N, T, O)).astype(bool)
    found = net.evaluate(INPUTS, targets, LENGTHS)
    chances = net.predict_proba(INPUTS, LENGTHS)
    nats, frames, right = 0.0, 0, 0
    true = claimed_wrongly = missed = 0
    for n in range(N):
        for t in range(LENGTHS[n]):
            frames += 1
            for o in range(O):
                p, asked = chances[n, t, o], targets[n, t, o]
                nats -= math.log(p if asked else 1 - p)
                said = p > 0.5
                right += said == asked
                true += said and asked
                claimed_wrongly += said and not asked
                missed += asked and not said
    assert found.answers == frames
    assert found.nll == pytest.approx(nats / frames, rel=1e-9)
    assert found.accuracy == pytest.approx(right / frames / O)
    assert found.frame_accuracy == pytest.approx(true / (true + claimed_wrongly + missed))


def test_it_is_plain_data_without_what_is_of_another_kind():
    found = network("classes").evaluate(INPUTS, np.zeros(N, int))
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert set(plain) == {"kind", "answers", "nll", "accuracy", "classes", "confusion"}
    assert plain["classes"][1]["recall"] is None
    assert plain["classes"][1]["support"] == 0


@pytest.mark.parametrize(
    ("kind", "targets", "message"),
    [
        ("classes", np.full(N, "a"), "targets: got labels such as 'a', but the network's labels"),
        ("classes", np.zeros((N, T), int), "targets: got int64 of shape (40, 5), but"),
        ("values", np.zeros((N, 2)), "targets: got 2 an answer, but the network has 4 outputs"),
        ("values", np.full(N, "a"), "targets: got <U1 of shape (40, 1, 1), but with values"),
        ("bits", np.full((N, O), 2), "targets: got 2.0 at (0, 0), but bits are 0 or 1"),
    ],
)
def test_targets_of_another_kind_are_refused(kind, targets, message):
    with pytest.raises(ar.ConfigurationError) as refused:
        network(kind).evaluate(INPUTS, targets)
    assert str(refused.value).startswith(message)


def test_no_answer_at_all_is_refused():
    with pytest.raises(ar.ConfigurationError, match="no answer that counts"):
        network("classes").evaluate(INPUTS, np.zeros(N, int), weights=np.zeros(N))
