"""Workers of a cluster that have fallen silent: named, and replaced, so that others get their work.

A process that stands still (SIGSTOP, a suspended job, a machine off the network) keeps its
connection, so that Dask waits for it. What it lacks are its heartbeats, one every second or few;
training and compiling do not hold them up.
"""

import contextlib
import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Notice

_SILENT_SECONDS = 60.0
"""Without a heartbeat, after which a worker is given up."""
_LOOK_SECONDS = 5.0
_ANSWER_SECONDS = 10.0


class Watch:
    """Looks after the workers of one client. May be used from several threads."""

    def __init__(self, client: Any):
        self.client = client
        self._looking = threading.Lock()
        self._looked = time.monotonic()
        self._heard: dict[str, tuple[float, float]] = {}
        """By address: the last heartbeat, by the scheduler's clock, and our seconds without one."""
        self._named: set[str] = set()

    def look(self) -> None:
        """Replace workers that have been silent for too long. To be called often: it asks the
        scheduler every few seconds."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            passed = time.monotonic() - self._looked
            # A scheduler that does not answer is not ours to tell of: whoever waits for it does.
            if passed >= _LOOK_SECONDS:
                with contextlib.suppress(OSError, TimeoutError):
                    self._look(passed)
        finally:
            self._looking.release()

    def _look(self, passed: float) -> None:
        workers = self._ask("identity")["workers"]
        self._looked = time.monotonic()
        # This process may itself have stood still, as after Ctrl-Z.
        silent = self._silent(workers, min(passed, 2 * _LOOK_SECONDS))
        self._named &= set(silent)
        others = len(workers) > len(silent)
        replaceable = [each for each in silent if others or workers[each]["nanny"]]
        for address in silent:
            if address not in self._named:
                self._named.add(address)
                _tell(address, workers[address], address in replaceable)
        if replaceable:
            self._replace(replaceable)

    def _silent(self, workers: Mapping[str, Mapping], passed: float) -> list[str]:
        heard = {}
        for address, worker in workers.items():
            seen, seconds = self._heard.get(address, (None, 0.0))
            same = worker["last_seen"] == seen
            heard[address] = worker["last_seen"], seconds + passed if same else 0.0
        self._heard = heard
        return [address for address, (_, seconds) in heard.items() if seconds >= _SILENT_SECONDS]

    def _replace(self, addresses: Iterable[str]) -> None:
        """Their nannies kill them and start new ones; those without, or whose nanny is silent too,
        are no part of the cluster any more, and end if they wake."""
        self._ask(
            "restart_workers",
            workers=list(addresses),
            timeout=_ANSWER_SECONDS,
            wait_for_workers=False,
            on_error="return",
            stimulus_id=f"alignrnn-silent-{time.time()}",
        )

    def _ask(self, what: str, **arguments: Any) -> Any:
        """Something of the scheduler. Raises `OSError` or `TimeoutError` where it is gone."""
        if self.client.scheduler is None:
            raise ConnectionError
        ask = getattr(self.client.scheduler, what)
        return self.client.sync(ask, callback_timeout=4 * _ANSWER_SECONDS, **arguments)


def _tell(address: str, worker: Mapping[str, Any], is_replaced: bool) -> None:
    goes_on = (
        "it is given up, and its runs go on elsewhere"
        if is_replaced
        else "there is no other, so its runs wait until it wakes or another joins"
    )
    who = f"worker {worker['name']} ({address}, on {worker['host']})"
    message = f"{who} has been silent for {_SILENT_SECONDS:g} seconds: {goes_on}"
    warnings.warn(message, Notice, stacklevel=2)
