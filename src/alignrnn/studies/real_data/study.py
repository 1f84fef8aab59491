"""Every way to learn on every data set: settings chosen on validation, then measured on the test
part."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...configuration import Configuration
from ...errors import FailedRunsError
from ...reports import write_report
from ...results import Store, open_store
from ...sweeps import Engine, Standing
from .budgets import Budget
from .data_sets import DataSet
from .outcome import Lookup, Outcome, chosen_of
from .report import document
from .scores import has_scores, scores_of
from .ways import WAYS, candidates, measured


def reproduce(
    data_sets: Sequence[DataSet],
    budget: Budget,
    out: Path,
    command: str,
    while_waiting: Callable[[Standing, Engine], None],
    engine_options: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Train what has no record in `out` yet, data set after data set, and write the report after
    each, and at the end.

    `command` is what the report says it was made by; `while_waiting` is called about four times a
    second. `engine_options` are those of `Engine` that say where to train. Returns whether it was
    stopped; raises `FailedRunsError` once all else is done.
    """
    with open_store(out, f"real data, {budget.name} budget") as store:
        choosing = Engine(store, **engine_options)
        measuring = Engine(store, keeps_networks=True, **engine_options)
        failed: FailedRunsError | None = None

        def train(engine: Engine, runs: Sequence[Configuration]) -> bool:
            """Whether it was not stopped."""
            nonlocal failed
            try:
                engine.run(
                    engine.sweep(runs),
                    while_waiting=lambda standing: while_waiting(standing, engine),
                )
            except FailedRunsError as error:
                failed = error
            return not engine.stopping

        for data in data_sets:
            tried = [each for group in _tried(data, budget) for each in group]
            goes_on = train(choosing, tried) and train(measuring, _unmeasured(data, budget, store))
            outcomes = _outcomes(data_sets, budget, store)
            write_report(document(data_sets, outcomes, budget, list(store), command), out)
            if not goes_on:
                break
    if failed is not None:
        raise failed
    return choosing.stopping or measuring.stopping


def planned(data_sets: Sequence[DataSet], budget: Budget, lookup: Lookup) -> list[Configuration]:
    """All runs, as far as it is known by now which: of a setting that is not chosen yet, those of
    the first that is tried."""
    runs: list[Configuration] = []
    for data in data_sets:
        for tried in _tried(data, budget):
            runs += [*tried, *measured(chosen_of(tried, lookup) or tried[0], budget)]
    return runs


def _tried(data: DataSet, budget: Budget) -> Iterator[list[Configuration]]:
    """The settings of each way and cell."""
    for way in WAYS:
        for cell in way.cells:
            yield candidates(way, cell, data, budget)


def _unmeasured(data: DataSet, budget: Budget, store: Store) -> list[Configuration]:
    """The runs of the settings that are chosen, but for those whose scores are there: of them no
    network is needed any more."""
    chosen = [chosen_of(tried, store.get) for tried in _tried(data, budget)]
    runs = [each for one in chosen if one is not None for each in measured(one, budget)]
    return [each for each in runs if not has_scores(each, store)]


def _outcomes(data_sets: Sequence[DataSet], budget: Budget, store: Store) -> list[Outcome]:
    outcomes = []
    for data in data_sets:
        for way in WAYS:
            for cell in way.cells:
                chosen = chosen_of(candidates(way, cell, data, budget), store.get)
                runs = [] if chosen is None else measured(chosen, budget)
                records = [record for each in runs if (record := store.get(each)) is not None]
                scores = [scores_of(record, store) for record in records]
                outcomes.append(Outcome(data, way, cell, chosen, records, scores))
    return outcomes
