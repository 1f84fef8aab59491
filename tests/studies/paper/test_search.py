"""Table V's search: which runs it makes, and that its records tell the same again."""

import dataclasses

import pytest

from alignrnn.reports import Table
from alignrnn.studies.paper import BUDGETS, MANIFESTS
from alignrnn.studies.paper.manifest import Search, Setting
from alignrnn.studies.paper.search import Runs, replay, walk

from .records import made_up

BUDGET = dataclasses.replace(BUDGETS["quick"], seeds=3)


def settings(*rates):
    return [Setting({"name": "bptt"}, {"name": "sgd", "learning_rate": rate}) for rate in rates]


def search(*rates, lengths=(10, 20, 30, 40)):
    return Search("temporal-order", "bptt", settings(*rates), lengths, seeds=3)


class World:
    """Trains by a rule of its own: a learning rate solves lengths up to its reach."""

    def __init__(self, reach):
        self.reach, self.records, self.trained = reach, {}, []

    def lookup(self, configuration):
        return self.records.get(configuration.identity)

    def _train(self, configuration):
        rate, length = configuration.optimizer["learning_rate"], configuration.task["length"]
        solved = length <= self.reach[rate]
        iterations = round(1000 * rate)
        self.trained.append((length, rate, configuration.seed))
        self.records[configuration.identity] = made_up(
            configuration, 0.0 if solved else 0.25, iterations if solved else 3100
        )
        return self.records[configuration.identity]

    def walk(self, search):
        """Every step of the search, which comes to its end."""
        runs = Runs(
            until_solved=lambda group: next((r for r in map(self._train, group) if r.solved), None),
            complete=lambda configurations: [self._train(each) for each in configurations],
            ended=lambda _: True,
        )
        steps, ended = walk(search, BUDGET, runs)
        assert ended
        return steps


def test_the_length_goes_up_until_no_setting_solves_it():
    world = World({0.1: 20, 0.2: 30})
    steps = world.walk(search(0.1, 0.2))
    assert [(step.length, step.solved is not None) for step in steps] == [
        (10, True),
        (20, True),
        (30, True),
        (40, False),
    ]
    assert [step.solved_seeds for step in steps] == [3, 3, 3, 0]
    tried = [(length, rate) for length, rate, seed in world.trained if seed == 0]
    # The setting that solved a length is the first tried at the next, and alone.
    assert tried[:5] == [(10, 0.1), (20, 0.1), (30, 0.1), (30, 0.1), (30, 0.2)]
    assert (40, 0.1) in tried
    assert (40, 0.2) in tried


def test_the_records_alone_tell_the_same_steps():
    world = World({0.1: 20, 0.2: 30})
    steps = world.walk(search(0.1, 0.2))
    assert replay(search(0.1, 0.2), BUDGET, world.lookup) == (steps, True)


@pytest.mark.parametrize(("length", "seed", "told"), [(30, 0, 2), (20, 2, 1), (10, 0, 0)])
def test_records_of_a_search_that_broke_off_tell_it_up_to_there(length, seed, told):
    world = World({0.1: 20})
    steps = world.walk(search(0.1))
    assert len(steps) == 3
    missing = search(0.1).settings[0].at(BUDGET, "temporal-order", length, seed)
    del world.records[missing.identity]
    assert replay(search(0.1), BUDGET, world.lookup) == (steps[:told], False)


@pytest.mark.parametrize(
    ("reach", "lengths", "texts", "note"),
    [
        (70, (60, 70, 80), ["70", "120", "-50", "3 of 3"], ""),
        (5, (10, 20), ["none", "120", "", ""], "not T = 10"),
        (90, (60, 70, 80), ["≥ 80", "120", "-40", "3 of 3"], "longest tried"),
    ],
)
def test_the_table_says_how_far_each_rule_came(monkeypatch, reach, lengths, texts, note):
    table5 = MANIFESTS["table5"]
    every = [
        dataclasses.replace(each, lengths=lengths, seeds=3) for each in table5.searches(BUDGET)
    ]
    monkeypatch.setattr(table5, "searches", lambda _: every)
    world = World(dict.fromkeys((0.1, 0.01, 0.001, *BUDGET.learning_rates), reach))
    for each in every:
        if each.task == "temporal-order" and each.rule == "bptt":
            world.walk(each)
    section = table5.section(BUDGET, world.lookup)
    longest, attempts = [block for block in section.blocks if isinstance(block, Table)]
    rows = {row[0].text: row[1:] for row in longest.cells}
    of_bptt = rows.pop("Temporal order, BPTT")
    assert [cell.text for cell in of_bptt] == texts
    assert of_bptt[0].note == note
    assert {row[0].text for row in rows.values()} == {"not run yet"}
    assert rows["Random permutation, LRA-diff"][1].text == "–"
    assert {row[0].text for row in attempts.cells} == {"Temporal order, BPTT"}
