"""What an evaluation says, as lines that a terminal shows whole, and as a picture."""

import numpy as np
from matplotlib.figure import Figure

from ..evaluation import Evaluation, OfClass
from .columns import aligned, beside
from .numbers import percent
from .style import styled

MOST = 20
"""Classes, outputs or confusions that are shown, the worst of more."""
_LABEL = 16
"""Characters of a label that are shown."""


def evaluation_lines(found: Evaluation, width: int) -> list[str]:
    """In so many columns: the numbers, and of classes each one's and who is taken for whom."""
    if found.kind == "values":
        return [*_of_values(found)]
    if found.kind == "bits":
        return [
            f"nats an answer (over all outputs): {found.nll:.4g}",
            f"accuracy of bits: {percent(_number(found.accuracy))}%",
            f"frame accuracy, TP / (TP + FP + FN): {percent(_number(found.frame_accuracy))}%",
        ]
    lines = [f"accuracy: {percent(_number(found.accuracy))}%"]
    if found.nll is not None and np.isfinite(found.nll):
        lines.append(f"nats an answer: {found.nll:.4g}")
    if found.unknown:
        some = ", ".join(_short(each) for each in found.unknown[:5])
        more = ", …" if len(found.unknown) > 5 else ""
        lines.append(f"labels the network never saw, all wrong: {some}{more}")
    return [*lines, "", *_class_table(found.classes or ()), "", *_confusions(found, width)]


@styled
def confusion_figure(found: Evaluation) -> Figure:
    """The confusion matrix: a row a class, coloured by the fraction of the row."""
    confusion, labels = _matrix(found), [_short(each) for each in found.labels]
    count = len(labels)
    # Of many classes a picture to look into, rather than one for a phone.
    side = max(4.2, min(2.4 + 0.3 * count, 14))
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, totals, out=np.zeros_like(confusion), where=totals > 0)
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    every = -(-count // 40)  # so that no two names lie on one another
    ticks = list(range(0, count, every))
    names = [labels[tick] for tick in ticks]
    axis.set_xticks(ticks, names, rotation=90)
    axis.set_yticks(ticks, names)
    axis.set_xlabel("said")
    axis.set_ylabel("target")
    if count <= MOST:
        for row, column in np.argwhere(confusion > 0):
            color = "white" if shares[row, column] > 0.5 else "black"
            text = f"{confusion[row, column]:.4g}"
            axis.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
    figure.colorbar(image, label="fraction of the row")
    return figure


def _of_values(found: Evaluation) -> list[str]:
    lines = [f"mean squared error: {found.mse:.4g}", f"mean absolute error: {found.mae:.4g}"]
    if found.accuracy is not None:
        lines.insert(0, f"accuracy within the tolerance: {percent(found.accuracy)}%")
    squares, sizes = found.mse_each or (), found.mae_each or ()
    if len(squares) < 2:
        return lines
    order = np.argsort(squares)[::-1][:MOST] if len(squares) > MOST else range(len(squares))
    table = beside(
        [
            aligned(["output", *(str(n) for n in order)]),
            aligned(["squared", *(f"{squares[n]:.4g}" for n in order)], right=True),
            aligned(["absolute", *(f"{sizes[n]:.4g}" for n in order)], right=True),
        ]
    )
    return [*lines, "", *table, *_rest("outputs", len(squares))]


def _class_table(classes: tuple[OfClass, ...]) -> list[str]:
    shown = list(classes)
    if len(shown) > MOST:
        shown = sorted(shown, key=lambda each: each.recall if each.support else 2)[:MOST]
    table = beside(
        [
            aligned(["class", *(_short(each.label) for each in shown)]),
            aligned(["precision", *(_share(each.precision) for each in shown)], right=True),
            aligned(["recall", *(_share(each.recall) for each in shown)], right=True),
            aligned(["support", *(f"{each.support:,.6g}" for each in shown)], right=True),
        ]
    )
    return [*table, *_rest("classes, by recall", len(classes))]


def _confusions(found: Evaluation, width: int) -> list[str]:
    """The whole matrix where it fits, else the pairs that are most often taken for one another."""
    confusion, labels = _matrix(found), [_short(each) for each in found.labels]
    numbers = [[f"{each:.4g}" if each else "·" for each in row] for row in confusion.tolist()]
    columns = [aligned(["target", *labels])]
    for n, label in enumerate(labels):
        columns.append(aligned([label, *(row[n] for row in numbers)], right=True))
    lines = beside(columns)
    if max(map(len, lines)) <= width:
        return ["confusions, a column for what was said:", *lines]
    off = confusion - np.diag(np.diag(confusion))
    pairs = [(row, column) for row, column in np.argwhere(off > 0).tolist()]
    pairs.sort(key=lambda pair: -off[pair])
    if not pairs:
        return ["no class was taken for another"]
    shown = pairs[:MOST]
    table = beside(
        [
            aligned(["target", *(labels[row] for row, _ in shown)]),
            aligned(["said", *(labels[column] for _, column in shown)]),
            aligned(["answers", *(f"{off[pair]:.4g}" for pair in shown)], right=True),
        ]
    )
    more = [f"the {MOST} most frequent of {len(pairs)}"] if len(pairs) > MOST else []
    return ["confusions, the most frequent first:", *table, *more]


def _matrix(found: Evaluation) -> np.ndarray:
    assert found.confusion is not None
    return found.confusion


def _rest(what: str, count: int) -> list[str]:
    return [f"the {MOST} worst of {count} {what}"] if count > MOST else []


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _share(fraction: float) -> str:
    return f"{percent(fraction)}%" if np.isfinite(fraction) else "none"


def _short(label: object) -> str:
    text = " ".join(str(label).split())
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
