"""A command under a limit of the shell's: what `ulimit` says before it."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .terminal import alignrnn

PATIENCE = 240
"""Seconds; machines are slow and shared."""


def limited(
    limit: str, words: Sequence[str], *, at: Path | None = None, cores: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `alignrnn` with these words under `ulimit LIMIT`, in a directory, on so many cores."""
    on = ["taskset", "-c", ",".join(map(str, range(cores)))] if cores else []
    command = shlex.join([*on, *alignrnn(*words)])
    return subprocess.run(
        ["/bin/bash", "-c", f"ulimit {limit}; exec {command}"],
        cwd=at,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
