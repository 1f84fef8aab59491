"""What ends a command from outside: Ctrl-C, SIGTERM, and SIGHUP, when the terminal goes away."""

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType

INTERRUPTED = 130
"""Exit status after any of them, with what was reached written."""

_ASKING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextlib.contextmanager
def ctrl_c_ends_at_once() -> Iterator[None]:
    """Within it, where nothing has begun that could be kept, Ctrl-C ends the process without a
    word: an exception would, on its way through somebody's import, become a traceback."""
    in_charge = threading.current_thread() is threading.main_thread()
    if not in_charge or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class StopRequest:
    """Within it, the first Ctrl-C, SIGTERM or SIGHUP asks training to end and to keep what was
    reached.

    A second Ctrl-C raises KeyboardInterrupt; a third ends the process then and there. After SIGHUP
    there is nobody to speak to, and whatever is still said to the terminal goes nowhere. A signal
    that the process was started to ignore, as by `nohup`, is left alone.
    """

    def __init__(self):
        self.requested = False
        self._interrupts = 0
        self._previous: dict[int, object] = {}

    def __call__(self) -> bool:
        return self.requested

    def __enter__(self) -> "StopRequest":
        for number in _ASKING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        if self._interrupts > 1:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a third one wants no cleaning up

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        if number == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts > 2:
                _end_now()
            if self._interrupts == 2:
                raise KeyboardInterrupt
        elif number != signal.SIGTERM:
            _speak_to_nobody()


def _speak_to_nobody() -> None:
    """A terminal that is gone answers every word with an error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)


def _end_now() -> None:
    """Without the interpreter's own end, which waits for threads and may abort in XLA's."""
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\r\n")  # the cursor, which a live display hides
    os._exit(INTERRUPTED)
