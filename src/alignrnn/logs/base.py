"""What a log is: a function that is told of checks, and writes each of them once."""

import abc
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from ..errors import ConfigurationError, check_type
from ..files import not_written
from ..training import Check


class Log(abc.ABC):
    """Base of all logs, which are what `train(on_check=…)` takes.

    The runs of a training are called run-0, run-1, … in their order, unless `names` says otherwise.
    With `append` it goes on with what is at `path`: of a run's checks, those that are there are not
    written again. So a training that was killed, and goes on from before its last checks, leaves
    each of them once. Without it there must be nothing at `path`, or a `ConfigurationError` says
    so.
    """

    name: ClassVar[str]
    package: ClassVar[str | None] = None
    """What it is written with, of an extra of the log's name; None: nothing else is needed."""

    def __init__(
        self, path: str | Path, *, append: bool = False, names: Sequence[str] | None = None
    ):
        self.check_installed()
        check_type("path", path, str | os.PathLike, "it must be the place of a log to write")
        self.path = Path(path)
        self._names = names
        self._last: dict[str, int] = {}
        """Of each run that is there, the iteration of its last check."""
        if not append and self._is_there():
            allowed = "it is there already; append=True goes on with it"
            raise ConfigurationError("path", str(path), allowed)
        self._open()

    @classmethod
    def check_installed(cls) -> None:
        """Raises `ConfigurationError` where its package is missing."""
        if cls.package is not None and importlib.util.find_spec(cls.package) is None:
            allowed = f"it needs the extra: pip install 'alignrnn[{cls.name}]'"
            raise ConfigurationError("log", cls.name, allowed)

    def __call__(self, check: Check) -> None:
        """Write what a check found."""
        self.put(f"run-{check.run}" if self._names is None else self._names[check.run], check)

    def put(self, name: str, check: Check) -> None:
        """The same, of a run by its name. Raises `ConfigurationError` for a place that cannot be
        written."""
        try:
            if name not in self._last:
                self._last[name] = self._last_of(name)
            if check.iteration <= self._last[name]:
                return
            self._write(name, check)
        except OSError as error:
            raise not_written("log", self.path, error) from None
        self._last[name] = check.iteration

    @abc.abstractmethod
    def _is_there(self) -> bool:
        """Whether anything has been written at the path."""

    @abc.abstractmethod
    def _open(self) -> None:
        """Get ready to write behind what is there."""

    @abc.abstractmethod
    def _last_of(self, name: str) -> int:
        """The iteration of the last check of a run that is at the path; 0: there is none."""

    @abc.abstractmethod
    def _write(self, name: str, check: Check) -> None: ...


def numbers_of(check: Check) -> dict[str, float]:
    """What a check found by name; of each diagnostic the mean over the time steps."""
    means = {name: float(values.mean()) for name, values in check.diagnostics.items()}
    own = {"loss": check.loss, "error": check.error, "learning_rate": check.learning_rate}
    return own | means
