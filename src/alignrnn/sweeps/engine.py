"""From configurations to records: groups of equal structure, each trained as one program.

A worker is a thread with one place of its own (a device, or whatever a cluster has free), where it
trains one group after another: so the cores compile and train side by side, and none waits for the
last run of another's group. What a run comes to does not depend on where, when and beside which
others it is trained.
"""

import concurrent.futures
import contextlib
import math
import queue
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import jax

from ..configuration import Configuration
from ..errors import FailedRunsError, Notice, check_number
from ..results import (
    Checkpoints,
    Record,
    Store,
    carried_over,
    lineage,
    lineage_of,
    would_go_on,
)
from ..training import Check, Checkpoint, Race, Snapshot, UnfitCheckpointError
from .places import DoesNotFit, Ended, Group, Place, Work, local_places

CHECKPOINT_SECONDS = 60.0
"""How often what is being trained is kept, unless told otherwise."""
_TABLE_SECONDS = 10.0
"""How long the table of all runs may be behind the records."""

Job = Callable[[Place], None]
"""Work for one place; it stops by itself where `Engine.stopping`."""


@dataclass
class Standing:
    """How an engine's work stands, for a progress display; written by the workers."""

    total: int = 0
    """Runs asked for so far."""
    done: int = 0
    """Runs with a record."""
    solved: int = 0
    lowest_error: float = math.inf
    """Of the runs with a record."""
    training: dict[Place, tuple[str, Snapshot | None]] = field(default_factory=dict)
    """By place: what it is at, and how that stands; None while it compiles."""
    failed: dict[str, str] = field(default_factory=dict)
    """By identity: runs that could not be made, and why."""

    def count(self, records: Iterable[Record]) -> None:
        """These have a record now."""
        for record in records:
            self.done += 1
            self.solved += record.solved
            self.lowest_error = min(self.lowest_error, record.best_error)


class Engine:
    """Trains what has no record yet, and records it. One engine writes a store at a time.

    With `keeps_networks`, each run's network is kept beside its record; and so is its last state,
    so that the same run with more iterations goes on from there. A run that was stopped has a
    record then of what it had come to, which makes way for another once it has gone on.

    Every `checkpoint_every` seconds, and when it is stopped, it keeps a checkpoint of what is being
    trained; the next engine of the same store goes on from there. With a `race`, `until_solved`
    gives up the runs that are far behind. `places` default to all of JAX's devices; `parallel` is
    how many groups can be trained at once, where that is not the number of places. `on_check` is
    told what each check found, of which run; of what goes on from a checkpoint, first of the checks
    before it. It is never told of two at once.
    """

    def __init__(
        self,
        store: Store,
        places: Sequence[Place] | None = None,
        *,
        parallel: int | None = None,
        checkpoint_every: float = CHECKPOINT_SECONDS,
        race: Race | None = None,
        keeps_networks: bool = False,
        on_check: Callable[[Configuration, Check], None] | None = None,
    ):
        check_number("checkpoint_every", checkpoint_every, at_least=0)
        self.store = store
        self.keeps_networks = keeps_networks
        self.checkpoint_every = checkpoint_every
        self.race = race
        self.on_check = on_check
        self._checkpoints = Checkpoints(store.checkpoints, _over(store), store.write)
        self.places = list(places or local_places())
        self.parallel = parallel or len(self.places)
        self.standing = Standing()
        self.stopping = False
        self._lock, self._telling = threading.Lock(), threading.Lock()
        self._in_table, self._table_written = 0, time.monotonic()

    def stop(self) -> None:
        """Ask every worker to end within one call of its program (about a second)."""
        self.stopping = True

    def run(
        self, jobs: Iterable[Job], *, while_waiting: Callable[[Standing], None] | None = None
    ) -> None:
        """Do all jobs, one a place at a time, in their order.

        `while_waiting` is called four times a second, and at the end, in the calling thread.
        Returns when all jobs are done or stopped; the first exception of a job ends the others and
        is raised here. Runs that failed by themselves raise `FailedRunsError` once all is done.
        """
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)

        def work(place: Place) -> None:
            with jax.default_device(place.device):
                while not self.stopping:
                    try:
                        job = waiting.get_nowait()
                    except queue.Empty:
                        return
                    try:
                        job(place)
                    except BaseException:
                        self.stopping = True
                        raise

        pool = concurrent.futures.ThreadPoolExecutor(len(self.places), "alignrnn")
        try:
            with pool:
                workers = [pool.submit(work, place) for place in self.places]
                try:
                    self._wait(workers, while_waiting)
                except BaseException:
                    self.stopping = True
                    raise
        finally:
            self.store.write_table()
        for worker in workers:
            worker.result()
        if self.standing.failed:
            reasons = "; ".join(self.standing.failed.values())
            raise FailedRunsError(f"{len(self.standing.failed)} of the runs failed: {reasons}")

    def _wait(self, workers: list[concurrent.futures.Future], while_waiting) -> None:
        while not all(worker.done() for worker in workers):
            concurrent.futures.wait(workers, timeout=0.25)
            if while_waiting is not None:
                while_waiting(self.standing)
            self._write_table_now_and_then()
        if while_waiting is not None:
            while_waiting(self.standing)

    def _write_table_now_and_then(self) -> None:
        """So that the table of all runs is never far behind the records."""
        now = time.monotonic()
        if len(self.store) > self._in_table and now > self._table_written + _TABLE_SECONDS:
            self._in_table, self._table_written = len(self.store), now
            self.store.write_table()

    def sweep(self, configurations: Iterable[Configuration]) -> list[Job]:
        """The jobs that give every configuration a record; what has one already needs none."""
        wanted = {each.identity: each for each in configurations}.values()
        if self.keeps_networks:
            self._carry_over(self._missing(wanted))
        missing = self._missing(wanted)
        left = {each.identity for each in missing}
        with self._lock:
            self.standing.total += len(wanted)
            self.standing.count(self.store[each] for each in wanted if each.identity not in left)
        return [self._group_job(group) for group in self._portions(groups_of(missing))]

    def _missing(self, configurations: Iterable[Configuration]) -> list[Configuration]:
        """Those that are to be trained: without a record, or without a network where one is kept,
        or stopped."""

        def is_missing(each: Configuration) -> bool:
            record = self.store.get(each)
            is_kept = not self.keeps_networks or self.store.network(each.identity).is_file()
            return record is None or record.status == "stopped" or not is_kept

        return [each for each in configurations if is_missing(each)]

    def _carry_over(self, configurations: Sequence[Configuration]) -> None:
        """Record what follows from other runs of the same lineages, which ended by themselves."""
        of_lineage: dict[str | None, list[Record]] = {}
        for record in self.store if configurations else ():
            if self.store.network(record.identity).is_file():
                of_lineage.setdefault(lineage_of(record), []).append(record)
        for each in configurations:
            for record in of_lineage.get(lineage(each), ()):
                if (same := carried_over(record, each)) is not None:
                    self.store.carry_over(record, same)
                    break

    def _group_job(self, group: Group) -> Job:
        return lambda place: self._train(group, place, until_solved=False)

    def until_solved_job(self, group: Group) -> Job:
        """`until_solved` of a group, as a job."""

        def job(place: Place) -> None:
            self.until_solved(group, place)

        return job

    def complete(self, configurations: Sequence[Configuration], place: Place) -> list[Record]:
        """The records of these configurations, those missing trained now, at this place; without
        those that failed."""
        missing = self._missing(configurations)
        with self._lock:
            self.standing.total += len(missing)
        for group in groups_of(missing):
            self._train(group, place, until_solved=False)
        return [record for each in configurations if (record := self.store.get(each)) is not None]

    def until_solved(self, group: Group, place: Place) -> Record | None:
        """Train configurations of one group side by side until one of them is solved; its record,
        or None if all ended otherwise, or training was stopped. Runs that were still training once
        one is solved leave no record.

        Of several solved at the same check, or in records of before, the one of the fewest
        iterations is taken, then the first in the order given.
        """
        if (found := self._first_solved(group)) is None:
            missing = self._missing(group)
            if missing:
                with self._lock:
                    self.standing.total += len(missing)
                self._train(missing, place, until_solved=True)
                found = self._first_solved(group)
        if found is not None or not self.stopping:
            self._checkpoints.forget(map(self._name, group))
        return found

    def _first_solved(self, group: Group) -> Record | None:
        records = [self.store.get(each) for each in group]
        solved = [record for record in records if record is not None and record.solved]
        return min(solved, key=lambda record: record.iterations, default=None)

    def _portions(self, groups: list[Group]) -> list[Group]:
        """Where there are fewer groups than can be trained at once, they are cut so that there is
        work for all."""
        if not groups or len(groups) >= self.parallel:
            return groups
        cuts = -(-self.parallel // len(groups))
        return [portion for group in groups for portion in _cut(group, cuts)]

    def _train(self, group: Group, place: Place, *, until_solved: bool) -> None:
        """Train runs of one group, each part from where its checkpoint left it."""
        names = [(each.identity, lineage(each)) for each in group]
        parts = self._checkpoints.find(names, before=group[0].protocol["max_iterations"])
        if until_solved and len(parts) > 1:
            # Side by side means that all are at the same iteration.
            parts = [(list(range(len(group))), None)]
        for indices, checkpoint in parts:
            if self.stopping:
                return
            part = [group[index] for index in indices]
            try:
                self._train_part(part, checkpoint, place, until_solved)
            except UnfitCheckpointError as unfit:
                warnings.warn(
                    f"checkpoint of {_label(part)}: {unfit}; they begin anew", Notice, stacklevel=2
                )
                self._train_part(part, None, place, until_solved)

    def _in_halves(self, group: Group, why: str, place: Place, until_solved: bool) -> None:
        """Go on with runs that cannot be trained together; one that cannot be by itself fails."""
        missing = self._missing(group)
        if len(missing) == 1:
            with self._lock:
                self.standing.failed[missing[0].identity] = f"{_label(missing)}: {why}"
            return
        half = len(missing) // 2
        message = f"{_label(missing)}: {why}; going on with {half} at a time"
        warnings.warn(message, Notice, stacklevel=2)
        for part in (missing[:half], missing[half:]):
            self._train(part, place, until_solved=until_solved)

    def _train_part(
        self, group: Group, checkpoint: Checkpoint | None, place: Place, until_solved: bool
    ) -> None:
        label = _label(group)
        self.standing.training[place] = (label, None)
        race = self.race if until_solved else None
        checks_after = None if self.on_check is None else 0
        work = Work(group, checkpoint, race, until_solved, self.keeps_networks, checks_after)
        left = dict(enumerate(map(self._name, group)))
        kept = time.monotonic()
        try:
            with contextlib.closing(place.train(work)) as slices:
                for each in slices:
                    self._tell(group, each.checks)
                    if each.ended:
                        self._record({left.pop(at): run for at, run in each.ended.items()})
                    if work.is_enough(each.ended):
                        with self._lock:
                            self.standing.total -= len(left)
                        break
                    if each.snapshot is not None:
                        self.standing.training[place] = (label, each.snapshot)
                    is_last = self.stopping  # asked once: who stops must have kept what there is
                    is_due = is_last or time.monotonic() - kept >= self.checkpoint_every
                    if each.checkpoint is not None and is_due:
                        self._checkpoints.put(list(left.values()), each.checkpoint())
                        kept = time.monotonic()
                    if is_last and left:
                        if self.keeps_networks and each.stop is not None:
                            self._put(each.stop().values())
                        break
        except DoesNotFit as reason:
            self._in_halves(group, str(reason), place, until_solved)
        finally:
            self.standing.training.pop(place, None)

    def _tell(self, group: Group, checks: Iterable[Check]) -> None:
        """Pass on what was found, before it is recorded: so that nothing recorded is untold."""
        if self.on_check is not None:
            with self._telling:
                for check in checks:
                    self.on_check(group[check.run], check)

    def _name(self, configuration: Configuration) -> str:
        """By which checkpoints know a run."""
        return lineage(configuration) if self.keeps_networks else configuration.identity

    def _record(self, ended: Mapping[str, Ended]) -> None:
        """Record runs, by their names, and keep the last states of those that could go on."""
        self._put(ended.values())
        states = {name: run.last_state for name, run in ended.items() if run.last_state is not None}
        if states:
            self._checkpoints.put(list(states), Checkpoint.together(list(states.values())))
        self._checkpoints.forget(name for name in ended if name not in states)
        with self._lock:
            self.standing.count(each.record for each in ended.values())

    def _put(self, ended: Collection[Ended]) -> None:
        """Write networks, then records: a record says that all is there."""
        for each in ended:
            if each.network is not None:
                self.store.put_network(each.record.identity, each.network)
        self.store.put(*(each.record for each in ended))


def _over(store: Store) -> set[str]:
    """The names of runs that need no checkpoint any more."""
    records = [record for record in store if record.status != "stopped"]
    ended = (lineage_of(record) for record in records if not would_go_on(record))
    return {record.identity for record in records} | {each for each in ended if each is not None}


def _label(group: Group) -> str:
    first = group[0]
    task = first.build_task()
    runs = f"{len(group)} runs" if len(group) > 1 else f"run {first.identity}"
    return f"{task.name} T={task.length} {first.rule['name']}, {runs}"


def groups_of(configurations: Iterable[Configuration]) -> list[Group]:
    """Configurations by what can be trained together, in the order of first appearance."""
    groups: dict[tuple, Group] = {}
    for each in configurations:
        groups.setdefault(each.group, []).append(each)
    return list(groups.values())


def _cut(group: Group, parts: int) -> list[Group]:
    return [portion for start in range(parts) if (portion := group[start::parts])]
