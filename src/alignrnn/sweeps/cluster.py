"""Groups trained by the workers of a Dask cluster; needs the extra `alignrnn[cluster]`.

A task of the cluster is a slice: a group is trained for some time, then the records of the runs
that ended and a checkpoint of the others come back, are written here, by the one writer, and the
next slice goes to whoever is free. So a worker that dies or falls silent costs one slice, and a
worker that joins gets work with the next one.
"""

import contextlib
import dataclasses
import logging
import os
import queue
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import dask.config
import distributed
import jax
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from .._types import Device
from ..errors import ConfigurationError, check_integer
from ..training import Check, Checkpoint, Snapshot, available_cores
from .places import DoesNotFit, Ended, LocalPlace, Place, Slice, Work
from .silence import Watch

_ANSWER_SECONDS = 5
_POLL_SECONDS = 0.2
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""Run by local workers: Ctrl-C reaches them too, but it is for us, who end them in order."""
_DEATHS = 2
"""Of workers, silent ones that were given up among them, after which a group is taken apart."""
_LEAST_PLACES = 16
"""So many groups are offered at once at least, for workers that join later."""


@dataclass
class Answer:
    """What comes back from a worker."""

    ended: dict[int, Ended] = field(default_factory=dict)
    """The runs that did, by their places in the group."""
    checkpoint: Checkpoint | None = None
    """Of the others, in their order; None: there are none, or nobody wants to know more."""
    snapshot: Snapshot | None = None
    checks: list[Check] = field(default_factory=list)
    does_not_fit: str | None = None
    """Why nothing could be trained; None: it could."""


class _Devices:
    """This worker's devices; each thread takes one that no other has, as long as there are any."""

    def __init__(self):
        self.free: queue.LifoQueue[Device] = queue.LifoQueue()
        for device in jax.local_devices()[::-1]:
            self.free.put(device)

    @contextlib.contextmanager
    def take(self) -> Iterator[Device]:
        try:
            device = self.free.get_nowait()
        except queue.Empty:
            yield jax.local_devices()[0]
            return
        try:
            yield device
        finally:
            self.free.put(device)


def train_for(work: Work, seconds: float) -> Answer:
    """Train a group for so long, or to its end. Runs on a worker."""
    devices = vars(distributed.get_worker()).setdefault("alignrnn_devices", _Devices())
    answer, until = Answer(), time.monotonic() + seconds
    with devices.take() as device, jax.default_device(device):
        try:
            for each in LocalPlace(device).train(work):
                answer.ended |= each.ended
                answer.snapshot = each.snapshot
                answer.checks += each.checks
                if work.is_enough(each.ended):
                    break
                if each.checkpoint is not None and time.monotonic() >= until:
                    answer.checkpoint = each.checkpoint()
                    break
        except DoesNotFit as reason:
            answer.does_not_fit = str(reason)
    return answer


class ClusterPlace(Place):
    """Whichever worker of a cluster is free."""

    def __init__(self, client: Any, slice_seconds: float, watch: Watch):
        self.client = client
        self.slice_seconds = slice_seconds
        self.watch = watch
        self.device = jax.devices()[0]

    def __str__(self) -> str:
        return "the cluster"

    def train(self, work: Work) -> Generator[Slice, None, None]:
        """A slice is what comes back from a worker, or nothing, while it is waited for."""
        left, checkpoint = list(range(len(work.group))), work.start_from
        checks_after = work.checks_after
        while left:
            group = [work.group[at] for at in left]
            part = dataclasses.replace(
                work, group=group, start_from=checkpoint, checks_after=checks_after
            )
            answer = yield from self._answer(part)
            if answer.does_not_fit is not None:
                raise DoesNotFit(answer.does_not_fit)
            checkpoint = answer.checkpoint
            checks = [dataclasses.replace(each, run=left[each.run]) for each in answer.checks]
            ended = {left[at]: each for at, each in answer.ended.items()}
            left = [at for at in left if at not in ended]
            if checks_after is not None and checkpoint is not None:
                checks_after = checkpoint.iteration
            taken = None if checkpoint is None else (lambda taken=checkpoint: taken)
            yield Slice(ended, answer.snapshot, checks, taken)

    def _answer(self, work: Work) -> Generator[Slice, None, Answer]:
        for _ in range(_DEATHS):
            # What has begun goes first. Not to a worker by name: where that one is gone, Dask keeps
            # a task waiting for it, whatever `allow_other_workers` says.
            future = self.client.submit(
                train_for,
                work,
                self.slice_seconds,
                pure=False,
                priority=0 if work.start_from is None else 10,
            )
            try:
                return (yield from self._wait(future))
            except KilledWorker:
                continue
            finally:
                future.cancel()
        raise DoesNotFit(f"{_DEATHS} workers died of it")

    def _wait(self, future: Any) -> Generator[Slice, None, Answer]:
        while True:
            try:
                return future.result(timeout=_POLL_SECONDS)
            except TimeoutError:
                yield Slice()
                self.watch.look()
            except (distributed.CancelledError, CommClosedError, UnboundLocalError) as error:
                # Dask's `sync` ends so where a future is cancelled while it is waited for.
                if isinstance(error, UnboundLocalError) and not future.cancelled():
                    raise
                yield Slice()  # whoever was stopped has no use for the error
                raise ConfigurationError(
                    "scheduler",
                    self.client.scheduler.address if self.client.scheduler else "lost",
                    "it does not answer any more; the same command goes on from here",
                ) from None


@contextlib.contextmanager
def cluster_places(
    *, workers: int | None = None, scheduler: str | None = None, slice_seconds: float
) -> Iterator[tuple[list[Place], int]]:
    """Places on a Dask cluster, and how many groups it can train at once: one of `workers` local
    processes, or that of a `scheduler`'s address.

    Raises `ConfigurationError` where no scheduler answers.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        address: Any = scheduler
        if workers is not None:
            check_integer("workers", workers, 1)
            address = stack.enter_context(_local_cluster(workers))
        client = _connect(address)
        stack.callback(client.close)
        slots = sum(client.nthreads().values())
        count, watch = max(_LEAST_PLACES, 2 * slots), Watch(client)
        yield [ClusterPlace(client, slice_seconds, watch) for _ in range(count)], max(1, slots)


@contextlib.contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    threads = max(1, available_cores() // workers)
    settings: dict[str, Any] = {
        # We count deaths ourselves, see `_DEATHS`, and look after silent workers, see `Watch`.
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-ttl": None,
    }
    with dask.config.set(settings):
        try:
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # of its own: there may be another cluster
                memory_limit=0,
                # XLA's threads; with one a core in every worker, they get in each other's way.
                env={"NPROC": str(threads), **_keeping_programs(threads)},
                preload=_DEAF,
                silence_logs=logging.CRITICAL,
            )
        except (RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigurationError(
                "workers", workers, f"they cannot be started here ({reason})"
            ) from None
        with cluster:
            yield cluster


def _keeping_programs(threads: int) -> dict[str, str]:
    """What lets workers keep compiled programs beside those of this process, if it keeps any; not
    with them, which are for other threads. Trouble with them is nothing to tell."""
    config: Any = jax.config  # whose fields are unknown to pyright
    folder = config.jax_compilation_cache_dir
    if not folder or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return {}
    ignored = ("Error reading persistent", "Error writing persistent")
    given = os.environ.get("PYTHONWARNINGS")
    least = config.jax_persistent_cache_min_compile_time_secs
    return {
        "JAX_COMPILATION_CACHE_DIR": f"{folder}-{threads}",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": str(least),
        "PYTHONWARNINGS": ",".join(filter(None, (given, *(f"ignore:{each}" for each in ignored)))),
    }


class _Client(distributed.Client):
    """One that is closed by whoever made it; one that never connected has nothing to close, and
    Dask's own waits ten seconds to say so."""

    def __del__(self):
        pass


def _connect(address: Any) -> Any:
    try:
        return _Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        allowed = f"no Dask scheduler answers there ({type(error).__name__})"
    except (ValueError, TypeError) as error:  # TypeError: of a protocol that is not set up
        allowed = f"it must be an address like tcp://HOST:PORT ({error})"
    raise ConfigurationError("scheduler", str(address), allowed)
