"""`alignrnn generalize`, and `--lengths` on the command line."""

import csv
import json
import shutil

import pytest

from alignrnn import TemporalOrder, load_network
from alignrnn.cli import main
from alignrnn.studies.generalization import errors_at

SMALL = ["--hidden-size", "4", "--max-iterations", "10", "--check-every", "5", "--patience", "0"]
SMALL += ["--validation-samples", "50", "--no-diagnostics"]
RANGE = ["--lengths", "10..20", "--run-in"]
LOOK = ["--lengths", "10", "40", "--samples", "30", "--states-at", "60"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two seeds on a range of lengths."""
    out = tmp_path_factory.mktemp("runs") / "own"
    words = ["train", "temporal-order", *RANGE, *SMALL, "--seeds", "2", "--out", str(out)]
    assert main(words) == 0
    return out


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_range_of_lengths_is_in_the_records(runs):
    for record in (runs / "records").iterdir():
        task = json.loads(record.read_text())["configuration"]["task"]
        assert task == {
            "name": "temporal-order", "length": 20, "lengths": "10..20", "run_in": True,
        }  # fmt: skip


def test_every_network_is_measured_at_every_length(runs, capsys):
    assert main(["generalize", str(runs), *LOOK]) == 0
    said = capsys.readouterr().out
    assert "temporal-order, trained on T = 10..20: wrong answers of 30 samples" in said
    table = rows(runs / "generalization.csv")
    assert len(table) == 4
    networks = {each.stem: load_network(each) for each in (runs / "networks").iterdir()}
    for row in table:
        identity = next(each for each in networks if row["network"].endswith(each[:6]))
        own = errors_at(networks[identity], TemporalOrder(), int(row["length"]), 30)
        assert float(row["wrong"]) == own.wrong
        assert row["answers"] == "30"
    for identity in networks:
        assert (runs / f"states-{identity}.png").stat().st_size > 10_000
        assert f"{identity[:6]}: 64 states at T = 60 go to" in said
    assert (runs / "generalization.png").stat().st_size > 5_000
    states = rows(runs / "states.csv")
    assert [row["network"] for row in states] == [row["network"] for row in table[::2]]
    for row in states:
        assert (row["length"], row["states"]) == ("60", "64")
        assert (float(row["largest_radius"]) < 1) == (int(row["fixed_points"]) > 0)


def test_one_run_or_a_file_can_be_asked_for(runs, tmp_path, capsys):
    (file, _) = sorted((runs / "networks").iterdir())
    words = ["--lengths", "10", "--samples", "20", "--states-at", "0"]
    out = tmp_path / "one"
    assert main(["generalize", str(runs), "--run-id", file.stem, *words, "--out", str(out)]) == 0
    assert {each.name for each in out.iterdir()} == {"generalization.csv", "generalization.png"}
    capsys.readouterr()
    copy = shutil.copy(file, tmp_path / "mine.npz")
    assert main(["generalize", str(copy), "temporal-order", *words]) == 0
    assert "mine" in capsys.readouterr().out
    assert {each.name for each in tmp_path.iterdir()} == {"one", "mine.npz"}


MISTAKES = {
    "no task": (["{file}"], "task: got nothing, but a network's file says nothing of its task"),
    "finite data": (["{file}", "pixel-digits"], "its sequences must be of any length"),
    "an unknown task": (["{file}", "tempo"], "task: got 'tempo'"),
    "another task": (["{file}", "copy"], "a network with"),
    "no directory": (["{missing}"], "there is no such file or directory"),
    "a length": (["{runs}", "--lengths", "100", "5"], "lengths: got 5"),
    "states at": (["{runs}", "--states-at", "5"], "states_at: got 5"),
    "states before": (["{runs}", "--states-at", "-1"], "states_at: got -1"),
    "samples": (["{runs}", "--samples", "0"], "samples: got 0"),
    "an id": (["{runs}", "--run-id", "zzz"], "run_id: got 'zzz'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake, runs, tmp_path, capsys):
    words, said = MISTAKES[mistake]
    (file, _) = sorted((runs / "networks").iterdir())
    before = {each.name for each in runs.iterdir()}
    places = {"file": file, "runs": runs, "missing": tmp_path / "missing"}
    assert main(["generalize", *(word.format(**places) for word in words)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1, shown.err
    assert said in shown.err
    assert {each.name for each in runs.iterdir()} == before


@pytest.mark.slow
def test_networks_of_other_data_are_refused(tmp_path, capsys):
    out = tmp_path / "digits"
    assert main(["train", "pixel-digits", *SMALL, "--max-iterations", "5", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["generalize", str(out)]) == 2
    assert "its sequences must be of any length" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["temporal-order", "--lengths", "5..20"], "the shortest must be at least 10"),
        (["temporal-order", "--lengths", "20"], "it must be a range of lengths"),
        (["temporal-order", "--run-in"], "run_in: got True, but it needs lengths"),
        (["temporal-order", "--length", "30", "--lengths", "20..40"], "it is their last, 40"),
        (["pixel-digits", "--lengths", "20..40"], "only a synthetic task takes it"),
        (["temporal-order", "--run-in", "yes"], "yes"),
    ],
)
def test_a_mistake_in_a_range_is_one_line(words, said, tmp_path, capsys):
    assert main(["train", *words, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr().err
    assert len(shown.strip().splitlines()) == 1
    assert said in shown


@pytest.mark.slow
def test_a_synthetic_task_of_one_s_own_has_lengths_too(tmp_path, capsys):
    out = tmp_path / "own"
    task = "tests/tasks/own_synthetic.py:Last"
    assert main(["train", task, *RANGE, *SMALL, "--out", str(out)]) == 0
    assert main(["generalize", str(out), *LOOK]) == 0
    assert "last, trained on T = 10..20" in capsys.readouterr().out


def test_the_frontier_s_lengths_are_its_own(capsys):
    words = ["frontier", "temporal-order", "--lengths", "10", "12", "--seeds", "1", "--dry-run"]
    assert main(words) == 0
    assert "T = 10, 12 with 1 seed" in capsys.readouterr().out
