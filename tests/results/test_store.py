"""Records and the directory that keeps them: whole, or reported; one writer at a time."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest

from alignrnn import BPTT, RNN, ConfigurationError, Elman, Run, RunResult
from alignrnn.configuration import configuration
from alignrnn.errors import DamagedFileWarning
from alignrnn.results import (
    Record,
    open_store,
    read_store,
    record_of,
    row_of,
)
from alignrnn.results.record import FORMAT, DamagedRecordError, _checksum, from_json, to_json
from alignrnn.training import History

DEEP = 100_000 * "[" + 100_000 * "]"
LONG = f'{{"sha256": {5000 * "9"}}}'


def made(seed=0):
    return configuration(
        {"task": {"name": "temporal-order"}, "rule": {"name": "lra-diff"}, "seed": seed}
    )


def record(seed=0, **changes):
    """A record of a run nobody made."""
    content = {
        "identity": made(seed).identity,
        "configuration": made(seed).as_dict(),
        "status": "solved",
        "iterations": 40,
        "best_error": 0.125,
        "best_iteration": 40,
        "counts_errors": True,
        "seconds": 1.5,
        "history": {"iteration": [20, 40], "loss": [1.25, 0.1], "error": [0.5, 0.125]},
        "diagnostics": {"local_loss": [[0.1, 1e-30], [0.3, 5e-324]]},
        "software": {"jax": "0.0", "devices": ["TFRT_CPU_0"]},
    }
    return Record(**{**content, **changes})


def file_of(store, seed=0):
    return store.path / "records" / f"{made(seed).identity}.json"


def table(path):
    with (path / "runs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def as_text(row):
    return {key: "" if value is None else str(value) for key, value in row.items()}


@pytest.fixture
def filled(tmp_path):
    """A directory with three records, closed."""
    with open_store(tmp_path / "sweep", "example") as store:
        for seed in range(3):
            store.put(record(seed, iterations=20 + seed))
    return tmp_path / "sweep"


class TestRecord:
    def test_it_comes_back_equal(self):
        assert from_json(to_json(record())) == record()

    def test_infinities_come_back(self):
        infinite = record(
            best_error=math.inf,
            history={"iteration": [20, 40], "loss": [math.inf, 1.0], "error": [1.0, math.inf]},
            diagnostics={"local_loss": [[math.inf, 0.0], [1.0, math.inf]]},
        )
        assert "Infinity" not in to_json(infinite)
        assert from_json(to_json(infinite)) == infinite

    def test_it_keeps_every_bit_of_a_result(self):
        values = np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)
        result = run_result(loss=values[0], error=values[1], diagnostics={"local_loss": values})
        kept = from_json(to_json(record_of(made(), result, {})))
        np.testing.assert_array_equal(kept.history["loss"], values[0].astype(float))
        np.testing.assert_array_equal(kept.history["error"], values[1].astype(float))
        np.testing.assert_array_equal(kept.diagnostics["local_loss"], values.astype(float))
        assert kept.configuration == made().as_dict()

    def test_what_is_not_a_number_is_infinite_before_writing_and_after(self):
        result = run_result(
            loss=np.array([1.0, np.nan]), error=np.array([-np.inf, 0.5]), best_error=math.nan
        )
        kept = record_of(made(), result, {})
        assert kept.history["loss"] == [1.0, math.inf]
        assert kept.history["error"] == [math.inf, 0.5]
        assert kept.best_error == math.inf
        assert from_json(to_json(kept)) == kept

    @pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
    def test_a_flipped_bit_anywhere_is_found_or_harmless(self, mask):
        content = to_json(record()).encode()
        found = 0
        for at in range(len(content)):
            flipped = bytearray(content)
            flipped[at] ^= mask
            try:
                back = from_json(flipped.decode(errors="replace"))
            except DamagedRecordError:
                found += 1
            else:
                assert back == record(), at
        assert found > 0.97 * len(content)

    def test_a_cut_anywhere_is_found(self):
        text = to_json(record())
        for length in range(len(text) - 1):
            with pytest.raises(DamagedRecordError):
                from_json(text[:length])

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "[1]", "5", "null", '"text"', "{}", "{", "\x00" * 9, DEEP, LONG],
        ids=range(11),
    )
    def test_another_text_is_no_record(self, text):
        with pytest.raises(DamagedRecordError, match="it is cut short, or no record"):
            from_json(text)

    @pytest.mark.parametrize("depth", [100, 300, 900])
    def test_lists_as_deep_as_can_just_be_read_are_no_record_either(self, depth):
        """What reads them and what sums them up may go down to different depths."""
        deep = depth * "[" + depth * "]"
        with pytest.raises(DamagedRecordError):
            from_json(f'{{"sha256": "0", "format": {FORMAT}, "history": {deep}}}')

    def test_a_whole_text_of_something_else_is_no_record(self):
        content = {"format": FORMAT, "history": []}
        text = json.dumps({"sha256": _checksum(content), **content})
        with pytest.raises(DamagedRecordError, match="it has not what a record has"):
            from_json(text)

    def test_another_format_is_named(self):
        content = json.loads(to_json(record())) | {"format": 99}
        with pytest.raises(DamagedRecordError, match=f"it is of format 99, not {FORMAT}"):
            from_json(json.dumps(content))

    def test_accuracy(self):
        assert record().accuracy == 0.875
        assert math.isnan(record(counts_errors=False).accuracy)
        assert record().solved
        assert not record(status="diverged").solved


def run_result(loss, error, diagnostics=None, best_error=0.5):
    network = RNN(Elman(3, initializer="identity"), 2, 2, key=jax.random.key(0))
    history = History(np.arange(1, 1 + len(loss)), loss, error, diagnostics or {})
    return RunResult(
        run=Run(BPTT()),
        status="max_iterations",
        iterations=len(loss),
        best_error=best_error,
        best_iteration=1,
        network=network,
        history=history,
        counts_errors=True,
        seconds=0.0,
    )


class TestStore:
    def test_what_was_put_is_there_for_the_next(self, filled):
        with open_store(filled, "example") as store:
            assert len(store) == 3
            assert store.get(made(1)) == record(1, iterations=21)
            assert store[made(2)] == record(2, iterations=22)
            assert store.get(made(3)) is None
        assert sorted(r.identity for r in read_store(filled)) == sorted(
            made(seed).identity for seed in range(3)
        )

    def test_the_table_equals_the_records(self, filled):
        with open_store(filled, "example") as store:
            store.put(record(3, best_error=math.inf, status="diverged"))
            store.put(record(4, counts_errors=False))
            expected = sorted((row_of(each) for each in store), key=lambda row: row["id"])
        assert table(filled) == [as_text(row) for row in expected]
        by_seed = {row["seed"]: row for row in table(filled)}
        assert by_seed["0"]["task"] == "temporal-order"
        assert by_seed["0"]["rule.target_step"] == "10.0"
        assert by_seed["0"]["rule.regularize"] == "inputs+targets+weights"
        assert (by_seed["0"]["error"], by_seed["0"]["accuracy"]) == ("0.125", "0.875")
        assert (by_seed["3"]["error"], by_seed["3"]["accuracy"]) == ("inf", "")
        assert by_seed["4"]["accuracy"] == ""

    def test_the_same_records_give_the_same_table_in_whatever_order_they_came(self, tmp_path):
        for name, seeds in (("a", (0, 1, 2)), ("b", (2, 0, 1))):
            with open_store(tmp_path / name, "example") as store:
                for seed in seeds:
                    store.put(record(seed))
        first, second = (tmp_path / name / "runs.csv" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()

    def test_the_table_is_written_even_if_what_is_done_with_the_store_fails(self, tmp_path):
        def fails():
            with open_store(tmp_path / "out", "example") as store:
                store.put(record())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fails()
        assert [row["id"] for row in table(tmp_path / "out")] == [made().identity]

    def test_no_records_make_a_table_of_columns_alone(self, tmp_path):
        open_store(tmp_path / "out", "example").close()
        assert table(tmp_path / "out") == []
        assert (tmp_path / "out" / "runs.csv").read_text().startswith("id,status,")


DAMAGE = {
    "a flipped byte": (
        lambda text: text.replace('"iterations": 20', '"iterations": 21'),
        "checksum",
    ),
    "cut short": (lambda text: text[: len(text) // 2], "cut short"),
    "empty": (lambda _: "", "cut short"),
    "a list": (lambda _: "[]", "no record"),
    "another format": (lambda text: text.replace('"format": 1', '"format": 7'), "of format 7"),
    "another run's record": (
        lambda _: to_json(record(9)),
        f"it is the record of {made(9).identity}",
    ),
}


class TestDamage:
    @pytest.mark.parametrize("how", DAMAGE)
    def test_the_writer_reports_it_sets_it_aside_and_makes_the_run_again(self, filled, how):
        change, why = DAMAGE[how]
        file = filled / "records" / f"{made(0).identity}.json"
        damaged = change(file.read_text())
        assert damaged != file.read_text()
        file.write_text(damaged)
        with pytest.warns(DamagedFileWarning, match=rf"{file.name}.*{why}.*be made again"):
            store = open_store(filled, "example")
        with store:
            assert store.get(made(0)) is None
            assert len(store) == 2
            assert not file.exists()
            assert file.with_suffix(".damaged").read_text() == damaged
            store.put(record(0))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(read_store(filled)) == 3
        assert len(table(filled)) == 3

    def test_a_reader_reports_it_and_leaves_it(self, filled):
        file = filled / "records" / f"{made(0).identity}.json"
        file.write_bytes(b"\xff\xfe")
        with pytest.warns(DamagedFileWarning, match="not used"):
            assert len(read_store(filled)) == 2
        assert file.read_bytes() == b"\xff\xfe"

    def test_what_cannot_be_read_is_damaged_too(self, filled):
        file = filled / "records" / f"{made(0).identity}.json"
        file.unlink()
        file.mkdir()
        with pytest.warns(DamagedFileWarning, match="it cannot be read"):
            open_store(filled, "example").close()
        assert len(table(filled)) == 2

    def test_a_warning_that_is_an_error_leaves_no_lock_behind(self, filled):
        next((filled / "records").iterdir()).write_text("")
        with pytest.raises(DamagedFileWarning):
            open_store(filled, "example")
        open_store(filled, "example").close()

    def test_what_a_killed_writer_left_half_written_goes(self, filled):
        leftovers = (
            ".store.json.abc",
            ".runs.csv.abc",
            ".pending.jsonl.abc",
            "records/.0123.json.abc",
            "checkpoints/.4567.checkpoint.abc",
            "networks/.89ab.npz.abc",
        )
        for leftover in leftovers:
            (filled / leftover).write_text("half")
        assert len(read_store(filled)) == 3
        assert (filled / ".runs.csv.abc").exists()
        open_store(filled, "example").close()
        assert {path.name for path in filled.iterdir()} == {
            "checkpoints",
            "lock",
            "networks",
            "records",
            "runs.csv",
            "store.json",
        }
        assert len(list((filled / "records").iterdir())) == 3
        assert not list((filled / "checkpoints").iterdir())
        assert not list((filled / "networks").iterdir())

    @pytest.mark.parametrize("begun", [(), ("records",), ("records", "lock", ".store.json.x1")])
    def test_a_writer_killed_at_its_very_beginning_can_begin_again(self, tmp_path, begun):
        for name in begun:
            (tmp_path / name).mkdir() if name == "records" else (tmp_path / name).write_text("")
        with open_store(tmp_path, "example") as store:
            store.put(record())
        assert len(read_store(tmp_path)) == 1


class TestBadPlaces:
    def test_the_directory_of_something_else(self, filled):
        with pytest.raises(ConfigurationError) as error:
            open_store(filled, "other")
        assert str(error.value) == (
            f"out: got {filled}, the directory of 'example', but it must be new, or that of 'other'"
        )
        open_store(filled, "example").close()

    def test_a_directory_that_holds_something_else(self, tmp_path):
        (tmp_path / "kept").write_text("mine")
        message = "it must be new, empty, or the directory of 'example'"
        with pytest.raises(ConfigurationError, match=message):
            open_store(tmp_path, "example")
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]
        with pytest.raises(ConfigurationError, match=message):
            open_store(tmp_path / "kept", "example")

    def test_records_without_a_name_are_something_else(self, filled):
        (filled / "store.json").unlink()
        with pytest.raises(ConfigurationError, match="it must be new, empty"):
            open_store(filled, "example")

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', DEEP, LONG], ids=range(6))
    def test_a_damaged_store_json(self, filled, content):
        (filled / "store.json").write_text(content)
        for opened in (lambda: open_store(filled, "example"), lambda: read_store(filled)):
            with pytest.raises(ConfigurationError, match="it must be one that alignrnn wrote"):
                opened()

    def test_another_format(self, filled):
        (filled / "store.json").write_text('{"format": 2, "name": "example"}')
        with pytest.raises(
            ConfigurationError, match="of format 2, but this version knows format 1"
        ):
            open_store(filled, "example")
        with pytest.raises(
            ConfigurationError, match="of format 2, but this version knows format 1"
        ):
            read_store(filled)

    def test_a_place_below_a_file(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(ConfigurationError, match="it cannot be written"):
            open_store(tmp_path / "file" / "out", "example")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_directory_without_write_permission(self, tmp_path):
        tmp_path.chmod(0o500)
        try:
            for path in (tmp_path, tmp_path / "out"):
                with pytest.raises(ConfigurationError, match=r"written \(Permission denied\)"):
                    open_store(path, "example")
        finally:
            tmp_path.chmod(0o700)

    def test_a_disk_that_says_no(self, filled, monkeypatch):
        def full(*arguments, **options):
            raise OSError(28, "No space left on device")

        store = open_store(filled, "example")
        with monkeypatch.context() as patched:
            patched.setattr("tempfile.mkstemp", full)
            for attempt in (lambda: store.put(record(5)), store.write_table):
                with pytest.raises(
                    ConfigurationError, match=r"it cannot be written \(No space left on device\)"
                ):
                    attempt()
            with pytest.raises(ConfigurationError):
                open_store(filled.parent / "new", "example")
        assert store.get(made(5)) is None
        store.close()
        open_store(filled.parent / "new", "example").close()

    def test_no_sweep_to_read(self, tmp_path):
        for path in (tmp_path, tmp_path / "nowhere"):
            with pytest.raises(ConfigurationError) as error:
                read_store(path)
            assert str(error.value) == (
                f"directory: got '{path}', but it must be one that alignrnn has written runs into"
            )


HOLDER = """
import sys, time
from pathlib import Path
from alignrnn.results import open_store
store = open_store(Path(sys.argv[1]), "example")
print("holding", flush=True)
time.sleep(600)
"""


def test_a_second_writer_is_told_who_the_first_is_whose_lock_dies_with_it(filled):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(filled)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(ConfigurationError) as error:
            open_store(filled, "example")
        node = os.uname().nodename
        assert str(error.value) == (
            f"out: got '{filled}', but process {holder.pid} on {node} is writing there; "
            "wait, or stop it"
        )
        assert len(read_store(filled)) == 3
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate(timeout=60)
    assert holder.returncode == -signal.SIGKILL
    with open_store(filled, "example") as store:
        assert len(store) == 3
        assert Path(filled / "lock").read_text().split()[0] == str(os.getpid())


def test_a_process_cannot_open_one_twice_either(filled):
    with (
        open_store(filled, "example"),
        pytest.raises(ConfigurationError, match=f"process {os.getpid()} on .* is writing there"),
    ):
        open_store(filled, "example")
