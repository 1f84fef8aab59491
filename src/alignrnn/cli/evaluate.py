"""`alignrnn evaluate`: how good a trained network is, on its own task or on other data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from ..errors import ConfigurationError, Description
from .options import DataOptions, hint, told_of_data
from .terminal import wide_console
from .trained import Trained, configuration_of, trained

if TYPE_CHECKING:
    from ..evaluation import Answered
    from ..tasks import Task

PartName = Literal["train", "validation", "test", "all"]
_FRESH_SEED = 0xE7_A1
"""Of fresh samples: others than any training or its validation has drawn."""


@dataclass(frozen=True)
class _Measured:
    """What was looked at."""

    data: str
    part: str
    sequences: int
    answers: "list[Answered]"
    tolerance: float | None


@dataclass(kw_only=True)
class Evaluate(DataOptions):
    """Measure a trained network: accuracy, precision and recall of each class, who is taken for
    whom, or errors of values, or nats of bits.

    Without DATA, on its run's own task: the test part of finite data, where there is one, else what
    was held out; fresh samples of a synthetic task. What the network does with features first
    (standardise, fill in) is its own, learnt when it was trained.
    """

    trained: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A directory of runs, whose best is taken, or a network's .npz file."""
    data: Annotated[tyro.conf.Positional[str | None], tyro.conf.arg(metavar="[DATA]")] = None
    """A data set by its name or its file, as `alignrnn train` takes it; named in front of --help,
    its options are shown. (default: the run's own task)"""
    run_id: Annotated[str | None, hint(str, "the best that kept its network")] = None
    """Which run of a directory: its id as `alignrnn runs` lists it, or the beginning of it."""
    part: Annotated[PartName | None, hint(PartName, "test, where there is one; else all")] = None
    """Which part of the data."""
    out: Annotated[Path | None, hint(Path, "evaluation-ID in RUN; of a network's file none")] = None
    """Directory for evaluation.json and, of classes, confusion.png."""

    def run(self) -> bool:
        """Measure, print, write."""
        from ..evaluation import evaluation
        from ..reports import evaluation_lines
        from ..training import use_cores

        use_cores()
        which = trained(self.trained, self.run_id)
        with told_of_data():
            seen = self._of_data(which) if self.data is not None else self._own(which)
            network = which.network
            found = evaluation(
                network.output_kind, seen.answers, labels=network.labels, tolerance=seen.tolerance
            )
        console = wide_console()
        counted = f"{found.answers:,} answers of {seen.sequences:,} sequences"
        about = [f"network: {which.file}", f"{seen.data}, {seen.part}: {counted}"]
        for line in [*about, *evaluation_lines(found, console.width)]:
            print(line)
        out = self.out
        if out is None and which.record is not None:
            out = self.trained / f"evaluation-{which.record.identity}"
        if out is not None:
            _write(out, found, {"network": str(which.file), "data": seen.data, "part": seen.part})
            print(f"written to {out}")
        return False

    def _of_data(self, which: Trained) -> _Measured:
        from ..tasks import source_of

        assert self.data is not None
        options = self.source_options()
        source = source_of(self.data, options)
        return _shown(which, source, self.data, self.part, options.get("tolerance"))

    def _own(self, which: Trained) -> _Measured:
        """Of the run's own task."""
        from ..registry import data_key

        if which.record is None:
            allowed = "a network's file says nothing of its task: name the data to evaluate it on"
            raise ConfigurationError("data", Description("nothing"), allowed)
        again = configuration_of(which.record)
        if data_key(again.task["name"]) is not None:
            source, name = again.data_source()
            tolerance = again.task.get("tolerance")
            return _shown(which, source, name, self.part, tolerance, otherwise="validation")
        task = again.build_task()
        if self.part is not None and (task.draws_validation or self.part != "validation"):
            has = "fresh samples, no parts" if task.draws_validation else "a validation part alone"
            raise ConfigurationError("part", self.part, f"{task.name} has {has}")
        samples = again.protocol["validation_samples"]
        return _of_task(which, task, samples)


def _shown(
    which: Trained,
    source: Any,
    name: str,
    part: str | None,
    tolerance: float | None,
    otherwise: str = "all",
) -> _Measured:
    """Of a part of a data set; `otherwise` the part where there is no test part."""
    from ..data import shown_parts
    from ..evaluation import answered

    network = which.network
    kind, every_step = network.output_kind, network.every_step
    parts = shown_parts(source, name, part, kind=kind, every_step=every_step, otherwise=otherwise)
    answers, sequences = [], 0
    for each in parts:
        assert each.asked is not None
        answers.append(answered(network.scores(each.given), each.asked))
        sequences += len(each.given)
    # A data set of one part is all there is of it, unless that part was asked for.
    is_all = len(parts) > 1 or (parts[0].name == "train" and part != "train")
    said = "all of it" if is_all else f"{parts[0].name} part"
    return _Measured(name, said, sequences, answers, tolerance)


def _of_task(which: Trained, task: "Task", samples: int) -> _Measured:
    """Of fresh samples, or of all that a finite task of one's own validates on."""
    import jax
    import numpy as np

    from ..data import Sequences, Targets
    from ..evaluation import answered

    if task.draws_validation:
        batch, part = task.sample(jax.random.key(_FRESH_SEED), samples), "fresh samples"
    else:
        batch, part = task.validation(samples), "validation part"

    def turned(array: Any) -> Any:
        return None if array is None else np.asarray(array).swapaxes(0, 1)

    lengths = None if batch.lengths is None else np.asarray(batch.lengths)
    given = Sequences(turned(batch.inputs), lengths)
    values, weights = turned(batch.targets), turned(batch.weights)
    if task.every_step and lengths is not None:
        weights = given.live * (1.0 if weights is None else weights)
    if task.labels is not None:
        values = np.asarray(task.labels)[values]
    asked = Targets(values, task.output_kind, task.every_step, weights)
    scores = which.network.scores(given, prepared=True)
    return _Measured(task.title, part, len(given), [answered(scores, asked)], task.tolerance)


def _write(out: Path, found: Any, about: dict[str, str]) -> None:
    """evaluation.json, and of classes confusion.png."""
    from ..files import atomic, check_directory, writable
    from ..reports import confusion_figure, save_figure

    def write(path: Path) -> None:
        with atomic(path) as file:
            json.dump({**about, **found.as_dict()}, file, indent=1, allow_nan=False)
            file.write("\n")

    check_directory("out", out)
    writable("out", out / "evaluation.json", write)
    if found.kind == "classes":
        figure = confusion_figure(found)
        writable("out", out / "confusion.png", lambda path: save_figure(figure, path))
