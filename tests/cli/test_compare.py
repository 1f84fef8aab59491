"""`alignrnn compare`: what it prints and writes, and what it says to a user's mistakes."""

import csv

import pytest

from alignrnn.cli import main

SMALL = ["--length", "10", "--hidden-size", "5", "--batches", "1", "--batch-size", "4"]
FILES = {
    *("parameters.csv", "steps.csv", "progress.csv"),
    *("steps.png", "training.png"),
}


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_printed_and_everything_is_written(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["--rules", "readout", "lra-diff,target-step=unit", "--out", str(out)]
    assert main(["compare", "temporal-order", *SMALL, "--iterations", "2", *words]) == 0
    shown = capsys.readouterr().out
    assert shown.index("at the start") < shown.index("at the end")
    assert f"written to {out}" in shown
    written = {each.name for each in out.iterdir()}
    assert {*FILES} <= written, written
    assert {row["rule"] for row in rows(out / "steps.csv")} == {"lra-diff,target-step=unit"}
    assert {row["trained_by"] for row in rows(out / "progress.csv")} == {"bptt"}


MISTAKES = [
    (["--rules", "lra"], "'lra'"),
    (["--rules", "lra-diff,bogus=1"], "bogus"),
    (["--rules", "lra-diff,target-step"], "NAME,option=value"),
    (["--rules", "lra-diff,target-step=-1"], "target_step"),
    (["--rules", "tptt", "tptt"], "tptt"),
    (["--rules", "e-prop", "--cell", "gru"], "gru"),
    (["--iterations", "-1"], "iterations"),
    (["--check-every", "0"], "check_every"),
    (["--batches", "0"], "batches"),
    (["--own", "--clip", "1"], "own"),
    (["--from", "nothing"], "nothing"),
]


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(("words", "named"), MISTAKES)
def test_a_mistake_is_one_line(words, named, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "temporal-order", *SMALL, *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert named in said.err
    assert not list(tmp_path.iterdir())
