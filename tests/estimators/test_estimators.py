"""What the estimators promise beyond scikit-learn's checks: forms of data, units, going on."""

import pickle
import subprocess
import sys

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import alignrnn as ar
from alignrnn.errors import ConfigurationError, Notice

SMALL = {"cell": "elman", "size": 8, "n_seeds": 2, "max_iterations": 40, "random_state": 0}
"""One size for all, so that few programs are compiled."""
DRAW = np.random.default_rng(0)
FEATURES = DRAW.normal(size=(60, 5, 2))
LABELS = np.where(FEATURES.sum(axis=(1, 2)) > 0, "up", "down")


@pytest.fixture(scope="module", autouse=True)
def _mixed_types():
    """Optax's Adam counts in integers."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def fitted(_mixed_types):
    return ar.SequenceClassifier(**SMALL).fit(FEATURES, LABELS)


def test_it_learns_and_says_the_labels(fitted):
    assert fitted.score(FEATURES, LABELS) > 0.8
    assert list(fitted.classes_) == ["down", "up"]
    assert fitted.n_features_in_ == 2
    assert fitted.n_held_out_ == 12
    assert len(fitted.networks_) == len(fitted.history_) == 2


def test_probabilities_are_the_mean_over_the_networks(fitted):
    each = [network.predict_proba(FEATURES) for network in fitted.networks_]
    assert np.abs(each[0] - each[1]).max() > 0.01
    np.testing.assert_allclose(fitted.predict_proba(FEATURES), np.mean(each, axis=0), atol=1e-5)


def test_a_network_of_it_predicts_labels_by_itself(fitted):
    said = fitted.network_.predict(FEATURES)
    assert set(said) <= {"up", "down"}
    assert np.mean(said == LABELS) > 0.8


def test_channels_first_is_the_same_data_turned(fitted):
    turned = clone(fitted).set_params(layout="channels-first")
    turned.fit(FEATURES.swapaxes(1, 2), LABELS)
    np.testing.assert_array_equal(
        turned.predict_proba(FEATURES.swapaxes(1, 2)), fitted.predict_proba(FEATURES)
    )


def test_a_pickle_predicts_the_same(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(FEATURES), fitted.predict_proba(FEATURES))


def test_one_sequence_gets_the_bits_of_many(fitted):
    np.testing.assert_array_equal(
        fitted.predict_proba(FEATURES[7:8]), fitted.predict_proba(FEATURES)[7:8]
    )


def test_wrong_features_are_refused(fitted):
    with pytest.raises(ValueError, match="X has 1 features, but SequenceClassifier is expecting 2"):
        fitted.predict(FEATURES[..., :1])


@pytest.mark.slow
def test_partial_fit_goes_on_from_the_networks_there(fitted):
    going_on = pickle.loads(pickle.dumps(fitted))
    before = going_on.network_.parameters["w_hh"]
    iterations = going_on.n_iter_
    going_on.partial_fit(FEATURES, LABELS)
    moved = np.abs(going_on.network_.parameters["w_hh"] - before).max()
    assert 0 < moved < 0.2  # two updates of at most the learning rate, and far from a new network
    assert going_on.n_iter_ == iterations + 2


@pytest.mark.slow
def test_partial_fit_needs_no_fit_and_takes_the_classes():
    estimator = ar.SequenceClassifier(**SMALL)
    estimator.partial_fit(FEATURES, LABELS, classes=["down", "level", "up"])
    assert estimator.predict_proba(FEATURES).shape == (60, 3)
    with pytest.raises(ConfigurationError, match="y: got sideways, but classes are down, level"):
        estimator.partial_fit(FEATURES, ["sideways"] * 60)


def test_sequences_of_unequal_length():
    lists = [each[: 2 + n % 4] for n, each in enumerate(FEATURES)]
    labels = np.array([each.sum() > 0 for each in lists])
    estimator = ar.SequenceClassifier(**SMALL).fit(lists, labels)
    assert estimator.score(lists, labels) > 0.8
    assert estimator.classes_.dtype == bool
    # What a sequence gets does not depend on those beside it, nor on how far they are padded.
    np.testing.assert_allclose(
        estimator.predict_proba(lists[:1]), estimator.predict_proba(lists)[:1], atol=1e-6
    )


@pytest.mark.slow
def test_symbols():
    symbols = DRAW.integers(0, 4, (60, 5))
    labels = symbols[:, -1] // 2
    estimator = ar.SequenceClassifier(symbols=4, **SMALL).fit(symbols, labels)
    assert estimator.score(symbols, labels) > 0.8
    with pytest.raises(ConfigurationError, match="X: got 4, but symbols go from 0 to 3"):
        estimator.predict(np.full((1, 5), 4))


@pytest.mark.slow
def test_a_regressor_speaks_in_the_units_of_y():
    values = np.stack([1000 + 300 * FEATURES[:, -1, 0], 0.01 * FEATURES[:, -1, 1]], axis=1)
    estimator = ar.SequenceRegressor(**SMALL | {"max_iterations": 200, "learning_rate": 0.03})
    estimator.fit(FEATURES, values)
    assert estimator.score(FEATURES, values) > 0.8
    each = [network.predict(FEATURES) for network in estimator.networks_]
    np.testing.assert_allclose(np.mean(each, axis=0), estimator.predict(FEATURES), rtol=1e-4)


@pytest.mark.slow
def test_too_few_to_hold_out_is_said():
    with pytest.warns(Notice, match="12 sequences are too few to hold out a fraction of 0.2"):
        estimator = ar.SequenceClassifier(**SMALL).fit(FEATURES[:12], LABELS[:12])
    assert estimator.n_held_out_ == 0
    assert estimator.n_iter_ == 40


@pytest.mark.slow
def test_a_weight_of_zero_is_a_sequence_that_is_not_there():
    weights = np.ones(60)
    weights[:20] = 0
    kept = ar.SequenceClassifier(**SMALL, early_stopping=False, standardize=False)
    left = clone(kept).fit(FEATURES, LABELS, sample_weight=weights)
    kept.fit(FEATURES[20:], LABELS[20:], sample_weight=weights[20:])
    np.testing.assert_array_equal(left.predict_proba(FEATURES), kept.predict_proba(FEATURES))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::alignrnn.errors.Notice")
def test_it_works_in_searches_and_pipelines():
    flat = FEATURES[..., 0]
    pipeline = make_pipeline(StandardScaler(), ar.SequenceClassifier(**SMALL))
    assert cross_val_score(pipeline, flat, flat.sum(axis=1) > 0, cv=2).mean() > 0.6
    search = GridSearchCV(ar.SequenceClassifier(**SMALL), {"learning_rate": [1e-6, 0.02]}, cv=2)
    assert search.fit(list(FEATURES), LABELS).best_params_ == {"learning_rate": 0.02}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rule", "lra", "rule: got 'lra'"),
        ("cell", "gro", "cell: got 'gro'"),
        ("optimizer", "adm", "optimizer: got 'adm'"),
        ("validation_fraction", 1.0, "validation_fraction: got 1.0"),
        ("early_stopping", "no", "early_stopping: got 'no'"),
        ("layout", "time", "layout: got 'time'"),
        ("missing", "zero", "missing: got 'zero'"),
        ("n_seeds", 0, "n_seeds: got 0"),
        ("symbols", 0, "symbols: got 0"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(name, value, message):
    with pytest.raises(ConfigurationError, match=message):
        ar.SequenceClassifier(**SMALL).set_params(**{name: value}).fit(FEATURES, LABELS)


def test_a_start_of_another_shape_is_refused():
    other = ar.RNN(ar.Elman(3), 2, 2, key=jax.random.key(0))
    with pytest.raises(ConfigurationError, match="the network it starts from has Elman"):
        ar.Run(ar.BPTT(), cell=ar.Elman(8), start=other)


def test_without_scikit_learn_one_line_says_so():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import alignrnn as ar\n"
        "try: ar.SequenceRegressor(size=3)\n"
        "except ar.ConfigurationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "SequenceRegressor: got no scikit-learn, but pip install 'alignrnn[data]' has it\n"
    )
