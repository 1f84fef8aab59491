"""`alignrnn train --log`: rows and events of a running training, each check once, whatever ends
it."""

import csv
import importlib.util
import random
import signal
import time

import numpy as np
import pytest

from alignrnn.cli import main
from alignrnn.results import read_store
from tests.logs.reading import scalars

from .test_train_again import command, until, with_option
from .test_train_faults import QUICK

pytestmark = pytest.mark.usefixtures("compiled_once")

needs_tensorboardx = pytest.mark.skipif(
    importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed"
)


def logged(out):
    """The rows by run: iteration and loss."""
    found = {}
    with (out / "log.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["run"], []).append((int(row["iteration"]), float(row["loss"])))
    return found


def in_events(out):
    """The same of TensorBoard's events, which are of single precision."""
    return {run: tags["loss"] for run, tags in scalars(out / "tensorboard").items()}


def in_single(found):
    """The same in single precision."""
    return {run: [(at, np.float32(loss)) for at, loss in each] for run, each in found.items()}


def recorded(out):
    """The same of the records, of those with the most iterations."""
    records = sorted(read_store(out), key=lambda record: (record.seed, record.iterations))
    return {
        f"T10-seed-{record.seed}": list(
            zip(record.history["iteration"], record.history["loss"], strict=True)
        )
        for record in records
    }


@pytest.mark.slow
def test_it_is_the_history_of_every_seed_also_of_what_was_trained_before(tmp_path, capsys):
    out = tmp_path / "out"
    words = [*QUICK, "--seeds", "2", "--out", str(out)]
    assert main(words) == 0
    capsys.readouterr()
    words = with_option(with_option(words, "--seeds", "3"), "--max-iterations", "80")
    assert main([*words, "--log", "csv"]) == 0  # two of them from a checkpoint
    assert f"log: {out / 'log.csv'}\n" in capsys.readouterr().out
    assert logged(out) == recorded(out)
    assert set(logged(out)) == {"T10-seed-0", "T10-seed-1", "T10-seed-2"}
    assert [at for at, _ in logged(out)["T10-seed-0"]] == [20, 40, 60, 80]
    (out / "log.csv").unlink()
    assert main([*words, "--log", "csv"]) == 0  # all of them from their records
    assert logged(out) == recorded(out)


@needs_tensorboardx
def test_both_at_once(tmp_path):
    out = tmp_path / "out"
    assert main([*QUICK, "--out", str(out), "--log", "csv", "--log", "tensorboard"]) == 0
    assert in_events(out) == in_single(logged(out))


def test_a_missing_package_is_one_line_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.chdir(tmp_path)
    assert main([*QUICK, "--log", "tensorboard"]) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: log: got 'tensorboard', but it needs the extra: pip install "
        "'alignrnn[tensorboard]'\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_killed_at_random_it_ends_with_each_check_once(tmp_path, programs):
    out, draw, kills = tmp_path / "out", random.Random(5), 0
    log = ["--log", "csv"]
    if importlib.util.find_spec("tensorboardX") is not None:
        log += ["--log", "tensorboard"]
    while True:
        process = command(out, programs, *log)
        before = list(out.glob("checkpoints/*"))
        until(lambda before=before: list(out.glob("checkpoints/*")) != before, process)
        time.sleep(draw.uniform(0.0, 1.0))
        if kills < 6 and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        break
    assert kills >= 2
    assert logged(out) == recorded(out)
    assert all(len(each) == 60 for each in logged(out).values())
    if len(log) > 2:
        assert in_events(out) == in_single(logged(out))


@pytest.mark.slow
def test_workers_elsewhere_tell_the_same(tmp_path):
    pytest.importorskip("distributed")
    here, there = tmp_path / "here", tmp_path / "there"
    words = [*with_option(QUICK, "--max-iterations", "200"), "--seeds", "2", "--log", "csv"]
    assert main([*words, "--out", str(here)]) == 0
    local = ["--workers", "1", "--checkpoint-every", "0"]
    assert main([*words, "--out", str(there), *local]) == 0
    assert logged(there) == logged(here) == recorded(here)
