"""Every rule on the same network and the same batches, at the start and along a training."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...cells import Cell, Stack
from ...errors import check_integer
from ...network import RNN
from ...registry import RULES
from ...rules import BPTT, Rule
from ...tasks import Task, as_task
from ...training import Optimizer, Run, as_cell, as_optimizer
from .agreement import Agreement, Measured
from .along import Along
from .comparison import AtStep, Comparison, OfParameter, Progress
from .entrants import entrant_of, entrants_of


def compare(
    task: Task | str,
    rules: Mapping[str, Rule | str] | Sequence[Rule | str] = (),
    *,
    trained_by: Rule | str | None = None,
    optimizer: Optimizer | str | None = None,
    cell: Cell | Stack | str | None = None,
    seed: int = 0,
    start: RNN | None = None,
    batch_size: int = 20,
    batches: int = 10,
    iterations: int = 0,
    check_every: int = 100,
    on_progress: Callable[[Comparison], bool] | None = None,
) -> Comparison:
    r"""How the gradient g of each rule lies to BPTT's, g*, of the same network and batches:

        cosine = ⟨g, g*⟩/(‖g‖ ‖g*‖),    ratio = ‖g‖/‖g*‖

    of every parameter, of all parameters of the layers together, and of what each time step adds.
    Each is the mean over `batches` batches of `batch_size` that no training draws. The networks of
    all rules begin alike, from `seed` or at `start`. With `iterations`, they are looked at again
    every `check_every` iterations along a training with `optimizer`: each rule's own, or with
    `trained_by` one that all rules share. A rule that learns something for itself (inverses, error
    weights) learns it on the way, from the same batches;
    the matrix it carries a signal back with is measured beside W_hhᵀ.

    `rules` are rules or names, `"lra-diff,target-step=unit"`, or either by names of one's own;
    none: every rule of the package that takes the cell, but for RTRL, which has BPTT's gradient.
    `on_progress` is told what was found so far, and ends it all by returning True. A training ends
    where its loss is not finite.

    Raises `ConfigurationError` for what cannot be used, such as a cell that a rule does not take.

    Examples:
        >>> import alignrnn as ar
        >>> task = ar.TemporalOrder(length=10)
        >>> found = ar.compare(task, ["lra-diff"], cell=ar.Elman(4), batches=2)
        >>> round(found.at("lra-diff", 0)["w_hy"].cosine, 3)  # the readout's is BPTT's own
        1.0
    """
    check_counts(batch_size, batches, iterations, check_every)
    task = as_task(task)
    options: dict[str, Any] = {"seed": seed, "start": start}
    options |= {} if cell is None else {"cell": as_cell(cell)}
    options |= {} if optimizer is None else {"optimizer": as_optimizer(optimizer)}
    leader = None if trained_by is None else _as_rule(trained_by)
    entrants = entrants_of(rules, Run(BPTT(), **options).cell)
    found = Comparison(task.name, task.length, (), (), ())
    ways = [list(entrants)] if leader is not None else [[label] for label in entrants]
    for labels in ways:
        own = [entrants[label] for label in labels]
        along = Along(task, Run(leader or own[0], **options), tuple(own), batch_size)
        called = "itself" if leader is None else _name_of(trained_by)
        for iteration, loss in _checks(along, iterations, check_every):
            for index, label in enumerate(labels):
                of_parameters, of_steps = _rows(label, iteration, along.measure(index, batches))
                back = along.feedback(index) or (math.nan, math.nan)
                progress = Progress(label, called, iteration, loss, *map(float, back))
                found = Comparison(
                    *(found.task, found.length),
                    *(found.parameters + of_parameters, found.steps + of_steps),
                    (*found.progress, progress),
                )
                if on_progress is not None and on_progress(found):
                    return found
    return found


def check_counts(batch_size: int, batches: int, iterations: int, check_every: int) -> None:
    """Raises `ConfigurationError` for a count that cannot be."""
    check_integer("batch_size", batch_size, 1)
    check_integer("batches", batches, 1)
    check_integer("iterations", iterations, 0)
    check_integer("check_every", check_every, 1)


def _checks(along: Along, iterations: int, every: int) -> Iterator[tuple[int, float]]:
    """The iterations after which to look, and the loss of those since the last look."""
    yield 0, float("nan")
    made = 0
    while made < iterations:
        step = min(every, iterations - made)
        loss = along.advance(step)
        made += step
        if along.diverged:
            return
        yield made, loss


def _rows(
    rule: str, iteration: int, found: Measured
) -> tuple[tuple[OfParameter, ...], tuple[AtStep, ...]]:
    """Means over the batches."""
    of_parameters = tuple(
        OfParameter(rule, iteration, name, *map(float, _over_batches(each)))
        for name, each in found.parameters.items()
    )
    of_steps = tuple(
        AtStep(rule, iteration, name, step, *map(float, numbers))
        for name, each in (found.steps or {}).items()
        for step, numbers in enumerate(zip(*_over_batches(each), strict=True), 1)
    )
    return of_parameters, of_steps


def _over_batches(each: Agreement) -> tuple[Any, Any, Any]:
    """Mean and standard deviation of the cosine, and mean of the ratio, where they are numbers."""
    cosine, ratio = np.asarray(each.cosine, float), np.asarray(each.ratio, float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing but what is no number
        return np.nanmean(cosine, 0), np.nanstd(cosine, 0), np.nanmean(ratio, 0)


def _as_rule(given: Rule | str) -> Rule:
    return entrant_of(given) if isinstance(given, str) else given


def _name_of(given: Any) -> str:
    return given if isinstance(given, str) else RULES.name_of(type(given))
