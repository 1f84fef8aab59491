"""Programs kept between commands: the same bits, in a folder of this machine's, and never in the
way."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax._src.compilation_cache import decompress_executable
from jax.experimental.compilation_cache import compilation_cache

import alignrnn
from alignrnn.cli import compiled, main
from alignrnn.cli.compiled import kept_programs

TRAIN = [
    *("train", "temporal-order", "--length", "10", "--hidden-size", "7", "--no-diagnostics"),
    *("--max-iterations", "40", "--check-every", "20", "--validation-samples", "60"),
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who has set nothing, with a cache of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    before = {
        name: getattr(jax.config, name)
        for name in ("jax_compilation_cache_dir", "jax_enable_compilation_cache")
    }
    jax.config.update("jax_compilation_cache_dir", None)
    jax.config.update("jax_enable_compilation_cache", True)
    compilation_cache.reset_cache()
    monkeypatch.setattr(compiled, "_LEAST_SECONDS", 0.0)
    yield tmp_path / "cache"
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


def kept(home: Path) -> set[Path]:
    return set(home.glob("alignrnn/programs/*/*-cache"))


def is_whole(path: Path) -> bool:
    """Whether JAX can read it."""
    try:
        return bool(decompress_executable(path.read_bytes()))
    except Exception:
        return False


def forget_programs():
    """As a new process does."""
    alignrnn.training.program._kept_program.cache_clear()
    jax.clear_caches()


def trained(out: str) -> list[np.ndarray]:
    """What a command came to."""
    forget_programs()
    assert main([*TRAIN, "--out", out]) == 0
    (network,) = Path(out).glob("networks/*.npz")
    with np.load(network) as arrays:
        return [arrays[name] for name in sorted(arrays.files)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(sys.platform != "linux", reason="where the folder is")
class TestKept:
    @pytest.mark.slow
    def test_a_kept_program_gives_the_bits_of_one_just_compiled(self, home, monkeypatch):
        first = trained("first")
        programs = kept(home)
        assert any(path.name.startswith("jit__each_row-") for path in programs)
        hits = []
        jax.monitoring.register_event_listener(lambda event, **_: hits.append(event))
        second = trained("second")
        assert "/jax/compilation_cache/cache_hits" in hits
        assert kept(home) == programs
        jax.config.update("jax_enable_compilation_cache", False)
        fresh = trained("fresh")
        assert_same(first, second)
        assert_same(first, fresh)

    @pytest.mark.slow
    def test_damaged_programs_cost_their_compilation_and_are_replaced(self, home, capfd):
        first = trained("first")
        programs = kept(home)
        for path in programs:
            os.truncate(path, path.stat().st_size // 2)
        assert not any(is_whole(path) for path in programs)
        assert_same(first, trained("second"))
        assert kept(home) == programs
        assert all(is_whole(path) for path in programs)  # written anew
        assert "cache" not in capfd.readouterr().err

    def test_a_folder_that_cannot_be_is_left_alone(self, home, capfd):
        home.write_text("a file")
        trained("first")
        assert "cache" not in capfd.readouterr().err
        assert home.read_text() == "a file"

    def test_a_disk_that_is_full_is_not_told(self, home, capfd, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        with kept_programs():
            folder = Path(jax.config.jax_compilation_cache_dir)
            monkeypatch.setattr(Path, "write_bytes", full)
            forget_programs()
            assert float(jax.jit(lambda x: x * 3.25)(2.0)) == 6.5
        assert not list(folder.iterdir())
        assert capfd.readouterr().err == ""


class TestFolder:
    def test_settings_are_the_user_s_and_come_back(self, home, monkeypatch):
        with kept_programs():
            folder = Path(jax.config.jax_compilation_cache_dir)
            assert folder.parent == home / "alignrnn" / "programs"
            assert folder.stat().st_mode & 0o077 == 0
        assert jax.config.jax_compilation_cache_dir is None
        jax.config.update("jax_compilation_cache_dir", str(home / "mine"))
        with kept_programs():
            assert jax.config.jax_compilation_cache_dir == str(home / "mine")
        jax.config.update("jax_compilation_cache_dir", None)
        jax.config.update("jax_enable_compilation_cache", False)
        with kept_programs():
            assert jax.config.jax_compilation_cache_dir is None

    def test_another_processor_or_other_threads_have_another(self, home, monkeypatch):
        here = compiled._machine()
        assert compiled._machine() == here
        monkeypatch.setenv("NPROC", "3")
        threads = compiled._machine()
        read = Path.read_text
        text = re.sub("(?m)^(flags|Features).*", r"\1: none", read(Path("/proc/cpuinfo")))
        monkeypatch.setattr(
            Path, "read_text", lambda p: text if str(p) == "/proc/cpuinfo" else read(p)
        )
        assert len({here, threads, compiled._machine()}) == 3

    def test_nothing_is_run_from_where_others_may_write(self, home):
        (home / "alignrnn" / "programs").mkdir(parents=True)
        (home / "alignrnn" / "programs").chmod(0o777)
        with kept_programs():
            assert jax.config.jax_compilation_cache_dir is None

    def test_it_does_not_grow_for_ever(self, home, monkeypatch):
        folder = home / "alignrnn" / "programs" / "other"
        folder.mkdir(parents=True)
        for number in range(5):
            path = folder / f"jit_{number}-cache"
            path.write_bytes(bytes(100))
            os.utime(path, (number, number))
        monkeypatch.setattr(compiled, "LARGEST", 250)
        with kept_programs():
            pass
        assert sorted(path.name for path in folder.iterdir()) == ["jit_3-cache", "jit_4-cache"]

    def test_the_bench_and_the_library_keep_none(self, home, monkeypatch):
        folders = []
        for command, arguments in (("Bench", ["bench"]), ("Runs", ["runs", "somewhere"])):
            monkeypatch.setattr(
                f"alignrnn.cli.{command}.run",
                lambda _: folders.append(jax.config.jax_compilation_cache_dir) or False,
            )
            assert main(arguments) == 0
        assert folders == [None, None]
        monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
        code = "import alignrnn, jax; print(jax.config.jax_compilation_cache_dir)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "None\n"
