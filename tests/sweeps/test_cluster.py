"""A sweep on a Dask cluster: real schedulers and workers, processes of their own, on loopback."""

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignrnn import ConfigurationError
from alignrnn.cli import main
from alignrnn.errors import FailedRunsError, Notice
from alignrnn.results import Store, open_store, read_store
from alignrnn.sweeps import Engine, expand, local_places
from alignrnn.sweeps.cluster import ClusterPlace, _keeping_programs, cluster_places

from .cases import BASE, LONG, RUNS

pytestmark = pytest.mark.usefixtures("compiled_once")

SEARCH = expand(
    {
        **BASE,
        "optimizer": {"learning_rate": [1e-12, 0.05]},
        "protocol": {
            "max_iterations": 400,
            "check_every": 20,
            "validation_samples": 100,
            "solved_below": 0.5,
        },
    }
)
"""One never gets better, one is solved."""
LOCAL = ("--workers", "2", "--checkpoint-every", "1")
KILLER = expand({**BASE, "protocol": RUNS[0].protocol, "seed": [1, 2, 13, 4]})
"""Of which one kills its worker, see `kills_its_worker.py`."""


def timeless(records):
    return {each.identity: dataclasses.replace(each, seconds=0.0, software={}) for each in records}


def swept(path, configurations, places, **options):
    with open_store(path, "test") as store:
        engine = Engine(store, places, **options)
        engine.run(engine.sweep(configurations))
        return timeless(store)


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    """The records as one process makes them, by the configurations."""
    made = {}

    def records(configurations):
        key = configurations[0].identity
        if key not in made:
            path = tmp_path_factory.mktemp("in_process") / "out"
            made[key] = swept(path, configurations, local_places())
        return made[key]

    return records


@dataclasses.dataclass
class Cluster:
    """A scheduler and workers that a test starts and ends as it likes."""

    port: int
    environment: dict
    stack: contextlib.ExitStack
    folder: Path

    @property
    def address(self):
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, program, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        self.stack.callback(kill, process)
        return process

    def scheduler(self):
        process = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=1),
            ):
                return process
            time.sleep(0.1)
        raise TimeoutError

    def worker(self, *options):
        return self.start(
            "worker",
            self.address,
            *("--nthreads", "1", "--memory-limit", "0", "--no-dashboard"),
            *options,
        )


def kill(process):
    """The process and all it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def cluster(tmp_path, programs):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.2",
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    with contextlib.ExitStack() as stack:
        yield Cluster(port, environment, stack, tmp_path)


class InBackground(threading.Thread):
    """A sweep whose outcome is asked for later."""

    def __init__(self, *arguments, **options):
        super().__init__(daemon=True)
        self.call = lambda: swept(*arguments, **options)
        self.records = self.error = None
        self.start()

    def run(self):
        try:
            self.records = self.call()
        except Exception as error:
            self.error = error

    def outcome(self):
        self.join(timeout=240)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.records


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def checkpointed(path):
    return lambda: any((path / "checkpoints").glob("*.checkpoint"))


class TestSameRecords:
    def test_long_runs_are_long(self, in_process):
        """Or nothing below would be killed in the middle."""
        assert {each.iterations for each in in_process(LONG).values()} == {80_000}

    def test_with_workers_of_its_own(self, tmp_path, in_process):
        with cluster_places(workers=2, slice_seconds=60) as (places, parallel):
            assert parallel == 2
            assert swept(tmp_path / "out", RUNS, places, parallel=2) == in_process(RUNS)

    def test_until_solved_ends_there_too_with_the_first(self, tmp_path):
        """A run that never gets better has no record then, in process and on a worker."""

        def search(path, places):
            with open_store(path, "test") as store:
                engine = Engine(store, places)
                engine.run([lambda place: engine.until_solved(list(SEARCH), place)])
                return timeless(store)

        expected = search(tmp_path / "here", local_places())
        assert [record.solved for record in expected.values()] == [True]
        with cluster_places(workers=1, slice_seconds=60) as (places, _):
            assert search(tmp_path / "there", places) == expected

    @pytest.mark.slow
    def test_with_a_scheduler_and_workers_started_elsewhere_in_slices(
        self, tmp_path, cluster, in_process
    ):
        cluster.scheduler()
        cluster.worker()
        cluster.worker()
        out = tmp_path / "out"
        with cluster_places(scheduler=cluster.address, slice_seconds=0.5) as (places, _):
            assert swept(out, LONG, places, checkpoint_every=0, parallel=2) == in_process(LONG)
        assert not checkpointed(out)()


@pytest.mark.slow
class TestFaults:
    def test_a_worker_killed_in_the_middle_of_a_group(self, tmp_path, cluster, in_process):
        cluster.scheduler()
        first = cluster.worker()
        out = tmp_path / "out"
        with cluster_places(scheduler=cluster.address, slice_seconds=1) as (places, _):
            sweep = InBackground(out, LONG, places, checkpoint_every=0, parallel=1)
            until(checkpointed(out))
            kill(first)
            cluster.worker()
            assert sweep.outcome() == in_process(LONG)

    def test_a_worker_that_joins_late(self, tmp_path, cluster, in_process):
        """There is none when the sweep begins."""
        cluster.scheduler()
        with cluster_places(scheduler=cluster.address, slice_seconds=1) as (places, _):
            sweep = InBackground(tmp_path / "out", LONG, places, checkpoint_every=0, parallel=1)
            time.sleep(2)
            assert sweep.is_alive()
            cluster.worker()
            assert sweep.outcome() == in_process(LONG)

    def test_a_scheduler_killed_and_started_again_and_the_sweep_too(
        self, tmp_path, cluster, in_process
    ):
        scheduler = cluster.scheduler()
        cluster.worker()
        out = tmp_path / "out"
        with cluster_places(scheduler=cluster.address, slice_seconds=1) as (places, _):
            sweep = InBackground(out, LONG, places, checkpoint_every=0, parallel=1)
            until(checkpointed(out))
            kill(scheduler)
            with pytest.raises(ConfigurationError, match=r"scheduler: .*the same command goes on"):
                sweep.outcome()
        assert checkpointed(out)()
        cluster.scheduler()
        cluster.worker()
        with cluster_places(scheduler=cluster.address, slice_seconds=60) as (places, _):
            assert swept(out, LONG, places) == in_process(LONG)

    def test_a_run_that_always_kills_its_worker_fails_alone(self, tmp_path, cluster, in_process):
        cluster.scheduler()
        preload = ("--preload", "tests.sweeps.kills_its_worker")
        cluster.worker(*preload)
        out = tmp_path / "out"
        with (
            cluster_places(scheduler=cluster.address, slice_seconds=60) as (places, _),
            pytest.warns(Notice, match="workers died of it"),
            pytest.raises(FailedRunsError, match=r"1 of the runs failed: .*workers died") as failed,
        ):
            swept(out, KILLER, places, parallel=1)
        assert KILLER[2].identity in str(failed.value)
        expected = in_process(KILLER)
        kept = timeless(read_store(out))
        assert len(kept) == 3
        assert kept == {key: expected[key] for key in kept}


@pytest.mark.slow
class TestSilence:
    """Of workers that stand still: stopped by a signal, as a batch system does to suspend a job."""

    @pytest.fixture(autouse=True)
    def a_short_minute(self, monkeypatch):
        monkeypatch.setattr("alignrnn.sweeps.silence._SILENT_SECONDS", 5)
        monkeypatch.setattr("alignrnn.sweeps.silence._LOOK_SECONDS", 0.5)

    def test_one_of_two_local_workers(self, tmp_path, in_process):
        out = tmp_path / "out"
        with cluster_places(workers=2, slice_seconds=1) as (places, _):
            address, process = next(iter(places[0].client.run(os.getpid).items()))

            def swept_meanwhile():
                sweep = InBackground(out, LONG, places, checkpoint_every=0, parallel=2)
                until(checkpointed(out))
                os.kill(process, signal.SIGSTOP)
                return sweep.outcome()

            with pytest.warns(Notice, match=rf"{address}.* silent for 5 seconds: it is given up"):
                records = swept_meanwhile()
            assert records == in_process(LONG)
            # One nobody has noticed yet does not keep the cluster from ending.
            os.kill(next(iter(places[0].client.run(os.getpid).values())), signal.SIGSTOP)
            closing = time.monotonic()
        assert time.monotonic() - closing < 60

    def test_a_machine_with_all_its_processes_which_wakes_again(
        self, tmp_path, cluster, in_process, written
    ):
        cluster.scheduler()
        first, _ = cluster.worker(), cluster.worker()
        out = tmp_path / "out"
        with cluster_places(scheduler=cluster.address, slice_seconds=1) as (places, _):
            threads = places[0].client.nthreads
            until(lambda: len(threads()) == 2)

            def swept_meanwhile():
                sweep = InBackground(out, LONG, places, checkpoint_every=0, parallel=2)
                until(checkpointed(out))
                # Who has nothing to do when it falls silent holds nobody up.
                until(lambda: all(places[0].client.processing().values()))
                os.killpg(first.pid, signal.SIGSTOP)
                until(lambda: len(threads()) == 1)
                os.killpg(first.pid, signal.SIGCONT)
                return sweep.outcome()

            with pytest.warns(Notice, match="silent for 5 seconds: it is given up"):
                records = swept_meanwhile()
        assert records == in_process(LONG)
        assert sorted(written) == sorted(each.identity for each in LONG)

    def test_the_only_worker_there_is_waited_for(self, tmp_path, cluster, in_process, written):
        cluster.scheduler()
        only = cluster.worker("--no-nanny")
        out = tmp_path / "out"
        with cluster_places(scheduler=cluster.address, slice_seconds=1) as (places, _):

            def swept_meanwhile(warned):
                sweep = InBackground(out, LONG, places, checkpoint_every=0, parallel=1)
                until(checkpointed(out))
                os.killpg(only.pid, signal.SIGSTOP)
                until(lambda: len(warned) > 0)
                time.sleep(2)
                os.killpg(only.pid, signal.SIGCONT)
                return sweep.outcome()

            with pytest.warns(Notice, match="there is no other, so its runs wait") as warned:
                records = swept_meanwhile(warned)
        assert len(warned) == 1
        assert records == in_process(LONG)
        assert sorted(written) == sorted(each.identity for each in LONG)

    @pytest.fixture
    def written(self, monkeypatch, in_process):
        """The identities of all records, as often as a cluster's are written."""
        in_process(LONG)
        identities, put = [], Store.put

        def noted(self, *records):
            identities.extend(record.identity for record in records)
            put(self, *records)

        monkeypatch.setattr(Store, "put", noted)
        return identities


@pytest.mark.slow
def test_ctrl_c_ends_workers_too_without_a_traceback(tmp_path, programs):
    """In a terminal it reaches every process."""
    (tmp_path / "grid.toml").write_text(
        "task = { name = 'temporal-order' }\nrule = { name = 'bptt' }\nseed = [0, 1, 2, 3]\n"
        "protocol = { patience = 0, solved_below = 0 }\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "alignrnn", "sweep", "grid.toml", "--out", "out", *LOCAL],
        cwd=tmp_path,
        env=os.environ | {"JAX_COMPILATION_CACHE_DIR": str(programs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until(checkpointed(tmp_path / "out"))
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        kill(process)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "stopped; the same command goes on from here" in output
    assert checkpointed(tmp_path / "out")()


class TestMistakes:
    def test_an_unreachable_scheduler_is_one_line_within_ten_seconds(
        self, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.chdir(tmp_path)
        Path("grid.toml").write_text('task = { name = "temporal-order" }\nrule = { name = "bptt" }')
        started = time.monotonic()
        address = "tcp://127.0.0.1:9"
        assert main(["sweep", "grid.toml", "--out", "out", "--scheduler", address]) == 2
        assert time.monotonic() - started < 10
        assert capsys.readouterr().err == (
            f"alignrnn: error: scheduler: got '{address}', but no Dask scheduler answers there "
            "(OSError)\n"
        )

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ("--workers 0", "workers: got 0, but it must be an integer of at least 1"),
            ("--workers 2 --devices 1", "workers: got 2, but it does not go with --devices"),
            (
                "--workers 2 --scheduler tcp://a:1",
                "scheduler: got 'tcp://a:1', but it does not go with --workers",
            ),
            (
                "--scheduler nonsense:x",
                "scheduler: got 'nonsense:x', but it must be an address like tcp://HOST:PORT",
            ),
        ],
    )
    def test_bad_options_are_one_line(self, tmp_path, monkeypatch, capsys, options, message):
        monkeypatch.chdir(tmp_path)
        Path("grid.toml").write_text('task = { name = "temporal-order" }\nrule = { name = "bptt" }')
        assert main(["sweep", "grid.toml", "--out", "out", *options.split()]) == 2
        assert not Path("out").exists()
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"alignrnn: error: {message}")

    def test_what_is_no_address_is_one_line_and_nothing_after_it(self, tmp_path):
        """A process of its own: what Dask adds, it adds when the interpreter ends."""
        (tmp_path / "grid.toml").write_text("task.name = 'temporal-order'\nrule.name = 'bptt'")
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "alignrnn",
                "sweep",
                "grid.toml",
                "--out=out",
                "--scheduler=foo",
            ],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 2
        assert ended.stderr == (
            "alignrnn: error: scheduler: got 'foo', but it must be an address like tcp://HOST:PORT "
            "(missing port number in address 'foo')\n"
        )

    def test_without_the_extra_it_is_named(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setitem(sys.modules, "alignrnn.sweeps.cluster", None)
        Path("grid.toml").write_text('task = { name = "temporal-order" }\nrule = { name = "bptt" }')
        assert main(["sweep", "grid.toml", "--out", "out", "--workers", "2"]) == 2
        assert "it needs the extra: pip install 'alignrnn[cluster]'" in capsys.readouterr().err


def test_local_workers_keep_programs_beside_those_of_a_command_that_does(programs, monkeypatch):
    """`compiled_once` is such a one."""
    assert _keeping_programs(3) == {}  # what the user has set, workers have too
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    told = _keeping_programs(3)
    assert told["JAX_COMPILATION_CACHE_DIR"] == f"{programs}-3"
    assert told["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0.5"
    assert told["PYTHONWARNINGS"].endswith("ignore:Error writing persistent")


class _Cancelled:
    """A future as Dask leaves it where the scheduler was lost while somebody waited for it."""

    def __init__(self, *, is_cancelled):
        self.is_cancelled = is_cancelled

    def result(self, timeout):
        raise UnboundLocalError("cannot access local variable 'result'")

    def cancelled(self):
        return self.is_cancelled


def test_a_future_that_is_cancelled_while_it_is_waited_for_is_a_lost_scheduler():
    client = SimpleNamespace(scheduler=None)
    place = ClusterPlace(client, 1.0, watch=None)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match="it does not answer any more"):
        list(place._wait(_Cancelled(is_cancelled=True)))
    with pytest.raises(UnboundLocalError):  # a fault of another kind is not hidden
        list(place._wait(_Cancelled(is_cancelled=False)))
