"""The record of real data: how settings are chosen, what is measured, what the report says."""

import dataclasses
import json
import math
import shutil

import jax
import pytest

from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.reports import Table, to_markdown
from alignrnn.results import Record, read_store
from alignrnn.studies.real_data import BUDGETS, data_sets, planned, reproduce, study
from alignrnn.studies.real_data.data_sets import DataSet
from alignrnn.studies.real_data.outcome import Outcome, chosen_of
from alignrnn.studies.real_data.report import document
from alignrnn.studies.real_data.ways import BPTT, READOUT, STATES, TPTT, WAYS, candidates, measured

from ...thinned import thinned

pytest.importorskip("sklearn")
DIGITS = DataSet(
    "digits",
    "Digits",
    "Small.",
    {"name": "pixel-digits", "test_fraction": 0.9},
    length=64,
    hidden_size=4,
    iterations=20,
    check_every=10,
    published={"somebody": 99.0},
)
BUDGET = dataclasses.replace(
    BUDGETS["quick"], learning_rates=(0.01, 0.001), seeds=(0, 1), share=1.0
)


def made_up(run, error=0.5, best_iteration=10, status="max_iterations"):
    return Record(
        identity=run.identity,
        configuration=run.as_dict(),
        status=status,
        iterations=20,
        best_error=error,
        best_iteration=best_iteration,
        counts_errors=True,
        seconds=1.0,
        history={"iteration": [10, 20], "loss": [1.0, 0.5], "error": [0.6, error]},
        diagnostics={},
        software={},
    )


def outcome(way, tests, cell="elman", music=False):
    data = DIGITS if not music else dataclasses.replace(DIGITS, task={"name": "chorales"})
    measure, factor = ("nll", 1) if music else ("accuracy", 100)
    parts = ("train", "validation", "test")
    scores = [{part: {measure: value / factor} for part in parts} for value in tests]
    run = candidates(way, cell, DIGITS, BUDGET)[0]
    return Outcome(data, way, cell, run, [made_up(run) for _ in tests], scores)


@pytest.mark.parametrize("name", thinned(BUDGETS, len(BUDGETS)))
def test_every_run_of_every_set_is_complete(name):
    """But for those whose files are not with the package."""
    budget = BUDGETS[name]
    for data in data_sets():
        if data.task["name"] == "chorales":
            continue
        for way in WAYS:
            for cell in way.cells:
                tried = candidates(way, cell, data, budget)
                steps = len(budget.target_steps) if way is TPTT else 1
                assert len(tried) == len(budget.learning_rates) * steps
                assert {run.seed for run in tried} == {budget.selection_seed}
                runs = measured(tried[0], budget)
                assert [run.seed for run in runs] == [*budget.seeds]
                assert budget.selection_seed not in budget.seeds
                assert {run.rule["name"] for run in runs} == {way.rule["name"]}


def test_weights_decay_but_for_those_that_nothing_brings_back():
    data = dataclasses.replace(DIGITS, weight_decay=0.5)
    names = {
        way.title: {each.optimizer["name"] for each in candidates(way, "elman", data, BUDGET)}
        for way in (STATES, READOUT)
    }
    assert names == {STATES.title: {"adamw"}, READOUT.title: {"adam"}}


def test_the_lowest_validation_error_chooses_and_of_several_the_first_there():
    tried = candidates(STATES, "elman", DIGITS, BUDGET)
    records = {}
    assert chosen_of(tried, lambda run: records.get(run.identity)) is None
    records[tried[0].identity] = made_up(tried[0], 0.3)
    assert chosen_of(tried, lambda run: records.get(run.identity)) is None
    records[tried[1].identity] = made_up(tried[1], 0.2)
    assert chosen_of(tried, lambda run: records.get(run.identity)) == tried[1]
    records[tried[1].identity] = made_up(tried[1], 0.3, best_iteration=5)
    assert chosen_of(tried, lambda run: records.get(run.identity)) == tried[1]
    records[tried[1].identity] = made_up(tried[1], 0.3, best_iteration=20)
    assert chosen_of(tried, lambda run: records.get(run.identity)) == tried[0]
    records[tried[1].identity] = made_up(tried[1], 0.1, status="stopped")
    assert chosen_of(tried, lambda run: records.get(run.identity)) is None


@pytest.mark.parametrize(
    ("own", "others", "music", "reaches"),
    [
        ([97.0, 98.0], [97.5, 99.0], False, True),
        ([96.0, 97.0], [97.5, 99.0], False, False),
        ([8.6, 8.8], [8.5, 8.7], True, True),
        ([8.8, 8.9], [8.5, 8.7], True, False),
    ],
)
def test_within_the_spread_of_seeds_is_as_good(own, others, music, reaches):
    assert outcome(STATES, own, music=music).reaches(outcome(BPTT, others, music=music)) == reaches


def test_answers_that_are_no_numbers_are_the_worst():
    (worst,) = Outcome(DIGITS, BPTT, "gru", None, [], [{"test": {}}]).each("test")
    assert worst == 0
    music = dataclasses.replace(DIGITS, task={"name": "chorales"})
    assert Outcome(music, BPTT, "gru", None, [], [{"test": {}}]).each("test") == [math.inf]


def test_the_report_has_means_spreads_and_what_is_missing(tmp_path):
    outcomes = [
        outcome(way, [90.0, 92.0] if way.is_local else [91.0, 93.0], cell)
        for way in WAYS
        for cell in way.cells
        if way is not READOUT
    ]
    outcomes += [Outcome(DIGITS, READOUT, cell, None, [], []) for cell in READOUT.cells]
    made = document([DIGITS], outcomes, BUDGET, [], "alignrnn reproduce real-data")
    text = to_markdown(made)
    assert "91.00 <br> (90.00 to 92.00)" in text or "91.00" in text
    assert "(90.00 to 92.00)" in text
    assert "✓ 91.00" in text
    assert "not run yet" in text
    assert "99% (somebody)" in text
    tables = [b for s in made.sections for b in s.blocks if isinstance(b, Table)]
    assert max(len(table.header) for table in tables) <= 6
    assert [picture.name for picture in made.pictures] == ["real-data"]


def test_without_records_nothing_is_claimed():
    outcomes = [Outcome(DIGITS, way, cell, None, [], []) for way in WAYS for cell in way.cells]
    made = document([DIGITS], outcomes, BUDGET, [], "alignrnn reproduce real-data")
    assert "not run yet" in to_markdown(made)
    assert "✓" not in to_markdown(made).replace("✓:", "")
    assert not made.pictures


@pytest.fixture
def adam():
    """Optax's Adam counts in integers; the engine trains in threads of its own."""
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    yield
    jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.mark.usefixtures("adam")
def test_it_trains_chooses_measures_and_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "WAYS", (dataclasses.replace(READOUT, cells=("elman",)),))
    monkeypatch.setattr("alignrnn.studies.real_data.report.WAYS", study.WAYS)
    monkeypatch.setattr("alignrnn.studies.real_data.report.CELLS", {"elman": "Elman"})

    def again():
        return reproduce([DIGITS], BUDGET, tmp_path, "a command", lambda *_: None)

    assert again() is False
    store = read_store(tmp_path)
    assert len(store) == 4  # two rates tried, two seeds measured
    tried = candidates(study.WAYS[0], "elman", DIGITS, BUDGET)
    chosen = chosen_of(tried, store.get)
    runs = measured(chosen, BUDGET)
    for run in runs:
        scores = json.loads((tmp_path / "scores" / f"{run.identity}.json").read_text())
        assert set(scores) == {"train", "validation", "test"}
        assert scores["test"]["answers"] == 1618  # nine tenths of each class
        record = store[run]
        assert scores["validation"]["accuracy"] == pytest.approx(1 - record.best_error, abs=1e-5)
    assert len(list((tmp_path / "scores").iterdir())) == 2  # of no other run
    report = (tmp_path / "report.md").read_text()
    assert "Digits" in report
    assert "figures/real-data.png" in report
    assert len(list((tmp_path / "networks").iterdir())) == 2
    shutil.rmtree(tmp_path / "networks")  # as in an archive of records and scores
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "records").iterdir()}
    assert again() is False
    assert before == {file: file.stat().st_mtime_ns for file in (tmp_path / "records").iterdir()}
    assert planned([DIGITS], BUDGET, store.get) == [*tried, *runs]
    assert configuration(runs[0].as_dict()).identity == runs[0].identity


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["real-data", "table1"], "names: got 'table1', but real-data is a report by itself"),
        (["table1", "--mnist", "x"], "mnist: got 'x', but only real-data takes it"),
        (["table1", "--chorales", "x"], "chorales: got 'x', but only real-data takes it"),
        (["real-data", "--mnist", "nowhere"], "mnist: got 'nowhere', but there is no such folder"),
        (
            ["real-data", "--chorales", "no.json"],
            "chorales: got 'no.json', but there is no such file",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", *words]) == 2
    assert message in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
