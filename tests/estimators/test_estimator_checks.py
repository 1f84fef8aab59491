"""scikit-learn's own checks of an estimator; each that fails is named, and why."""

import jax
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import alignrnn as ar

QUICK = {"cell": "elman", "size": 8, "n_seeds": 1, "max_iterations": 300, "random_state": 0}
IN_BATCHES = "a batch of some of the sequences is no sum over repeated ones"
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": IN_BATCHES,
    "check_sample_weight_equivalence_on_sparse_data": IN_BATCHES,
}
QUICK_CHECKS = (
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_complex_data",
    "check_estimator_sparse_array",
    "check_estimators_empty_data_messages",
    "check_get_params_invariance",
    "check_set_params",
    "check_requires_y_none",
    "check_estimators_unfitted",
    "check_n_features_in",
)


def _name(check) -> str:
    return getattr(check, "func", check).__name__


def _cases():
    for kind in (ar.SequenceClassifier, ar.SequenceRegressor):
        for estimator, check in estimator_checks_generator(kind(**QUICK)):
            marks = [] if _name(check) in QUICK_CHECKS else [pytest.mark.slow]
            if _name(check) in EXPECTED_FAILURES:
                reason = EXPECTED_FAILURES[_name(check)]
                marks.append(pytest.mark.xfail(reason=reason))
            yield pytest.param(estimator, check, marks=marks, id=f"{kind.__name__}-{_name(check)}")


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.filterwarnings("ignore::alignrnn.errors.Notice")
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning:sklearn")
@pytest.mark.parametrize(("estimator", "check"), list(_cases()))
def test_it_passes_a_check_of_scikit_learn(estimator, check):
    with jax.numpy_dtype_promotion("standard"):  # Optax's Adam counts in integers
        check(estimator)
