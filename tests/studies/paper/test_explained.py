"""What is asked of the published numbers: runs, ways, verdicts."""

import dataclasses

import pytest

from alignrnn.configuration import configuration
from alignrnn.reports import Document, Table, to_markdown
from alignrnn.studies.paper import BUDGETS, EVERY, MANIFESTS
from alignrnn.studies.paper.explained import LONGEST, PARTS, WAYS

from .records import made_up

BUDGET = BUDGETS["standard"]
EXPLAINED = EVERY["published"]
HEADER = ("Table", "paper", *(way.name for way in WAYS), "comes out")


def tables(lookup) -> list[Table]:
    return [b for b in EXPLAINED.section(BUDGET, lookup).blocks if isinstance(b, Table)]


def row(lookup, name) -> list[str]:
    return next([c.text for c in row] for row in tables(lookup)[0].cells if row[0].text == name)


def test_it_is_no_part_of_all():
    assert "published" not in MANIFESTS
    assert [*EVERY] == [*MANIFESTS, "published"]


@pytest.mark.parametrize("budget", ["quick", "standard"])
def test_it_has_runs_and_each_is_complete(budget):
    cells = EXPLAINED.cells(BUDGETS[budget])
    assert len(cells) == sum(3 * len(part.lengths) * len(part.ways) for part in PARTS)
    assert all(cells)
    searches = EXPLAINED.searches(BUDGETS[budget])
    assert [each.rule for each in searches] == ["lra_diff_regularized"] * 6 + ["tptt"] * 3
    assert all(each.settings for each in searches)


def test_as_the_text_says_is_the_tables_own_runs():
    of_tables = {
        run.identity
        for name in ("table1", "table2", "table3")
        for cell in MANIFESTS[name].cells(BUDGET)
        for run in cell
    }
    of_text = {
        run.identity
        for part in PARTS
        for length in part.lengths
        for run in part.cell(BUDGET, WAYS[0], "temporal-order", length)
    }
    assert of_text <= of_tables


def test_every_way_is_another_run():
    part = PARTS[0]
    runs = [run for way in WAYS for run in part.cell(BUDGET, way, "random-permutation", 20)]
    assert len({run.identity for run in runs}) == len(runs) == 14
    last = runs[-1]
    assert last.task == {"name": "first-symbol-twice", "of": "random-permutation", "length": 20}
    causes = ("attached_targets", "old_state", "handed_loss", "unrolled")
    assert all(last.rule[cause] for cause in causes)


@pytest.mark.parametrize(
    ("error", "said"),
    [(0.02, "as the text says"), (0.4, "open")],
)
def test_a_number_that_comes_out_is_told_with_the_fewest_causes(error, said):
    name = "I: Temporal order, T = 20"
    assert row(lambda run: made_up(run, error), name)[-1] == said
    assert tables(lambda _: None)[0].header == HEADER
    of_no_run = row(lambda _: None, name)
    assert of_no_run == [name, "99.84", *["not run yet"] * 7, ""]


def test_a_cause_is_named_where_only_with_it_a_number_comes_out():
    def lookup(run):
        is_twice = run.task["name"] == "first-symbol-twice"
        return made_up(run, 0.49 if is_twice else 0.02)

    found = row(lookup, "I: Random permutation, T = 10")
    assert found[1:] == ["50.90", "98.00", "98.00", "51.00", "98.00", *["51.00"] * 3, found[-1]]
    assert found[-1] == "validated from x₁"


@pytest.mark.parametrize("error", [0.4, 0.0016])
def test_of_what_has_not_ended_nothing_is_said(error):
    def lookup(run):
        return None if run.rule["target_step"] == 0.1 else made_up(run, error)

    found = row(lookup, "I: Temporal order, T = 20")
    assert found[2] != "not run yet"
    assert found[-1] == ""


def test_longest_lengths_beside_the_texts_and_the_papers():
    def lookup(run):
        is_variant = run.rule["name"] == "published-lra-diff"
        return made_up(run, 0.0 if run.task["length"] <= (20 if is_variant else 10) else 0.5)

    found = [[cell.text for cell in row] for row in tables(lookup)[-2].cells]
    assert found[0][1:5] == ["10", "20", "20", "+0"]
    assert found[2][1:5] == ["10", "20", "80", "-60"]
    assert [row[0] for row in found[::3]] == [
        "Temporal order, LRA-diff, regularised: all causes",
        "Temporal order, LRA-diff, regularised: whole graph, Ω of the diagonal",
        "Temporal order, TPTT: patience 300",
    ]
    assert LONGEST[-1] == 80


def test_without_records_nothing_is_claimed():
    section = EXPLAINED.section(BUDGET, lambda _: None)
    text = to_markdown(Document(title="T", lead=(), sections=(section,)))
    assert "solved |" not in text.replace("✓ solved |", "")
    assert "open |" not in text


def test_tptt_alone_waits_for_300_checks():
    searches = {each.rule: each for each in MANIFESTS["table5"].searches(BUDGET)}
    runs = {rule: each.settings[0].at(BUDGET, each.task, 20) for rule, each in searches.items()}
    patience = {rule: run.protocol["patience"] for rule, run in runs.items()}
    assert patience == {"tptt": 300, "bptt": 30, "lra_diff": 30, "lra_diff_regularized": 30}
    assert "; TPTT's 300" in dict(BUDGET.settings)["Iterations of a run"]
    assert "TPTT's" not in dict(BUDGETS["quick"].settings)["Iterations of a run"]


def test_the_runs_of_every_other_rule_are_what_they_were():
    """A record of before TPTT had a patience of its own is still found."""
    before = configuration(
        {
            **BUDGET.shared,
            "rule": {"name": "bptt", "clip": 1.0},
            "optimizer": {"name": "sgd", "learning_rate": 0.1},
            "task": {"name": "temporal-order", "length": 10},
        }
    )
    search = next(s for s in MANIFESTS["table5"].searches(BUDGET) if s.rule == "bptt")
    assert search.settings[0].at(BUDGET, "temporal-order", 10).identity == before.identity
    other = dataclasses.replace(BUDGET, tptt_patience=7)
    assert search.settings[0].at(other, "temporal-order", 10).identity == before.identity
