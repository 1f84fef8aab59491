"""How good answers are: scores against targets, in double precision, every kind its own way."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ._types import Labels
from .data import Targets
from .errors import ConfigurationError, Description
from .names import OutputKind


@dataclass(frozen=True)
class OfClass:
    """How well one class is told from the others."""

    label: Any
    precision: float
    """Of the answers that say so, the fraction that is right; NaN where none says so."""
    recall: float
    """Of those that should, the fraction that does; NaN where none should."""
    support: float
    """How many should."""


@dataclass(frozen=True)
class Evaluation:
    """What answers came to. Each counts as much as its weight; one of weight 0 does not.

    What is not of this kind is None. A fraction of nothing is NaN.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 2, 2, key=jax.random.key(0))
        >>> found = network.evaluate([[0, 1, 1], [1, 0, 0], [1, 1, 1]], [0, 1, 1])
        >>> found.answers, found.confusion.sum(axis=1).tolist()
        (3, [1.0, 2.0])
    """

    kind: OutputKind
    answers: int
    """How many count."""
    nll: float | None = None
    """-log p(target), in nats an answer. Of bits, the sum over the outputs: nats a frame. Labels
    that the network does not know have no probability and are left out of it."""
    accuracy: float | None = None
    """The fraction that is right: of classes, of single bits, and of values with a tolerance."""
    frame_accuracy: float | None = None
    """Of bits, Σ TP / (Σ TP + Σ FP + Σ FN), a bit predicted where y > 0 (Bay et al. 2009, as in
    Boulanger-Lewandowski et al. 2012)."""
    mse: float | None = None
    """Of values, the mean of (y - target)² over answers and outputs."""
    mae: float | None = None
    """The same of |y - target|."""
    mse_each: tuple[float, ...] | None = None
    """`(O,)`, of each output."""
    mae_each: tuple[float, ...] | None = None
    """`(O,)`."""
    classes: tuple[OfClass, ...] | None = None
    """The network's, and after them those of `unknown`."""
    confusion: np.ndarray | None = None
    """Answers by class `(C, C)`: rows are the targets, columns what was said."""
    unknown: tuple[Any, ...] = ()
    """Labels that the network does not know: every such answer is wrong."""

    @property
    def labels(self) -> tuple[Any, ...]:
        """What the rows of `confusion` are called."""
        return tuple(each.label for each in self.classes or ())

    def as_dict(self) -> dict[str, Any]:
        """As plain data, ready for JSON: without what is None, and with None for NaN."""
        made = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in made.items() if value not in (None, [])}


@dataclass(frozen=True)
class Answered:
    """Answers that count, one a row."""

    scores: np.ndarray
    """y, `(A, O)`."""
    targets: np.ndarray
    """Labels `(A,)`, or values or bits `(A, O)`."""
    weights: np.ndarray
    """`(A,)`, above 0."""


def answered(scores: np.ndarray, asked: Targets) -> Answered:
    """Of scores `(N, O)`, or `(N, T, O)` at every step, those that are asked for."""
    scores = scores.reshape(*asked.values.shape[:2], -1).astype(np.float64)
    shape = asked.values.shape[:2]
    weights = np.ones(shape) if asked.weights is None else asked.weights.astype(np.float64)
    counts = weights > 0
    values = asked.values[counts]
    if asked.kind != "classes":
        values = values.astype(np.float64)
    return Answered(scores[counts], values, weights[counts])


def evaluation(
    kind: OutputKind,
    parts: Iterable[Answered],
    *,
    labels: Labels | None = None,
    tolerance: float | None = None,
) -> Evaluation:
    """The measure of all parts together. `labels`: what the O classes are called (None: 0 to
    O - 1). `tolerance`: up to which Σ_o (y_o - target_o)² a value is right.

    Raises `ConfigurationError` for texts where the labels are numbers, the other way round, and for
    targets of another width than the scores.
    """
    each = list(parts)
    known = labels
    if kind == "classes":
        known = tuple(range(each[0].scores.shape[1])) if labels is None else labels
        for part in each:
            _check_labels(part.targets, known)
    else:
        for part in each:
            _check_width(part)
    scores, targets, weights = (
        np.concatenate([getattr(part, name) for part in each])
        for name in ("scores", "targets", "weights")
    )
    if not len(weights):
        raise ConfigurationError("targets", Description("no answer that counts"), "some must")
    if kind == "classes":
        return _of_classes(scores, targets, weights, known or ())
    if kind == "bits":
        return _of_bits(scores, targets, weights)
    return _of_values(scores, targets, weights, tolerance)


def _of_classes(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray, known: Labels
) -> Evaluation:
    place: dict[Any, int] = {label: index for index, label in enumerate(known)}
    found, each = np.unique(targets, return_inverse=True)
    unknown = tuple(label for label in found.tolist() if label not in place)
    place |= {label: len(known) + index for index, label in enumerate(unknown)}
    asked = np.array([place[label] for label in found.tolist()])[each.reshape(-1)]
    said = np.argmax(scores, axis=1)
    confusion = np.zeros((len(place), len(place)))
    np.add.at(confusion, (asked, said), weights)
    right, support, claimed = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    is_known = asked < len(known)
    log_all = np.logaddexp.reduce(scores, axis=1)[is_known]
    log_right = scores[is_known, asked[is_known]]
    return Evaluation(
        "classes",
        len(weights),
        nll=_mean(log_all - log_right, weights[is_known]),
        accuracy=float(right.sum() / weights.sum()),
        classes=tuple(
            OfClass(label, _ratio(right[n], claimed[n]), _ratio(right[n], support[n]), support[n])
            for n, label in enumerate((*known, *unknown))
        ),
        confusion=confusion,
        unknown=unknown,
    )


def _of_bits(scores: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> Evaluation:
    said, asked = scores > 0, targets > 0.5
    nats = np.sum(np.logaddexp(0, scores) - scores * targets, axis=1)
    true = _total(said & asked, weights)
    wrong = _total(said != asked, weights)
    return Evaluation(
        "bits",
        len(weights),
        nll=_mean(nats, weights),
        accuracy=_mean(np.mean(said == asked, axis=1), weights),
        frame_accuracy=_ratio(true, true + wrong),
    )


def _of_values(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray, tolerance: float | None
) -> Evaluation:
    off = scores - targets
    squares, sizes = (
        np.average(each, axis=0, weights=weights) for each in (np.square(off), np.abs(off))
    )
    right = None
    if tolerance is not None:
        right = _mean((np.square(off).sum(axis=1) <= tolerance).astype(float), weights)
    return Evaluation(
        "values",
        len(weights),
        accuracy=right,
        mse=float(squares.mean()),
        mae=float(sizes.mean()),
        mse_each=tuple(squares.tolist()),
        mae_each=tuple(sizes.tolist()),
    )


def _check_labels(targets: np.ndarray, known: Labels) -> None:
    """That texts meet texts, and numbers numbers: else nothing could ever be right."""
    are_texts = targets.dtype.kind == "U"
    if len(targets) and are_texts != isinstance(known[0], str):
        some = ", ".join(map(repr, known[:5])) + (", …" if len(known) > 5 else "")
        found = Description(f"labels such as {targets[0].item()!r}")
        raise ConfigurationError("targets", found, f"the network's labels are {some}")


def _check_width(part: Answered) -> None:
    if part.targets.shape != part.scores.shape:
        found = Description(f"{part.targets.shape[1]} an answer")
        allowed = f"the network has {part.scores.shape[1]} outputs"
        raise ConfigurationError("targets", found, allowed)


def _total(is_so: np.ndarray, weights: np.ndarray) -> float:
    return float(np.sum(is_so.sum(axis=1) * weights))


def _mean(each: np.ndarray, weights: np.ndarray) -> float:
    return _ratio(np.sum(each * weights), np.sum(weights))


def _ratio(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else math.nan


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, OfClass):
        value = vars(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None
    return value
