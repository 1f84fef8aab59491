"""The same command again: it goes on where it was, with more iterations or seeds from what is
there; killed at any moment, it ends with the same bits."""

import contextlib
import csv
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import alignrnn
import alignrnn.sweeps.places
from alignrnn.cli import main
from alignrnn.results import read_store
from alignrnn.training import Training

from .test_train_faults import QUICK, outcome

pytestmark = pytest.mark.usefixtures("compiled_once")


def with_option(words, option, value):
    """The words, with another value of an option."""
    at = words.index(option) + 1
    return [*words[:at], value, *words[at + 1 :]]


@pytest.fixture
def begun(monkeypatch):
    """By training: the iteration it began at, and the seeds of its runs."""
    seen = []

    class Noted(Training):
        def __init__(self, task, runs, *arguments, start_from, **options):
            seeds = sorted(run.seed for run in runs)
            seen.append((0 if start_from is None else start_from.iteration, seeds))
            super().__init__(task, runs, *arguments, start_from=start_from, **options)

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", Noted)
    return seen


class TestAgain:
    def test_what_is_finished_is_shown_and_not_trained_again(
        self, tmp_path, monkeypatch, capsys, begun
    ):
        monkeypatch.chdir(tmp_path)
        assert main(QUICK) == 0
        first, before = capsys.readouterr().out, outcome(Path("runs/temporal-order-T10-lra-diff"))
        begun.clear()
        assert main(QUICK) == 0
        assert capsys.readouterr().out == "all of it is recorded already\n" + first
        assert begun == []
        assert [path.name for path in Path("runs").iterdir()] == ["temporal-order-T10-lra-diff"]
        assert outcome(Path("runs/temporal-order-T10-lra-diff")) == before

    def test_another_setting_has_another_directory(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        for rate in ("0.1", "0.2", "0.1"):
            assert main([*QUICK, "--learning-rate", rate]) == 0
        names = sorted(path.name for path in Path("runs").iterdir())
        assert names == ["temporal-order-T10-lra-diff", "temporal-order-T10-lra-diff-2"]
        capsys.readouterr()
        assert main([*QUICK, "--learning-rate", "0.3", "--out", f"runs/{names[0]}"]) == 2
        assert re.fullmatch(
            rf"alignrnn: error: out: got runs/{names[0]}, the directory of 'train temporal-order "
            r"lra-diff, setting \w+', but it must be new, or that of 'train .*'\n",
            capsys.readouterr().err,
        )

    def test_more_seeds_are_added(self, tmp_path, begun):
        out = tmp_path / "out"
        assert main([*QUICK, "--seeds", "2", "--out", str(out)]) == 0
        begun.clear()
        assert main([*QUICK, "--seeds", "3", "--out", str(out)]) == 0
        assert begun == [(0, [2])]
        assert sorted(record.seed for record in read_store(out)) == [0, 1, 2]

    def test_a_network_that_is_gone_is_made_again(self, tmp_path, begun):
        out = tmp_path / "out"
        assert main([*QUICK, "--out", str(out)]) == 0
        before = outcome(out)
        next((out / "networks").iterdir()).unlink()
        assert main([*QUICK, "--out", str(out)]) == 0
        assert outcome(out) == before
        assert [iteration for iteration, _ in begun] == [0, 0]


class TestMoreIterations:
    @pytest.mark.parametrize("fewer", ["40", "33"])
    def test_it_goes_on_with_the_bits_of_a_training_that_had_them_from_the_start(
        self, tmp_path, begun, fewer
    ):
        whole, out = tmp_path / "whole", tmp_path / "out"
        longer = [*with_option(QUICK, "--max-iterations", "100"), "--seeds", "2"]
        assert main([*longer, "--out", str(whole)]) == 0
        begun.clear()
        shorter = with_option(longer, "--max-iterations", fewer)
        assert main([*shorter, "--out", str(out)]) == 0
        assert main([*longer, "--out", str(out)]) == 0
        assert sorted(begun) == [(0, [0]), (0, [1]), (int(fewer), [0]), (int(fewer), [1])]
        records, networks = outcome(out)
        expected, those = outcome(whole)
        assert {key: records[key] for key in expected} == expected
        assert {key: networks[key] for key in those} == those
        assert len(records) == 4  # those with fewer iterations are kept

    def test_what_ended_by_itself_is_taken_over(self, tmp_path, begun):
        """Patience or divergence ended it: with more iterations it would have ended so too."""
        options = ["--patience", "1", "--learning-rate", "1e-12"]
        whole, out = tmp_path / "whole", tmp_path / "out"
        shorter = with_option([*QUICK, *options], "--max-iterations", "60")
        longer = with_option(shorter, "--max-iterations", "100")
        assert main([*longer, "--out", str(whole)]) == 0
        assert main([*shorter, "--out", str(out)]) == 0
        begun.clear()
        assert main([*longer, "--out", str(out)]) == 0
        assert begun == []
        records, networks = outcome(out)
        expected, those = outcome(whole)
        assert {record.status for record in expected.values()} == {"no_improvement"}
        assert {key: records[key] for key in expected} == expected
        assert {key: networks[key] for key in those} == those

    def test_a_sweep_that_keeps_networks_does_the_same(self, tmp_path, begun):
        grid = (
            'name = "example"\ntask = { name = "temporal-order", length = 10 }\n'
            'rule = { name = "bptt" }\ncell = { hidden_size = 6 }\n'
            "protocol = { max_iterations = LAST, check_every = 20, validation_samples = 60 }\n"
        )
        for last in (40, 100):
            (tmp_path / "grid.toml").write_text(grid.replace("LAST", str(last)))
            words = ["sweep", str(tmp_path / "grid.toml"), "--keep-networks", "--out"]
            assert main([*words, str(tmp_path / "out")]) == 0
        assert [iteration for iteration, _ in begun] == [0, 40]
        assert alignrnn.load(tmp_path / "out").parameters["w_hh"].shape == (6, 6)


LONG = [
    *("train", "temporal-order", "--length", "10", "--hidden-size", "8", "--rule", "bptt"),
    *("--seeds", "2", "--patience", "0", "--solved-below", "0", "--check-every", "500"),
    *("--max-iterations", "30000", "--validation-samples", "100", "--checkpoint-every", "0"),
]


def command(out, programs, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "alignrnn", *LONG, "--out", str(out), *more],
        env=os.environ
        | {
            "JAX_COMPILATION_CACHE_DIR": str(programs),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.2",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def checkpoints(out):
    """The files there, and when they were written."""
    with contextlib.suppress(FileNotFoundError):
        return {file: file.stat().st_mtime_ns for file in out.glob("checkpoints/*.checkpoint")}
    return {}


def until(happened, process):
    """Until training has come so far, or all is over."""
    deadline = time.monotonic() + 120
    while process.poll() is None and not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_twenty_times_at_random_it_ends_with_the_same_bits(tmp_path, programs):
    """SIGKILL to the real command: most of the times in the middle of its training."""
    _, errors = (whole := command(tmp_path / "whole", programs)).communicate(timeout=300)
    assert whole.returncode == 0, errors
    expected = outcome(tmp_path / "whole")
    assert {record.iterations for record in expected[0].values()} == {30_000}

    draw, kills, in_the_middle, trainings = random.Random(3), 0, 0, 0
    while kills < 20:
        out = tmp_path / f"killed-{trainings}"
        while True:
            process, before = command(out, programs), checkpoints(out)
            if draw.random() < 0.8:
                until(lambda out=out, before=before: checkpoints(out) != before, process)
                time.sleep(draw.uniform(0.0, 1.5))
            else:
                time.sleep(draw.uniform(0.5, 3.0))
            if kills < 20 and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                recorded = len(list(out.glob("records/*.json")))
                in_the_middle += bool(checkpoints(out)) and recorded < 2
                continue
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors
            break
        assert outcome(out) == expected
        with (out / "runs.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == 2
        trainings += 1
    assert in_the_middle >= 10


@pytest.mark.slow
def test_stopped_it_keeps_what_was_reached_and_goes_on_to_the_same_bits(tmp_path, programs):
    _, errors = (whole := command(tmp_path / "whole", programs)).communicate(timeout=300)
    assert whole.returncode == 0, errors
    out = tmp_path / "out"
    process = command(out, programs)
    until(lambda: len(checkpoints(out)) == 2, process)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors == ""
    records, networks = outcome(out)
    assert [record.status for record in records.values()] == ["stopped"] * 2
    assert all(0 < record.iterations < 30_000 for record in records.values())
    assert len(networks) == 2
    process = command(out, programs)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert outcome(out) == outcome(tmp_path / "whole")
