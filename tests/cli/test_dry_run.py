"""What `--dry-run` says of a reproduction and of a search, with nothing there and with records."""

import dataclasses
import re

import pytest

from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.results import open_store
from alignrnn.studies.paper import BUDGETS, MANIFESTS, plan

from ..studies.paper.records import made_up
from .test_sweep import Speed


@pytest.fixture(autouse=True)
def speed(monkeypatch):
    """In place of a measurement, which takes seconds."""
    monkeypatch.setattr("alignrnn.cli.preview.MatrixProduct", Speed)


def said(capsys, words):
    assert main(words.split()) == 0
    return capsys.readouterr().out.splitlines()


def test_of_a_reproduction_it_says_the_runs_behind_each_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = said(capsys, "reproduce table1 table5 figure2 --dry-run")
    assert [line.split() for line in lines[1:4]] == [
        ["table1", "9", "9", "9"],
        ["table5", "12", "24", "24"],
        ["figure2", "1", "1", "1"],
    ]
    assert re.fullmatch(
        r"28 runs left at most, in \d+ groups on 2 devices: at most .*, compiling included",
        lines[4],
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_recorded_is_not_left(tmp_path, capsys):
    budget = BUDGETS["quick"]
    runs = [run for cell in MANIFESTS["table1"].cells(budget) for run in cell]
    with open_store(tmp_path / "out", "reproduction, quick budget") as store:
        store.put(*(made_up(run) for run in runs[:4]))
    lines = said(capsys, f"reproduce table1 --dry-run --out {tmp_path / 'out'}")
    assert lines[1].split() == ["table1", "9", "9", "5"]
    with open_store(tmp_path / "out", "reproduction, quick budget") as store:
        store.put(*(made_up(run) for run in runs[4:]))
    lines = said(capsys, f"reproduce table1 --dry-run --out {tmp_path / 'out'}")
    assert lines[-1] == "all of it is recorded already"


def test_once_a_setting_has_solved_it_nothing_else_is_left():
    budget = dataclasses.replace(BUDGETS["quick"], learning_rates=(0.1, 0.01, 0.001))
    cell = MANIFESTS["table1"].cells(budget)[0]
    one = made_up(cell[1])
    records = {one.identity: dataclasses.replace(one, status="solved")}
    before = plan(MANIFESTS["table1"], budget, lambda _: None)
    after = plan(MANIFESTS["table1"], budget, lambda run: records.get(run.identity))
    assert (before.runs, len(before.missing)) == (27, 27)
    assert (after.runs, len(after.missing)) == (27, 24)
    whole = dataclasses.replace(budget, until_solved=False)
    assert (
        len(plan(MANIFESTS["table1"], whole, lambda run: records.get(run.identity)).missing) == 26
    )


def test_bare_reproduce_asks_for_what(capsys):
    assert main(["reproduce"]) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: names: got nothing, but say what: table1, table2, table3, table4, "
        "table5, figure2, figure3, figure4, figure5, published, all, real-data\n"
    )


def test_of_a_search_it_says_how_many_runs_it_may_need(tmp_path, capsys):
    out = tmp_path / "out"
    words = f"frontier temporal-order --rule bptt --lengths 10 20 --seeds 2 --dry-run --out {out}"
    lines = said(capsys, words)
    assert lines[0] == (
        "T = 10, 20 with 2 seeds each, until 1 of them is not solved by every seed: "
        "4 runs at most, 0 recorded already"
    )
    assert re.fullmatch(
        r"4 runs left at most, in 2 groups on 2 devices: at most .*, compiling included", lines[1]
    )
    assert not out.exists()
    run = {"task": {"name": "temporal-order", "length": 10}, "rule": {"name": "bptt"}}
    with open_store(out, "frontier") as store:
        store.put(made_up(configuration(run)))
    assert said(capsys, words)[0].endswith("4 runs at most, 1 recorded already")
