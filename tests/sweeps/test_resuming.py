"""Whatever interrupts a sweep, it ends with the records it would have had."""

import contextlib
import dataclasses
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import jax
import pytest

import alignrnn.sweeps.places
from alignrnn import ConfigurationError
from alignrnn.errors import DamagedFileWarning, FailedRunsError, Notice
from alignrnn.results import Checkpoints, open_store, read_store
from alignrnn.sweeps import Engine, load_grid, local_places
from alignrnn.training import Training

from ..limited import limited
from .cases import RUNS

pytestmark = pytest.mark.usefixtures("compiled_once")

ONE = jax.devices()[:1]


def swept(path, configurations=RUNS, **options):
    """The records of a sweep, without their times, by identity."""
    with open_store(path, "test") as store:
        engine = Engine(store, local_places(ONE), **options)
        engine.run(engine.sweep(configurations))
        return timeless(store)


def timeless(store):
    return {each.identity: dataclasses.replace(each, seconds=0.0) for each in store}


def checkpoints(path):
    return list((path / "checkpoints").glob("*"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return swept(tmp_path_factory.mktemp("undisturbed") / "out")


def stop_after(monkeypatch, engine, calls):
    """Ask the engine to stop once its program has been called so often."""

    class Stops(alignrnn.sweeps.places.Training):
        made = 0

        def advance(self):
            ended = super().advance()
            self.made += 1
            if self.made == calls:
                engine.stop()
            return ended

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", Stops)


@pytest.fixture
def begun_at(monkeypatch):
    """The iteration each training began at."""
    seen = []

    class Noted(Training):
        def __init__(self, *arguments, start_from, **options):
            seen.append(0 if start_from is None else start_from.iteration)
            super().__init__(*arguments, start_from=start_from, **options)

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", Noted)
    return seen


class TestStopping:
    @pytest.mark.parametrize(("calls", "iteration"), [(1, 10), (2, 20), (3, 40)])
    def test_it_leaves_a_checkpoint_and_goes_on_from_it(
        self, undisturbed, tmp_path, monkeypatch, begun_at, calls, iteration
    ):
        with open_store(tmp_path, "test") as store, monkeypatch.context() as patched:
            engine = Engine(store, local_places(ONE), checkpoint_every=1000)
            stop_after(patched, engine, calls)
            engine.run(engine.sweep(RUNS))
            assert len(store) in (0, 2)  # the diverged, if it was stopped after they were
            assert len(checkpoints(tmp_path)) == 1
        assert swept(tmp_path) == undisturbed
        assert begun_at == [0, iteration]
        assert checkpoints(tmp_path) == []

    def test_time_spent_before_it_counts(self, undisturbed, tmp_path, monkeypatch):
        with open_store(tmp_path, "test") as store, monkeypatch.context() as patched:
            engine = Engine(store, local_places(ONE))
            stop_after(patched, engine, 2)
            started = time.monotonic()
            engine.run(engine.sweep(RUNS[:1]))
            before = time.monotonic() - started
        with open_store(tmp_path, "test") as store:
            engine = Engine(store, local_places(ONE))
            engine.run(engine.sweep(RUNS[:1]))
            (record,) = store
        assert record.seconds > before / 2

    def test_a_checkpoint_every_so_many_seconds_and_none_before(self, tmp_path, monkeypatch):
        written = []
        monkeypatch.setattr(
            "alignrnn.results.Checkpoints.put", lambda _self, ids, _: written.append(len(ids))
        )
        swept(tmp_path / "seldom", checkpoint_every=1000)
        assert written == []
        swept(tmp_path / "often", checkpoint_every=0)
        assert written
        assert set(written) <= {2, 4}

    def test_a_damaged_checkpoint_is_named_and_the_runs_begin_anew(
        self, undisturbed, tmp_path, monkeypatch, begun_at
    ):
        with open_store(tmp_path, "test") as store, monkeypatch.context() as patched:
            engine = Engine(store, local_places(ONE))
            stop_after(patched, engine, 2)
            engine.run(engine.sweep(RUNS))
        (file,) = checkpoints(tmp_path)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        with pytest.warns(DamagedFileWarning, match=rf"{file.name}: its checksum does not match"):
            assert swept(tmp_path) == undisturbed
        assert begun_at == [0, 0]

    def test_a_checkpoint_of_another_version_is_no_use_and_is_said(
        self, undisturbed, tmp_path, monkeypatch, begun_at
    ):
        """Whole, of these very runs, but its arrays are not those this version trains with."""
        with open_store(tmp_path, "test") as store, monkeypatch.context() as patched:
            engine = Engine(store, local_places(ONE))
            stop_after(patched, engine, 2)
            engine.run(engine.sweep(RUNS))
            identities = [each.identity for each in RUNS if store.get(each) is None]
            ((_, checkpoint),) = engine._checkpoints.find([(each,) for each in identities], 60)
            arrays = dict(checkpoint.arrays)
            name = "state.network.layers[0].parameters['w_hh']"
            arrays["state.network.hh"] = arrays.pop(name)
            engine._checkpoints.put(identities, dataclasses.replace(checkpoint, arrays=arrays))
        with pytest.warns(Notice, match=r"it has no state.network.* of run 0; .*begin anew"):
            assert swept(tmp_path) == undisturbed


class TestSeveralRecordsAtOnce:
    """Runs that end with the same check are recorded together, or none of them is."""

    @pytest.mark.parametrize("written", [1, 2, 3])
    def test_killed_in_the_middle_they_are_completed(self, undisturbed, tmp_path, written):
        records = list(undisturbed.values())[:3]
        real = os.replace
        count = 0

        def dies(source, target):
            nonlocal count
            count += 1
            real(source, target)
            if count == written:
                raise KeyboardInterrupt

        with open_store(tmp_path, "test") as store, pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "replace", dies)
            with pytest.raises(KeyboardInterrupt):
                store.put(*records)
        assert len(read_store(tmp_path)) == written - 1
        with open_store(tmp_path, "test") as store:
            assert timeless(store) == {each.identity: each for each in records}
        assert not (tmp_path / "pending.jsonl").exists()

    def test_a_damaged_list_is_set_aside(self, undisturbed, tmp_path):
        open_store(tmp_path, "test").close()
        (tmp_path / "pending.jsonl").write_text('{"half": ')
        with pytest.warns(DamagedFileWarning, match="pending.jsonl: it is cut short"):
            store = open_store(tmp_path, "test")
        store.close()
        assert len(store) == 0


def test_a_full_disk_stops_the_sweep_with_one_line_and_it_goes_on_once_there_is_room(
    undisturbed, tmp_path, monkeypatch
):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    open_store(tmp_path, "test").close()
    (tmp_path / "runs.csv").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ConfigurationError, match="No space left on device") as caught:
            swept(tmp_path, checkpoint_every=0)
    assert len(str(caught.value).splitlines()) == 1
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"lock", "store.json"}  # nothing half-written
    assert swept(tmp_path) == undisturbed


def test_a_directory_removed_meanwhile_is_made_again(undisturbed, tmp_path, monkeypatch):
    """With what was recorded, and what is being trained."""
    out = tmp_path / "out"
    original, removed = Checkpoints.put, []

    def put(self, *arguments):
        original(self, *arguments)
        if not removed:
            removed.append(out)
            shutil.rmtree(out)

    monkeypatch.setattr(Checkpoints, "put", put)
    assert swept(out, checkpoint_every=0) == undisturbed
    assert removed
    assert timeless(read_store(out)) == undisturbed
    assert (out / "runs.csv").is_file()
    with open_store(out, "test"), pytest.raises(ConfigurationError, match="is writing there"):
        open_store(out, "test")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sweep grid.toml --out out", "out: got 'out/records', but it cannot be written"),
        ("sweep grid.toml --out out --workers 1", "workers: got 1, but they cannot be started"),
        ("train temporal-order --out out", "out: got 'out/records', but it cannot be written"),
    ],
)
def test_where_no_file_may_be_written_it_is_one_line_and_nothing_is_begun(tmp_path, command, said):
    """ulimit -f 0"""
    (tmp_path / "grid.toml").write_text("task.name = 'temporal-order'\nrule.name = 'bptt'")
    ended = limited("-f 0", command.split(), at=tmp_path)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"alignrnn: error: {said}")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "grid.toml"]


class TestMemory:
    """In place of a device without room: a training that says so."""

    @pytest.fixture
    def room_for(self, monkeypatch):
        asked = []

        def limit(runs_that_fit):
            class Limited(Training):
                def __init__(self, task, runs, *arguments, **options):
                    asked.append(len(runs))
                    if len(runs) > runs_that_fit:
                        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory")
                    super().__init__(task, runs, *arguments, **options)

            monkeypatch.setattr(alignrnn.sweeps.places, "Training", Limited)
            return asked

        return limit

    def test_a_group_is_halved_until_it_fits(self, undisturbed, tmp_path, room_for):
        asked = room_for(2)
        with pytest.warns(Notice, match=r"4 runs: the memory of .* too small; going on with 2"):
            assert swept(tmp_path) == undisturbed
        assert asked == [4, 2, 2]

    def test_a_run_that_does_not_fit_alone_fails_and_its_neighbours_do_not(
        self, tmp_path, room_for
    ):
        room_for(0)
        with (
            pytest.raises(FailedRunsError, match=r"4 of the runs failed: .* too small") as caught,
            pytest.warns(Notice),
        ):
            swept(tmp_path)
        assert all(each.identity in str(caught.value) for each in RUNS)

    def test_other_errors_are_passed_on(self, tmp_path, monkeypatch):
        def fails(*arguments, **options):
            raise jax.errors.JaxRuntimeError("INTERNAL: something else")

        monkeypatch.setattr(alignrnn.sweeps.places, "Training", fails)
        with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
            swept(tmp_path)


GRID = """
seed = [0, 1]
task = { name = "temporal-order", length = 10 }
cell = { hidden_size = 8 }

[protocol]
max_iterations = 30000
check_every = 500
patience = 0
solved_below = 0
validation_samples = 100
diagnostics = true

[[grid]]
rule = { name = "lra-diff", target_step = 80 }
optimizer = { learning_rate = [0.01, 0.02], momentum = 0.5 }
[[grid]]
rule = { name = "tptt" }
"""
"""Two groups, some six seconds of training on two cores."""
OFTEN = ("--checkpoint-every", "0")


def until_another_checkpoint(out, before, process):
    """Until training has gone on from the checkpoints of before, or all is over."""
    deadline = time.monotonic() + 120
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            if {file: file.stat().st_mtime_ns for file in checkpoints(out)} != before:
                return
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_twenty_times_at_random_it_ends_with_the_same_records(tmp_path):
    """SIGKILL to the real command, at any moment from its first file on."""
    (tmp_path / "grid.toml").write_text(GRID)
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "programs"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.2",
    }

    def command(out):
        return subprocess.Popen(
            [sys.executable, "-m", "alignrnn", "sweep", "grid.toml", "--out", out, *OFTEN],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    _, errors = (undisturbed := command("undisturbed")).communicate(timeout=300)
    assert undisturbed.returncode == 0, errors
    expected = timeless(read_store(tmp_path / "undisturbed"))
    assert len(expected) == len(load_grid(tmp_path / "grid.toml").configurations) == 6
    assert {record.iterations for record in expected.values()} == {30_000}

    wait, kills, sweeps, in_the_middle = random.Random(5), 0, 0, 0
    while kills < 20:
        killed_at = kills
        out = tmp_path / f"killed-{sweeps}"
        while True:
            process = command(out.name)
            before = {file: file.stat().st_mtime_ns for file in checkpoints(out)}
            if wait.random() < 0.8:
                until_another_checkpoint(out, before, process)
                time.sleep(wait.uniform(0.0, 2.0))
            else:
                time.sleep(wait.uniform(0.5, 8.0))
            if kills < 20 and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                recorded = len(list((out / "records").glob("*.json")))
                in_the_middle += bool(checkpoints(out)) and recorded < 6
                continue
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors
            break
        assert kills > killed_at
        assert timeless(read_store(out)) == expected
        assert checkpoints(out) == []
        sweeps += 1
    assert in_the_middle >= 10
