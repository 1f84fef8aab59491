"""Values of sequences."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from ..errors import ConfigurationError, described
from ..network import RNN
from .base import SequenceEstimator


class SequenceRegressor(RegressorMixin, SequenceEstimator):
    r"""Recurrent networks that tell values of sequences, as an estimator of scikit-learn.

    As `SequenceClassifier`, which says what X and the parameters are. **y** is real numbers `(N,)`
    or `(N, O)`. They are trained on as (y - m)/s, with mean m and standard deviation s of each
    output as `fit` found them. A trained readout is y = z W_hy + b_y, so W_hy s and b_y s + m are
    one that tells y itself: that is the readout of `networks_`. What is predicted is the mean over
    the networks. The held-out error is the mean squared error, in units of s².

    Examples:
        >>> import alignrnn as ar
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(20, 5, 3))  # sequences, steps, features
        >>> regressor = ar.SequenceRegressor(
        ...     size=8, max_iterations=10, early_stopping=False, n_seeds=1, random_state=0
        ... )
        >>> regressor.fit(X, X[:, :, 0].sum(axis=1)).predict(X[:4]).shape
        (4,)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None):
        """Go on with the networks there are: once through these sequences, nothing held out.

        The first call begins new ones and measures what standardises features and values. What the
        optimiser keeps (Adam's means) is new at every call.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Values `(N,)` or `(N, O)`, as y was; the mean over the networks."""
        said = self._scores(X).mean(axis=0) * self._scales + self._offsets
        return said if self._has_columns else said[:, 0]

    def _targets(self, y: Any, *, reset: bool, **_: Any) -> np.ndarray:
        values: Any = check_array(
            y, ensure_2d=False, dtype="float64", input_name="y", estimator=self
        )
        columns = values[:, None] if values.ndim == 1 else values
        if reset:
            self._has_columns = values.ndim == 2
            self._offsets, scales = columns.mean(axis=0), columns.std(axis=0)
            # A constant's deviation is rounding, not scale.
            is_constant = scales <= 1e-6 * np.maximum(np.abs(self._offsets), 1e-30)
            self._scales = np.where(is_constant, 1.0, scales)
        if columns.shape[1] != len(self._scales):
            allowed = f"it must have {len(self._scales)} outputs, as at the first call"
            raise ConfigurationError("y", described(values), allowed)
        return (columns - self._offsets) / self._scales

    def _reading(self) -> dict[str, Any]:
        return {"output_kind": "values", "every_step": False}

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        return None

    def _speaking(self, network: RNN) -> RNN:
        """With a readout in the units of y."""
        kind = network.readout.b_y.dtype
        scales, offsets = jnp.asarray(self._scales, kind), jnp.asarray(self._offsets, kind)
        told = eqx.tree_at(
            lambda each: (each.readout.w_hy, each.readout.b_y),
            network,
            (network.readout.w_hy * scales[None], network.readout.b_y * scales + offsets),
        )
        return told.speaking(None, self._preparation)
