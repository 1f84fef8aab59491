"""`alignrnn predict`: what a trained network says of every sequence of a data set, as CSV."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from .evaluate import PartName
from .options import DataOptions, hint, told_of_data
from .trained import trained

if TYPE_CHECKING:
    from ..data import Shown
    from ..network import RNN


@dataclass(kw_only=True)
class Predict(DataOptions):
    """Write what a trained network says of every sequence of a data set: the class and the
    probability of each, or values, or bits and their probabilities; of a network that answers at
    every step, a row a step. The data need no answers.

    What the network does with features first (standardise, fill in) is its own, learnt when it was
    trained.
    """

    trained: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A directory of runs, whose best is taken, or a network's .npz file."""
    data: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="DATA")]
    """A data set by its name or its file, as `alignrnn train` takes it; named in front of --help,
    its options are shown."""
    run_id: Annotated[str | None, hint(str, "the best that kept its network")] = None
    """Which run of a directory: its id as `alignrnn runs` lists it, or the beginning of it."""
    part: PartName = "all"
    """Which part of the data."""
    out: Path = Path("predictions.csv")
    """The file to write."""

    of_the_network = DataOptions.of_the_network | {"tolerance"}

    def run(self) -> bool:
        """Read, predict, write."""
        from ..data import shown_parts
        from ..files import atomic, writable
        from ..tasks import source_of
        from ..training import use_cores

        use_cores()
        network = trained(self.trained, self.run_id).network
        with told_of_data():
            parts = shown_parts(
                source_of(self.data, self.source_options()),
                self.data,
                self.part,
                kind=network.output_kind,
                every_step=network.every_step,
                asked=False,
            )
            said = [(part, network.scores(part.given)) for part in parts]
        several = ["part"] if len(parts) > 1 else []
        step = ["step"] if network.every_step else []
        heading = [*several, "id", *step, *_columns(network)]

        def write(path: Path) -> None:
            with atomic(path) as file:
                table = csv.writer(file, lineterminator="\n")
                table.writerow(heading)
                for part, scores in said:
                    name = [part.name] if several else []
                    table.writerows([*name, *row] for row in _rows(network, part, scores))

        writable("out", self.out, write)
        count = sum(len(part.given) for part in parts)
        print(f"{count:,} sequences of {self.data}, predictions in {self.out}")
        return False


def _columns(network: "RNN") -> list[str]:
    outputs = range(network.output_size)
    if network.output_kind == "classes":
        return ["predicted", *(f"p_{label}" for label in network.labels or outputs)]
    if network.output_kind == "values":
        return [f"y{n}" for n in outputs]
    return [*(f"bit{n}" for n in outputs), *(f"p{n}" for n in outputs)]


def _rows(network: "RNN", part: "Shown", scores: Any) -> Iterator[list[Any]]:
    """A row a sequence, or a row a step within its length."""
    for number, (own, said) in enumerate(zip(part.ids, scores, strict=True)):
        if not network.every_step:
            yield [own, *_answer(network, said)]
            continue
        lengths = part.given.lengths
        steps = len(said) if lengths is None else int(lengths[number])
        for step in range(steps):
            yield [own, step, *_answer(network, said[step])]


def _answer(network: "RNN", scores: Any) -> list[Any]:
    """What one row of scores `(O,)` says."""
    import numpy as np

    scores = scores.astype(np.float64)
    if network.output_kind == "values":
        return scores.tolist()
    if network.output_kind == "bits":
        return [*(scores > 0).astype(int).tolist(), *np.exp(-np.logaddexp(0, -scores)).tolist()]
    chances = np.exp(scores - np.logaddexp.reduce(scores))
    best = int(np.argmax(scores))
    label = best if network.labels is None else network.labels[best]
    return [label, *chances.tolist()]
