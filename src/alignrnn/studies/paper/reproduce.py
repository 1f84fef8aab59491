"""Everything together: the runs of the manifests asked for, and the report of what they came to."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...errors import FailedRunsError
from ...reports import Document, Section, duration, plain, trained_with, write_report
from ...results import Store, open_store
from ...sweeps import Engine, Job, Place, Standing
from .accuracy_tables import Table1, Table2, Table3
from .budgets import Budget
from .causes import CAUSES
from .explained import Explained
from .figure5 import Figure5
from .gradient_flow import Figure2, Figure3, Figure4
from .manifest import Manifest, Search
from .published import source
from .search import Runs, walk
from .table4 import Table4
from .table5 import Table5

MANIFESTS: dict[str, Manifest] = {
    manifest.name: manifest
    for manifest in (
        Table1(),
        Table2(),
        Table3(),
        Table4(),
        Table5(),
        Figure2(),
        Figure3(),
        Figure4(),
        Figure5(),
    )
}
"""By name, in the order of the report: what the paper has."""
STUDIES: dict[str, Manifest] = {"published": Explained()}
"""By name, what is asked of its numbers besides."""
EVERY = MANIFESTS | STUDIES


def reproduce(
    names: Sequence[str],
    budget: Budget,
    out: Path,
    command: str,
    while_waiting: Callable[[Standing, Engine], None],
    engine_options: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Train what the manifests need and has no record in `out` yet, then write the report.

    `command` is what the report says it was made by; `while_waiting` is called about four times a
    second. `engine_options` are those of `Engine` that say where to train. The report is written
    whether all is there or not. Returns whether it was stopped; raises `FailedRunsError` once all
    else is done.
    """
    manifests = [EVERY[name] for name in EVERY if name in names]
    with open_store(out, f"reproduction, {budget.name} budget") as store:
        started, recorded = time.monotonic(), len(store)
        engine = Engine(store, race=budget.race, **engine_options)
        failed: FailedRunsError | None = None
        # The searches use what the tables have trained, so they come after it.
        for jobs in (_cell_jobs, _search_jobs):
            if engine.stopping:
                break
            try:
                engine.run(
                    jobs(manifests, budget, engine),
                    while_waiting=lambda standing: while_waiting(standing, engine),
                )
            except FailedRunsError as error:
                failed = error
        seconds = time.monotonic() - started if len(store) > recorded else None
        write_report(_document(manifests, budget, store, command, seconds), out)
    if failed is not None:
        raise failed
    return engine.stopping


def _cell_jobs(manifests: Sequence[Manifest], budget: Budget, engine: Engine) -> list[Job]:
    cells = [cell for manifest in manifests for cell in manifest.cells(budget)]
    if not budget.until_solved:
        return engine.sweep(configuration for cell in cells for configuration in cell)
    # Tables share cells; of two alike, the second would find nothing left to do, or be done twice.
    unique = {tuple(each.identity for each in cell): list(cell) for cell in cells}
    return [engine.until_solved_job(cell) for cell in unique.values()]


def _search_jobs(manifests: Sequence[Manifest], budget: Budget, engine: Engine) -> list[Job]:
    searches = [search for manifest in manifests for search in manifest.searches(budget)]

    def job(search: Search) -> Job:
        def follow(place: Place) -> None:
            runs = Runs(
                until_solved=lambda group: engine.until_solved(group, place),
                complete=lambda configurations: engine.complete(configurations, place),
                # A run that failed has no record, and will have none.
                ended=lambda _: not engine.stopping,
            )
            walk(search, budget, runs)

        return follow

    return [job(search) for search in searches]


def _document(
    manifests: Sequence[Manifest],
    budget: Budget,
    store: Store,
    command: str,
    seconds: float | None,
) -> Document:
    """`seconds` is how long this call has trained; None: it found every record."""
    sections = [manifest.section(budget, store.get) for manifest in manifests]
    lead = (
        "Every table and figure of the paper, trained here from the configurations of its grid, "
        "with the published numbers beside the measured ones. A number is the best validation "
        "accuracy in percent, rounded down; **solved** is 0 wrong of "
        f"{budget.validation_samples:,}. Beside each number stand the paper's and the difference "
        "to it; a second table says how many runs and seeds are behind it, and iterations and "
        "setting of the best of these runs. [Why numbers differ](#causes) names the causes that "
        "are known.",
        f"Published numbers: {source()}",
    )
    causes = Section("causes", "Why numbers differ", CAUSES)
    times = [f"{duration(sum(record.seconds for record in store))} of training on one core each"]
    if seconds is not None:
        times.append(f"{duration(seconds)} on the clock in this call")
    facts = dict(budget.settings) | {
        "Command": plain(command) if "`" in command else f"`{command}`",
        "Runs": f"{len(store):,} records, {sum(r.iterations for r in store):,} iterations",
        "Time": ", ".join(times),
        "Trained with": plain(trained_with(store)),
    }
    return Document(
        title="Can Local Representation Alignment RNNs Solve Temporal Tasks? Reproduced",
        lead=lead,
        sections=(*sections, causes),
        facts=facts,
        banner=budget.banner,
    )
