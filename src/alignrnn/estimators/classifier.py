"""Labels of sequences."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ..data import names_of
from ..errors import ConfigurationError, Description
from ..network import RNN
from .base import SequenceEstimator


class SequenceClassifier(ClassifierMixin, SequenceEstimator):
    r"""Recurrent networks that label sequences, as an estimator of scikit-learn.

    `n_seeds` networks that differ in their seed are trained as one program, each by `rule`. What
    they say is averaged: with logits y^k of network k,

        p = (1/n) Σ_k softmax(y^k),     the label is that of the largest p.

    **X** is an array `(N, T)`, one feature a step; `(N, T, I)`; or a list of arrays `(T_n, I)` or
    `(T_n,)`. With `layout="channels-first"` it is as aeon has it: `(N, I, T)`, or a list of
    `(I, T_n)`. With `symbols` it is integers `(N, T)` from 0 to `symbols` - 1, or a list of them.
    **y** is a label a sequence, of any kind. Answers at every step are not for an estimator:
    `ArrayTask` has them.

    **Parameters:**

    - `rule`: a rule's name or the rule. By its name it is made with `clip`, the bound on the whole
      gradient (0: none), and LRA-diff with the unit target step.
    - `cell`: a cell's name, of `size` units, or the cell.
    - `optimizer`: its name in Optax, with `learning_rate`; or an `Optimizer`.
    - `batch_size`: sequences an iteration, at most all. `max_iterations`: the most of these.
    - `early_stopping`: `validation_fraction` of the sequences is held out, of each label alike.
      Every `check_every` iterations the error on it is measured, the best network is kept, and
      after `patience` checks without a better one (None: never) training ends. Where fewer than
      10 would be held out, and without early stopping, all sequences are trained on and the last
      network is kept.
    - `standardize`: features to mean 0 and standard deviation 1. `missing`: what stands for NaN,
      the channel's `"mean"` or the `"previous"` step's number; `"refuse"`: an error.
    - `n_seeds`: networks. `random_state`: decides all that is random. `verbose`: print progress.

    **Attributes:** `classes_`; `networks_`, and of these the first, `network_`: each alone predicts
    labels from X (time first), and `save_network` writes it; `history_`, of each training;
    `n_iter_`, iterations; `n_features_in_`, T of an array `(N, T)`, else I; `n_held_out_`.

    `fit` and `predict` raise `ConfigurationError`, a `ValueError`, for a parameter that cannot be
    used, and `ValueError` or `TypeError` for such data.

    Examples:
        >>> import alignrnn as ar
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(20, 5, 3))  # sequences, steps, features
        >>> y = ["up" if each[:, 0].sum() > 0 else "down" for each in X]
        >>> classifier = ar.SequenceClassifier(
        ...     size=8, max_iterations=10, early_stopping=False, n_seeds=1, random_state=0
        ... )
        >>> classifier.fit(X, y).classes_.tolist()
        ['down', 'up']
        >>> classifier.predict_proba(X[:4]).shape
        (4, 2)
    """

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None):
        """Go on with the networks there are: once through these sequences, nothing held out.

        The first call begins new ones, needs all `classes`, and measures what standardises
        features. What the optimiser keeps (Adam's means) is new at every call.
        """
        return self._partial_fit(X, y, sample_weight, classes=classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities `(N, C)`, in the order of `classes_`; the mean over the networks."""
        scores = self._scores(X)
        each = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return (each / each.sum(axis=-1, keepdims=True)).mean(axis=0)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable label of each sequence, `(N,)`."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return self.classes_[chosen]

    def _targets(self, y: Any, *, reset: bool, classes: Any = None) -> np.ndarray:
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if reset:
            self.classes_ = np.unique(labels if classes is None else classes)
            if len(self.classes_) < 2:
                raise ConfigurationError(
                    "y", Description("one class"), "there must be at least 2 classes"
                )
        unknown = ~np.isin(labels, self.classes_)
        if unknown.any():
            allowed = f"classes are {', '.join(str(each) for each in self.classes_[:10])}"
            raise ConfigurationError("y", Description(str(labels[unknown][0])), allowed)
        return np.searchsorted(self.classes_, labels).astype(np.int64)

    def _reading(self) -> dict[str, Any]:
        return {"classes": len(self.classes_)}

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        return targets

    def _speaking(self, network: RNN) -> RNN:
        """With the labels, where a network can have them as its own: integers and texts."""
        are_plain = all(isinstance(each, int | str) for each in self.classes_.tolist())
        return network.speaking(names_of(self.classes_) if are_plain else None, self._preparation)
