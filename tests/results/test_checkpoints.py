"""Checkpoints on disk: whole or set aside by name, and no longer there than they are needed."""

import errno
import os
import pickle

import numpy as np
import pytest

from alignrnn import ConfigurationError
from alignrnn.errors import DamagedFileWarning
from alignrnn.results import Checkpoints
from alignrnn.results.checkpoint_file import (
    DamagedCheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from alignrnn.training import Checkpoint


def checkpoint(iteration=40, runs=3):
    draw = np.random.default_rng(iteration)
    return Checkpoint(
        iteration,
        {
            "state.network.w_hh": draw.normal(size=(runs, 4, 4)).astype(np.float32),
            "state.key": draw.integers(0, 2**32, (runs, 2), np.uint32),
            "best_error": np.array([np.inf, 0.5, np.nan])[:runs],
            "entries": draw.normal(size=(runs, 0, 3)),
            "seconds": np.arange(runs, dtype=float),
        },
    )


def assert_equal(one, other):
    assert one.iteration == other.iteration
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])
        assert array.dtype == other.arrays[name].dtype


class TestFile:
    def test_it_comes_back_equal(self, tmp_path):
        save_checkpoint(tmp_path / "one", ["a", "b", "c"], checkpoint())
        identities, back = load_checkpoint(tmp_path / "one")
        assert identities == ["a", "b", "c"]
        assert_equal(back, checkpoint())
        assert [path.name for path in tmp_path.iterdir()] == ["one"]

    @pytest.mark.parametrize("mask", [0x01, 0x80])
    def test_a_flipped_bit_anywhere_is_found(self, tmp_path, mask):
        path = tmp_path / "one"
        save_checkpoint(path, ["a", "b", "c"], checkpoint())
        content = path.read_bytes()
        for at in [*range(120), *range(120, len(content), 7)]:
            flipped = bytearray(content)
            flipped[at] ^= mask
            path.write_bytes(flipped)
            with pytest.raises(DamagedCheckpointError):
                load_checkpoint(path)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (lambda whole: whole[:-1], "its checksum does not match"),
            (lambda whole: whole[:15], "it is cut short, or no checkpoint"),
            (lambda _: b"", "it is cut short, or no checkpoint"),
            (lambda whole: whole.replace(b"checkpoint 1 ", b"checkpoint 0 "), "it is of format 0"),
            (lambda _: pickle.dumps({"a": 1}), "it is cut short, or no checkpoint"),
        ],
    )
    def test_what_is_none_is_refused_with_why(self, tmp_path, content, why):
        path = tmp_path / "one"
        save_checkpoint(path, ["a", "b", "c"], checkpoint())
        path.write_bytes(content(path.read_bytes()))
        with pytest.raises(DamagedCheckpointError, match=why):
            load_checkpoint(path)

    def test_nothing_is_run_from_one(self, tmp_path):
        """An array of objects would be a pickle: it can be neither written nor read."""
        bad = Checkpoint(1, {"seconds": np.array([print], object)})
        save_checkpoint(tmp_path / "one", ["a"], bad)
        with pytest.raises(DamagedCheckpointError, match="its arrays cannot be read"):
            load_checkpoint(tmp_path / "one")


def find(shelf, *runs, before=1000):
    """Of runs with one name each."""
    return shelf.find([(name,) for name in runs], before)


def files(path):
    return sorted(file.name for file in path.iterdir())


class TestShelf:
    def test_each_run_is_found_at_its_place_in_any_order(self, tmp_path):
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a", "b", "c"], checkpoint())
        for opened in (shelf, Checkpoints(tmp_path, ())):
            ((places, found), (others, nothing)) = find(opened, "c", "new", "a")
            assert (places, others, nothing) == ([0, 2], [1], None)
            assert_equal(found, checkpoint().of([2, 0]))
        assert find(shelf, "new") == [([0], None)]
        assert find(shelf) == []

    def test_of_a_run_s_names_the_furthest_counts_that_is_not_too_far(self, tmp_path):
        """Its own, and that of all who may take more iterations, or fewer."""
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a", "b"], checkpoint(40, runs=2))
        shelf.put(["all of a"], checkpoint(60, runs=1))
        for before, expected in ((100, 60), (60, 40)):
            ((places, found),) = shelf.find([("a", "all of a")], before)
            assert (places, found.iteration) == ([0], expected)
        assert shelf.find([("a", "all of a")], 40) == [([0], None)]
        ((_, one), (_, other)) = shelf.find([("a", "all of a"), ("b", "all of b")], 100)
        assert (one.iteration, other.iteration) == (60, 40)

    def test_a_later_one_takes_the_place_of_an_earlier(self, tmp_path):
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a", "b", "c"], checkpoint(40))
        shelf.put(["a", "b", "c"], checkpoint(60))
        assert len(files(tmp_path)) == 1
        assert find(shelf, "a")[0][1].iteration == 60

    def test_a_file_goes_once_no_run_needs_it(self, tmp_path):
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a", "b", "c"], checkpoint(40))
        shelf.put(["a", "b"], checkpoint(60, runs=2))
        assert len(files(tmp_path)) == 2  # c is in the first alone
        shelf.forget(["c"])
        assert len(files(tmp_path)) == 1
        shelf.forget(["a", "b", "never seen"])
        assert files(tmp_path) == []

    def test_of_two_files_on_the_disk_the_later_iteration_counts(self, tmp_path):
        """As a process leaves them that is killed between writing one and removing the other."""
        first = Checkpoints(tmp_path, ())
        first.put(["a", "b"], checkpoint(60, runs=2))
        for number, iteration in enumerate((40, 80)):
            save_checkpoint(tmp_path / f"{number}.checkpoint", ["a", "b"], checkpoint(iteration, 2))
        opened = Checkpoints(tmp_path, ())
        assert find(opened, "a", "b")[0][1].iteration == 80
        assert files(tmp_path) == ["1.checkpoint"]

    def test_one_being_written_is_no_leftover_to_another_thread(self, tmp_path):
        def write(file, make):
            make(file)
            shelf.forget(["x"])  # as another group does meanwhile

        shelf = Checkpoints(tmp_path, (), write)
        shelf.put(["a", "b", "c"], checkpoint())
        assert len(files(tmp_path)) == 1
        ((places, found),) = find(shelf, "a", "b", "c")
        assert places == [0, 1, 2]
        assert_equal(found, checkpoint())

    def test_what_is_recorded_needs_none(self, tmp_path):
        Checkpoints(tmp_path, ()).put(["a", "b", "c"], checkpoint())
        opened = Checkpoints(tmp_path, {"a"})
        assert find(opened, "a") == [([0], None)]
        assert find(opened, "b")[0][0] == [0]
        Checkpoints(tmp_path, {"a", "b", "c"})
        assert files(tmp_path) == []

    def test_a_damaged_one_is_named_and_set_aside_and_its_runs_begin_anew(self, tmp_path):
        Checkpoints(tmp_path, ()).put(["a"], checkpoint(runs=1))
        (name,) = files(tmp_path)
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-3])
        with pytest.warns(DamagedFileWarning, match=rf"{name}: its checksum .*begin anew"):
            opened = Checkpoints(tmp_path, ())
        assert find(opened, "a") == [([0], None)]
        assert files(tmp_path) == [name.replace(".checkpoint", ".damaged")]

    def test_one_damaged_after_it_was_opened_is_noticed_too(self, tmp_path):
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a", "b"], checkpoint(runs=2))
        (name,) = files(tmp_path)
        (tmp_path / name).write_bytes(b"")
        with pytest.warns(DamagedFileWarning, match="its runs begin anew"):
            assert find(shelf, "a", "b") == [([0, 1], None)]

    def test_a_full_disk_is_said_and_leaves_what_was_there(self, tmp_path, monkeypatch):
        shelf = Checkpoints(tmp_path, ())
        shelf.put(["a"], checkpoint(40, runs=1))
        before = files(tmp_path)

        def full(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(ConfigurationError, match="No space left on device"):
                shelf.put(["a"], checkpoint(60, runs=1))
        assert files(tmp_path) == before
        assert find(shelf, "a")[0][1].iteration == 40
        shelf.put(["a"], checkpoint(60, runs=1))
        assert find(shelf, "a")[0][1].iteration == 60
