"""Sequences in the forms that scikit-learn and aeon have them."""

from typing import Any, Literal

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from ..data import Sequences, as_sequences
from ..errors import ConfigurationError, described

Layout = Literal["time-first", "channels-first"]
"""Of a collection: `(N, T, I)` and lists of `(T_n, I)`, or as aeon has it `(N, I, T)` and lists of
`(I, T_n)`."""


def listed(X: Any) -> list[np.ndarray] | None:
    """The sequences of a list that is no plain table of numbers: of unequal length, or `(T_n, I)`
    each."""
    is_list = isinstance(X, list | tuple) or (
        isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    )
    if not is_list or not len(X):
        return None
    if not all(isinstance(each, list | tuple | np.ndarray) for each in X):
        return None
    try:
        each = [np.asarray(one) for one in X]
    except ValueError:
        return None
    if all(one.ndim == 1 for one in each) and len({len(one) for one in each}) == 1:
        return None
    return each if all(one.ndim in (1, 2) for one in each) else None


def read(
    estimator: Any, X: Any, *, layout: Layout, symbols: int | None, allow_nan: bool, reset: bool
) -> Sequences:
    """Sequences of X; sets, or else holds X to, the number of features.

    That is T of an array `(N, T)`, as in all of scikit-learn, and I of anything else. Numbers
    `(N, T)`, of any type, are one feature a step, unless `symbols` says that they are symbols.
    """
    finite: dict[str, Any] = {"ensure_all_finite": "allow-nan" if allow_nan else True}
    each = listed(X)
    if each is not None:
        columns = 0
        if layout == "channels-first":
            each = [one.T for one in each]  # one of one axis stays as it is
        if symbols is None:
            each = [_of_features(one) for one in each]
        given = as_sequences("X", each)
    else:
        axes = getattr(X, "ndim", 2)
        if axes < 3 and (reset or estimator._columns):
            array: Any = validate_data(estimator, X, reset=reset, dtype="numeric", **finite)
        else:
            array = check_array(
                X, dtype="numeric", allow_nd=True, estimator=estimator, input_name="X", **finite
            )
        columns = array.shape[1] if array.ndim == 2 else 0
        if array.ndim == 3 and layout == "channels-first":
            array = np.swapaxes(array, 1, 2)
        if symbols is None:
            array = _of_features(array if array.ndim != 2 else array[..., None])
        given = as_sequences("X", array)
    if (symbols is not None) != given.are_symbols:
        allowed = "with symbols it must be integers (N, T), or a list of integers (T_n,)"
        raise ConfigurationError("X", described(given.inputs), allowed)
    width = 1 if given.are_symbols else given.inputs.shape[2]
    if reset:
        estimator._columns, estimator._width = columns, width
        estimator.n_features_in_ = columns or width
    elif width != estimator._width:
        raise ValueError(
            f"X has {width} features, but {type(estimator).__name__} is expecting "
            f"{estimator._width} features as input"
        )
    return given


def _of_features(array: np.ndarray) -> np.ndarray:
    """As numbers, of which integers are features too."""
    if array.ndim == 1:
        array = array[:, None]
    if array.dtype.kind in "iub":
        return array.astype(float)
    return array
