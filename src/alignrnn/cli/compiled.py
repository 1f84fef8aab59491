"""Compiled programs are kept between commands, for compiling takes seconds: JAX's own persistent
cache, switched on here and nowhere else, for a library does not configure its user's JAX.

Whoever has set `JAX_COMPILATION_CACHE_DIR` has it there, and `JAX_ENABLE_COMPILATION_CACHE=false`
switches it off. A program that cannot be kept, or read, costs its compilation and nothing else.
"""

import contextlib
import hashlib
import os
import platform
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..files import cache_folder

LARGEST = 512 * 2**20
"""Bytes kept, of all machines that share the folder. A program has 0.1 to 1 MiB."""
_LEAST_SECONDS = 0.1
"""Of compiling, for a program to be kept. Of shorter ones a command has dozens, and reading one
back is no faster."""
_KEYS = {
    *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),
}
_TROUBLE = re.compile("Error (reading|writing) persistent compilation cache entry for '([^']*)'")


@contextlib.contextmanager
def kept_programs() -> Iterator[None]:
    """While a command runs, its programs are taken from the cache, and put there."""
    import jax

    config: Any = jax.config  # whose fields are unknown to pyright
    is_wanted = config.jax_compilation_cache_dir is None and config.jax_enable_compilation_cache
    folder = _usable_folder() if is_wanted else None
    if folder is None:
        yield
        return
    settings: dict[str, Any] = {"jax_compilation_cache_dir": str(folder)}
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        settings["jax_persistent_cache_min_compile_time_secs"] = _LEAST_SECONDS
    before = {name: getattr(config, name) for name in settings}
    _configure(settings)
    try:
        with _in_silence(folder):
            yield
    finally:
        _configure(before)


def _configure(settings: dict[str, Any]) -> None:
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    for name, value in settings.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()  # which folder it is, is looked up only once


def _usable_folder() -> Path | None:
    """Where programs of this machine are kept; None where nothing can be, or should be.

    Programs are code: of a folder that others may write to, nothing is run.
    """
    try:
        root = cache_folder() / "programs"
        folder = root / _machine()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in (root, folder):
            status = each.stat()
            is_own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if not is_own or status.st_mode & 0o022 or not os.access(each, os.W_OK):
                return None
        _make_room(root)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    return folder


def _machine() -> str:
    """A name for all that a program was compiled for beside what JAX looks at itself: it is made
    for one processor's instructions, and for so many threads."""
    from ..training import available_cores

    processor = platform.machine(), platform.processor()
    try:
        first, _, _ = Path("/proc/cpuinfo").read_text().partition("\n\n")
        lines = [line for line in first.splitlines() if line.partition(":")[0].strip() in _KEYS]
    except OSError:  # not Linux: no other machine's, then
        lines = [platform.node()]
    threads = available_cores(), os.environ.get("NPROC")
    return hashlib.sha256(repr((processor, lines, threads)).encode()).hexdigest()[:16]


def _make_room(root: Path) -> None:
    """Remove what was not used for longest. Whoever is just reading it compiles anew.

    JAX can do so itself, but then holds a lock at every program, and a process killed while it
    writes one leaves a file over which every later one stumbles.
    """
    entries = []
    for path in root.glob("*/*-cache"):
        with contextlib.suppress(OSError):
            status = path.stat()
            entries.append((max(status.st_atime, status.st_mtime), status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= LARGEST:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size


@contextlib.contextmanager
def _in_silence(folder: Path) -> Iterator[None]:
    """What cannot be read is removed, or JAX would never write it again: one cut short by a full
    disk or a kill, say. It names the function alone, so all its programs go."""
    otherwise = warnings.showwarning

    def show(message, category, *where):
        trouble = _TROUBLE.match(str(message))
        if trouble is None:
            otherwise(message, category, *where)
        elif trouble[1] == "reading":
            for path in folder.glob(f"{trouble[2]}-*-cache"):
                with contextlib.suppress(OSError):
                    path.unlink()

    with warnings.catch_warnings():
        warnings.filterwarnings("always", _TROUBLE.pattern)
        warnings.showwarning = show
        yield
