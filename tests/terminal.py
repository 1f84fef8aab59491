"""A command on a terminal of its own, as a person has it: a pseudo-terminal, and what it shows."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 240.0
"""Seconds; machines are slow and shared."""


@dataclass(frozen=True)
class Shown:
    """What a terminal got, and how the command ended."""

    raw: str
    status: int

    @property
    def text(self) -> str:
        """Without the codes that move and colour."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.raw)

    @property
    def end(self) -> str:
        """The last of it, for the message of a test that fails."""
        return self.text[-1500:]


class Terminal:
    """A command running on a terminal of so many columns; its session's leader, so that closing the
    terminal hangs it up."""

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 80,
        environment: Mapping[str, str] | None = None,
    ):
        self._master, terminal = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        # Whoever leads a session has as its terminal the first that it opens.
        opened = 'exec "$@" <>"$0" >&0 2>&1'
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", opened, os.ttyname(terminal), *command],
            start_new_session=True,
            env={
                **{name: value for name, value in os.environ.items() if name != "COLUMNS"},
                "TERM": "xterm-256color",
                **(environment or {}),
            },
        )
        self._wait_for_its_terminal(terminal)
        self._raw = b""

    def _wait_for_its_terminal(self, terminal: int) -> None:
        """Until the command has it, and it is ours no longer."""
        deadline = time.monotonic() + PATIENCE
        held = Path(f"/proc/{self._process.pid}/fd/0")
        while self._process.poll() is None and os.readlink(held) != os.ttyname(terminal):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.close(terminal)

    @property
    def raw(self) -> str:
        """All it got so far."""
        return self._raw.decode(errors="replace")

    def _read(self, seconds: float) -> bool:
        """Take what comes within so long; whether more may come."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other end any more
            return False
        self._raw += chunk
        return bool(chunk)

    def wait_for(self, happened: Callable[[str], bool]) -> None:
        """Until the text so far is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not happened(self.raw):
            assert time.monotonic() < deadline, self.raw[-1500:]
            assert self._read(0.2), self.raw[-1500:]

    def press(self, keys: bytes) -> None:
        """Type, as b"\\x03" for Ctrl-C."""
        os.write(self._master, keys)

    def hang_up(self) -> int:
        """Close the terminal; the exit status, negative for a signal."""
        os.close(self._master)
        return self._process.wait(PATIENCE)

    def end(self) -> Shown:
        """Wait until the command has ended."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.2):
            if time.monotonic() > deadline:
                self._process.kill()
        status = self._process.wait(PATIENCE)
        os.close(self._master)
        return Shown(self.raw, status)


def alignrnn(*words: str) -> list[str]:
    """The command, as installed beside this Python."""
    return [sys.executable, "-m", "alignrnn", *words]


def shown_on_terminal(
    command: Sequence[str], columns: int = 80, environment: Mapping[str, str] | None = None
) -> Shown:
    """Run a command to its end on a terminal."""
    return Terminal(command, columns, environment).end()
