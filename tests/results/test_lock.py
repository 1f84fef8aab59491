"""The lock of a directory, where one process ends just as another begins."""

import fcntl
import os

import pytest

from alignrnn.errors import ConfigurationError
from alignrnn.results.lock import LOCK, acquire


def test_a_lock_whose_file_is_removed_meanwhile_is_taken_anew(tmp_path, monkeypatch):
    """Held, a removed file would lock nothing: who comes next makes another."""
    flock = fcntl.flock
    removed = []

    def late(lock, operation):
        if not removed:
            (tmp_path / LOCK).unlink()
            removed.append(lock)
        flock(lock, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    lock = acquire(tmp_path)
    try:
        assert removed
        assert (tmp_path / LOCK).read_text().split()[0] == str(os.getpid())
        with pytest.raises(ConfigurationError, match=f"process {os.getpid()} .* is writing there"):
            acquire(tmp_path)
    finally:
        os.close(lock)
