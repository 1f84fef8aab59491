"""Event files for TensorBoard, one a run; needs the extra `alignrnn[tensorboard]`."""

import struct
import time
from typing import Any

from ..training import Check
from .base import Log, numbers_of

_FILE = "events.out.tfevents.alignrnn"
"""TensorBoard asks for the middle of it."""
_VERSION = "brain.Event:2"
"""How TensorFlow calls files of this form."""
_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")
"""Of an event in a file: its length, the checksum of that, itself, its checksum."""


class TensorBoardLog(Log):
    """Event files that TensorBoard shows (`tensorboard --logdir PATH`), in `path` a folder a run:
    `loss`, `error` and `learning_rate`, and where they are recorded `diagnostics/…`, their means
    over the time steps.

    An event is on the disk once its check is over. See `Log` for `path`, `append` and `names`.
    Raises `ConfigurationError` where tensorboardX is not installed.

    Examples:
        With `train(…, on_check=log)` it is told of every check, as here of one:

        >>> import alignrnn as ar
        >>> from pathlib import Path
        >>> log = ar.TensorBoardLog("events")
        >>> log(ar.Check(0, 100, loss=0.5, error=0.1, learning_rate=0.01, diagnostics={}))
        >>> [run.name for run in Path("events").iterdir()]
        ['run-0']
    """

    name = "tensorboard"
    package = "tensorboardX"  # rather than tensorboard, which brings a web server and gRPC

    def _open(self) -> None:
        from tensorboardX.proto.event_pb2 import Event  # pyright: ignore
        from tensorboardX.record_writer import masked_crc32c  # pyright: ignore[reportMissingImports]

        self._event, self._checksum = Event, masked_crc32c

    def _is_there(self) -> bool:
        return any(self.path.glob("*/*tfevents*"))

    def _last_of(self, name: str) -> int:
        """What was cut short, by a kill or a full disk, or is damaged, is taken away."""
        file = self.path / name / _FILE
        if not file.exists():
            return 0
        last, at = 0, 0
        with file.open("rb+") as opened:
            content = opened.read()
            while (body := at + _LENGTH.size + _CHECKSUM.size) <= len(content):
                end = body + _LENGTH.unpack_from(content, at)[0]
                event = content[body:end]
                if content[end : end + _CHECKSUM.size] != self._checksum_of(event):
                    break
                last = self._event.FromString(event).step
                at = end + _CHECKSUM.size
            opened.truncate(at)
        return last

    def _write(self, name: str, check: Check) -> None:
        event = self._event(step=check.iteration, wall_time=time.time())
        for each, number in numbers_of(check).items():
            tag = f"diagnostics/{each}" if each in check.diagnostics else each
            event.summary.value.add(tag=tag, simple_value=number)
        file = self.path / name / _FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as opened:
            if not opened.tell():
                opened.write(self._framed(self._event(file_version=_VERSION)))
            opened.write(self._framed(event))

    def _framed(self, event: Any) -> bytes:
        body = event.SerializeToString()
        length = _LENGTH.pack(len(body))
        return length + self._checksum_of(length) + body + self._checksum_of(body)

    def _checksum_of(self, content: bytes) -> bytes:
        return _CHECKSUM.pack(self._checksum(content))
