"""Sweeping: what is recorded is what training gives, wherever, whenever and in whatever company."""

import csv
import dataclasses
import json
import threading
import time

import jax
import numpy as np
import pytest

import alignrnn.sweeps.places
from alignrnn import ConfigurationError, train_many
from alignrnn.errors import DamagedFileWarning
from alignrnn.results import open_store, read_store, row_of
from alignrnn.sweeps import Engine, expand, groups_of, local_places
from alignrnn.training import Training

from .cases import BASE

pytestmark = pytest.mark.usefixtures("compiled_once")

ENDING = {"max_iterations": 40, "check_every": 20, "validation_samples": 100}
# One program for all groups: they differ in what is compiled into none. Compiling takes seconds.
WILD = expand(
    {**BASE, "protocol": ENDING, "optimizer": {"learning_rate": [0.01, 1e6]}, "seed": [0, 1]}
)
"""A group in which half of the runs diverge."""
CALM = expand({**BASE, "protocol": {**ENDING, "check_every": 10}, "seed": [2, 3]})
"""Another group."""
SEARCH = expand(
    {
        **BASE,
        "optimizer": {"learning_rate": [1e-12, 1e6, 0.02, 0.05]},
        "protocol": {**ENDING, "max_iterations": 400, "solved_below": 0.5},
    }
)
"""A group of which one never gets better, one diverges, and two are solved."""


def store_at(path):
    return open_store(path, "test")


def sweep(path, configurations, devices=None):
    """The records of a sweep of these, made in `path`."""
    with store_at(path) as store:
        engine = Engine(store, local_places(devices))
        engine.run(engine.sweep(configurations))
        return [store.get(each) for each in configurations]


def timeless(records):
    return [dataclasses.replace(record, seconds=0.0) for record in records]


def table(path):
    with (path / "runs.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture
def calls(monkeypatch):
    """How many runs each training was of."""
    counts = []

    class Counted(Training):
        def __init__(self, task, runs, *arguments, **options):
            counts.append(len(runs))
            super().__init__(task, runs, *arguments, **options)

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", Counted)
    return counts


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of both groups on two devices, and its directory."""
    path = tmp_path_factory.mktemp("sweep") / "out"
    return sweep(path, (*WILD, *CALM)), path


class TestRecords:
    def test_they_are_bit_by_bit_what_train_many_gives(self, swept):
        records, _ = swept
        made = iter(records)
        for group, device in ((WILD, 0), (CALM, 1)):
            results = train_many(
                group[0].build_task(),
                [each.build_run() for each in group],
                group[0].build_protocol(),
                devices=jax.devices()[device : device + 1],
            )
            for configuration, result, record in zip(group, results, made, strict=False):
                assert record.configuration == configuration.as_dict()
                assert (record.identity, record.status) == (configuration.identity, result.status)
                assert (record.iterations, record.best_iteration, record.best_error) == (
                    result.iterations,
                    result.best_iteration,
                    result.best_error,
                )
                np.testing.assert_array_equal(record.history["iteration"], result.history.iteration)
                np.testing.assert_array_equal(record.history["loss"], result.history.loss)
                np.testing.assert_array_equal(record.history["error"], result.history.error)
                assert record.seconds > 0

    def test_a_run_that_diverges_is_a_record_and_its_neighbours_do_not_notice(self, swept):
        records, _ = swept
        by_rate = {}
        for record in records[:4]:
            by_rate.setdefault(record.configuration["optimizer"]["learning_rate"], []).append(
                record
            )
        assert [record.status for record in by_rate[1e6]] == ["diverged"] * 2
        assert all(1 <= record.iterations < 40 for record in by_rate[1e6])
        assert [record.status for record in by_rate[0.01]] == ["max_iterations"] * 2
        assert all(np.isfinite(record.history["loss"]).all() for record in by_rate[0.01])

    def test_they_are_on_the_disk_as_they_were_made(self, swept):
        records, path = swept
        by_identity = {record.identity: record for record in read_store(path)}
        assert [by_identity[record.identity] for record in records] == records
        assert len(by_identity) == 6

    def test_the_table_equals_them(self, swept):
        records, path = swept
        rows = sorted((row_of(record) for record in records), key=lambda row: row["id"])
        with (path / "runs.csv").open(newline="") as file:
            found = list(csv.DictReader(file))
        assert found == [
            {column: "" if row.get(column) is None else str(row[column]) for column in found[0]}
            for row in rows
        ]

    def test_in_other_company_on_other_devices_they_are_the_same(self, swept, tmp_path, calls):
        """One group alone, cut in two, for there are two devices; in another order."""
        records, _ = swept
        again = sweep(tmp_path / "out", WILD[::-1], jax.devices()[:2])
        assert timeless(again[::-1]) == timeless(records[:4])
        assert calls == [2, 2]

    def test_a_second_device_is_not_needed(self, swept, tmp_path, calls):
        records, _ = swept
        assert timeless(sweep(tmp_path / "out", WILD, jax.devices()[:1])) == timeless(records[:4])
        assert calls == [4]


class TestGoingOn:
    def test_what_has_a_record_is_not_trained_again(self, swept, calls):
        records, path = swept
        before = table(path)
        assert sweep(path, (*WILD, *CALM)) == records
        assert calls == []
        assert table(path) == before

    def test_only_what_is_missing_is_trained(self, swept, tmp_path, calls):
        """A record that is damaged counts as missing."""
        records, _ = swept
        with store_at(tmp_path / "out") as store:
            for record in records[:4]:
                store.put(record)
        for record in records[1:3]:
            damaged = tmp_path / "out" / "records" / f"{record.identity}.json"
            damaged.write_text(damaged.read_text().replace("0.", "1.", 1))
        with pytest.warns(DamagedFileWarning, match="its run will be made again"):
            again = sweep(tmp_path / "out", WILD, jax.devices()[:1])
        assert calls == [2]
        assert timeless(again) == timeless(records[:4])
        assert len(table(tmp_path / "out")) == 4

    def test_stopped_and_started_again_the_records_are_the_same(self, swept, tmp_path, calls):
        records, path = swept
        out = tmp_path / "out"
        with store_at(out) as store:
            engine = Engine(store, local_places(jax.devices()[:1]))
            engine.standing.training = StopsAt(20, engine)
            engine.run(engine.sweep((*WILD, *CALM)))
            assert engine.stopping
            # The diverged have ended and are kept; the others were in the middle.
            assert {record.status for record in store} == {"diverged"}
            assert len(store) == 2
            assert engine.standing.done == 2
            assert engine.standing.total == 6
            assert len(table(out)) == 2  # while the store is open, too
        assert calls == [4]
        assert timeless(sweep(out, (*WILD, *CALM), jax.devices()[:2])) == timeless(records)
        assert sorted(calls[1:]) == [2, 2]
        assert table(out) == table(path)


class StopsAt(dict):
    """What devices are at, in place of an engine's own; stops it once a run is so far."""

    def __init__(self, iteration, engine):
        super().__init__()
        self.iteration, self.engine = iteration, engine

    def __setitem__(self, device, standing):
        super().__setitem__(device, standing)
        _, snapshot = standing
        if snapshot is not None and max(snapshot.iterations) >= self.iteration:
            self.engine.stop()


def until_stopped(engine):
    deadline = time.monotonic() + 30
    while not engine.stopping:
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestJobs:
    def test_every_device_takes_one_job_after_the_other(self, tmp_path):
        done = []
        both = threading.Barrier(2, timeout=60)

        def job(number):
            def work(place):
                if number < 2:
                    both.wait()  # passes only if two are at work side by side
                assert jax.numpy.zeros(1).devices() == {place.device}
                done.append((number, place.device))

            return work

        with store_at(tmp_path) as store:
            Engine(store, local_places(jax.devices()[:2])).run(map(job, range(6)))
        assert sorted(number for number, _ in done) == list(range(6))
        assert {device for _, device in done} == set(jax.devices()[:2])

    def test_an_exception_ends_the_others_and_is_raised(self, tmp_path):
        ended = []

        def fails(device):
            raise ConfigurationError("field", "value", "it must be other")

        with store_at(tmp_path) as store:
            engine = Engine(store, local_places(jax.devices()[:2]))

            def goes_on(place):
                until_stopped(engine)
                ended.append(place.device)

            def never(device):
                ended.append("never")

            with pytest.raises(ConfigurationError, match="field: got 'value'"):
                engine.run([goes_on, fails, never, never])
        assert ended in ([device] for device in jax.devices()[:2])  # whichever was first
        assert (tmp_path / "runs.csv").is_file()

    def test_an_exception_of_the_display_ends_the_jobs_too(self, tmp_path):
        with store_at(tmp_path) as store:
            engine = Engine(store, local_places(jax.devices()[:1]))

            def goes_on(device):
                until_stopped(engine)

            def interrupted(standing):
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                engine.run([goes_on], while_waiting=interrupted)

    def test_the_last_that_is_shown_is_how_it_ended(self, swept):
        _, path = swept
        shown = []
        with store_at(path) as store:
            engine = Engine(store, local_places(jax.devices()[:1]))
            engine.run(
                engine.sweep((*WILD, *CALM)), while_waiting=lambda now: shown.append(now.done)
            )
        assert shown[-1] == 6
        assert (engine.standing.total, engine.standing.solved) == (6, 0)

    def test_a_stopped_engine_trains_nothing_more(self, tmp_path, calls):
        with store_at(tmp_path) as store:
            engine = Engine(store, local_places(jax.devices()[:1]))
            engine.stop()
            engine.run([lambda place: engine.until_solved(list(WILD), place)])
            engine.run(engine.sweep(WILD))
        assert calls == []


class TestGroups:
    def test_they_are_of_what_can_be_trained_together(self):
        assert groups_of((*WILD, *CALM)) == [list(WILD), list(CALM)]
        mixed = (CALM[0], WILD[0], CALM[1], WILD[3])
        assert groups_of(mixed) == [[CALM[0], CALM[1]], [WILD[0], WILD[3]]]
        assert groups_of(()) == []

    @pytest.mark.parametrize(
        ("groups", "devices", "sizes"),
        [
            ((), 2, []),
            ((4,), 1, [4]),
            ((4,), 2, [2, 2]),
            ((5,), 3, [2, 2, 1]),
            ((2,), 5, [1, 1]),
            ((4, 4), 2, [4, 4]),
            ((4, 4, 4), 2, [4, 4, 4]),
            ((4, 3), 3, [2, 2, 2, 1]),
        ],
    )
    def test_fewer_than_devices_are_cut_so_that_all_have_work(
        self, tmp_path, groups, devices, sizes
    ):
        many = expand({**BASE, "seed": list(range(5))})
        with store_at(tmp_path) as store:
            engine = Engine(store, local_places(jax.devices()[:1] * devices))
            given = [[many[seed] for seed in range(size)] for size in groups]
            portions = engine._portions(given)
        assert [len(portion) for portion in portions] == sizes
        cut = sorted(each.seed for portion in portions for each in portion)
        assert cut == sorted(each.seed for group in given for each in group)


class TestUntilSolved:
    def search(self, path, group=SEARCH):
        found = []
        with store_at(path) as store:
            engine = Engine(store, local_places(jax.devices()[:1]))
            engine.run([lambda place: found.append(engine.until_solved(list(group), place))])
            return found[0], list(store), engine.standing

    def test_it_is_the_run_that_was_solved_first(self, tmp_path, calls):
        found, records, standing = self.search(tmp_path / "one")
        assert found is not None
        assert found.status == "solved"
        assert found.iterations < 400
        kept = {record.identity: record.status for record in records}
        # The one that goes on without getting anywhere has no record.
        assert SEARCH[0].identity not in kept
        assert kept[SEARCH[1].identity] == "diverged"
        assert kept[found.identity] == "solved"
        assert set(kept.values()) == {"diverged", "solved"}
        assert min(r.iterations for r in records if r.solved) == found.iterations
        assert standing.total == standing.done == len(records)

        again, _, _ = self.search(tmp_path / "two")
        assert timeless([again]) == timeless([found])
        assert calls == [4, 4]
        known, _, _ = self.search(tmp_path / "one")
        assert known == found
        assert calls == [4, 4]

    def test_of_several_solved_at_the_same_check_the_first_in_order(self, tmp_path):
        easy = [
            dataclasses.replace(each, protocol={**each.protocol, "solved_below": 2.0})
            for each in SEARCH
        ]
        found, records, _ = self.search(tmp_path, easy[::-1])
        assert found.identity == easy[3].identity
        assert [r.iterations for r in records if r.solved] == [20, 20, 20]

    def test_none_where_none_is_solved(self, tmp_path, calls):
        never = [
            dataclasses.replace(each, protocol={**each.protocol, "solved_below": 0, "patience": 1})
            for each in SEARCH
        ]
        found, records, _ = self.search(tmp_path, never)
        assert found is None
        assert len(records) == 4
        assert {record.status for record in records} <= {"diverged", "no_improvement"}
        assert self.search(tmp_path, never)[0] is None
        assert calls == [4]

    @pytest.mark.slow
    def test_runs_stopped_in_the_middle_are_begun_again(self, tmp_path):
        found, _, _ = self.search(tmp_path / "one")
        with store_at(tmp_path / "two") as store:
            engine = Engine(store, local_places(jax.devices()[:1]))
            engine.standing.training = StopsAt(10, engine)
            engine.run([lambda place: engine.until_solved(list(SEARCH), place)])
            assert not any(record.solved for record in store)
        again, _, _ = self.search(tmp_path / "two")
        assert timeless([again]) == timeless([found])


def test_complete_gives_every_record(tmp_path, swept, calls):
    records, _ = swept
    got = []
    with store_at(tmp_path) as store:
        for record in records[:2]:
            store.put(record)
        engine = Engine(store, local_places(jax.devices()[1:2]))
        engine.run([lambda place: got.extend(engine.complete((*CALM, *WILD), place))])
    assert timeless(got) == timeless((*records[4:], *records[:4]))
    assert calls == [2, 2]
    assert (engine.standing.total, engine.standing.done) == (4, 4)


def test_a_record_says_what_it_was_made_with(swept):
    records, path = swept
    content = json.loads((path / "records" / f"{records[0].identity}.json").read_text())
    assert content["software"]["jax"] == jax.__version__
    assert content["configuration"]["protocol"]["validation_samples"] == 100
