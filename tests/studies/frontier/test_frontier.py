"""The search for the longest length a setting solves, and its report."""

import dataclasses

import jax
import pytest

from alignrnn import ConfigurationError
from alignrnn.cli import main
from alignrnn.results import open_store, read_store
from alignrnn.studies.frontier import Search, write_frontier
from alignrnn.studies.frontier.report import frontier_document
from alignrnn.sweeps import Engine
from alignrnn.sweeps.places import Ended, Place, Slice

from ..paper.records import made_up

ENDLESS = {"protocol": {"patience": 0}}
SECTIONS = {"rule": {"name": "bptt", "clip": 1.0}, "optimizer": {"learning_rate": 0.03}, **ENDLESS}


class Solves(Place):
    """Trains nothing: a seed solves every length up to its reach."""

    def __init__(self, reach):
        self.device = jax.devices()[0]
        self.reach, self.trained = reach, []

    def train(self, work):
        for at, each in enumerate(work.group):
            length = each.task["length"]
            self.trained.append((length, each.seed))
            error = 0.0 if length <= self.reach[each.seed] else 0.3
            yield Slice({at: Ended(made_up(each, error, iterations=10 * length))})


@pytest.fixture
def searched(tmp_path):
    """Search, and what was trained and found."""

    def run(reach, **options):
        options = {"seeds": (0, 1), "lengths": (40, 10, 20, 30, 50)} | options
        place = Solves(reach)
        with open_store(tmp_path / "out", "frontier") as store:
            longest = Search("temporal-order", SECTIONS, **options).run(
                store, Engine(store, [place]), lambda _: None
            )
            write_frontier(store)
        return longest, place.trained

    return run


def test_it_goes_from_the_shortest_length_to_the_first_that_not_every_seed_solves(searched):
    longest, trained = searched({0: 50, 1: 20})
    assert longest == 20
    assert sorted(trained) == [(length, seed) for length in (10, 20, 30) for seed in (0, 1)]


def test_nothing_solved(searched):
    assert searched({0: 0, 1: 50})[0] is None


def test_beyond_the_first_miss(searched):
    longest, trained = searched({0: 20, 1: 20}, beyond=1)
    assert longest == 20
    assert max(trained) == (40, 1)


def test_run_again_only_what_is_missing_is_trained(searched):
    searched({0: 20, 1: 20, 2: 20})
    longest, trained = searched({0: 20, 1: 20, 2: 20}, seeds=(0, 1, 2))
    assert longest == 20
    assert trained == [(10, 2), (20, 2), (30, 2)]


def test_all_lengths_solved(searched):
    assert searched({0: 99, 1: 99})[0] == 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "pixel-digits"}, "task: got 'pixel-digits', but it must have a length: adding"),
        ({"lengths": (10, 9)}, "task.length: got 9, but"),
        ({"lengths": ()}, "lengths: got none, but there must be one at least"),
        ({"beyond": -1}, "beyond: got -1, but"),
        ({"sections": {"rule": {"name": "bptt", "clip": -1}}}, "rule.clip: got -1, but"),
    ],
)
def test_a_mistake_is_found_before_anything_is_trained(options, message):
    given = {"task": "temporal-order", "sections": SECTIONS, "seeds": (0,)} | options
    with pytest.raises(ConfigurationError) as error:
        Search(**given)
    assert str(error.value).startswith(message)


def test_a_task_s_own_options_are_those_of_its_runs_and_tell_settings_apart(tmp_path):
    searches = [
        Search("copy", SECTIONS, (0,), (30,), task_options={"symbols": symbols})
        for symbols in (3, 5)
    ]
    with open_store(tmp_path / "out", "frontier") as store:
        for search in searches:
            store.put(*(made_up(each) for each in search.at(30)))
        assert sorted(each.configuration["task"]["symbols"] for each in store) == [3, 5]
        (section,) = frontier_document(store, {}).sections
    names = [row[0].text for row in section.blocks[0].cells]
    assert names == ["BPTT, symbols 3", "BPTT, symbols 5"]


def test_the_command_takes_a_task_s_own_options(tmp_path, capsys):
    command = ["frontier", "copy", "--lengths", "5", "--symbols", "2", "--dry-run"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert "T = 5 with 3 seeds each" in capsys.readouterr().out


def test_the_report_tells_the_longest_length_and_every_attempt(searched, tmp_path):
    searched({0: 50, 1: 20})
    document = frontier_document(read_store(tmp_path / "out"), {})
    (section,) = document.sections
    longest, picture, shared, tried = section.blocks
    assert [cell.text for cell in longest.cells[0]] == ["BPTT", "20", "2", "100,000"]
    assert shared == "All settings have clip 1, lr 0.03."
    assert [[cell.text for cell in row[1:]] for row in tried.cells] == [
        ["10", "2 of 2 seeds", "100 / 100", ""],
        ["20", "2 of 2 seeds", "200 / 200", ""],
        ["30", "1 of 2 seeds", "300", "70.00"],
    ]
    assert picture.alternative == "BPTT: solved by every seed up to T = 20"
    for file in ("report.html", "report.md", "figures/frontier-temporal-order.png", "runs.csv"):
        assert (tmp_path / "out" / file).is_file()


def test_settings_and_tasks_stand_side_by_side(searched, tmp_path):
    searched({0: 50, 1: 20})
    with open_store(tmp_path / "out", "frontier") as store:
        other = Search(
            "adding", {"rule": {"name": "lra-diff", "target_step": "unit"}, **ENDLESS}, (0,)
        )
        for configuration in other.at(10):
            record = made_up(configuration, 0.001)
            store.put(dataclasses.replace(record, counts_errors=False))
        slow = Search("temporal-order", SECTIONS | {"cell": {"hidden_size": 9}}, (0,))
        store.put(*(made_up(each) for each in slow.at(10)))
        document = frontier_document(store, {})
    assert [section.id for section in document.sections] == ["adding", "temporal-order"]
    adding, temporal_order = document.sections
    assert adding.blocks[0].cells[0][0].text == "LRA-diff"
    assert adding.blocks[2] == "All settings have β unit."
    assert adding.blocks[3].header[-1] == "best error of the others"
    assert adding.blocks[3].cells[0][4].text == "0.001"
    longest, _, shared, differ, _ = temporal_order.blocks
    assert [row[0].text for row in longest.cells] == ["BPTT, H 100", "BPTT, H 9"]
    assert shared == "All settings have clip 1, lr 0.03."
    assert differ.header == ("Setting", "rule", "options")
    assert [[cell.text for cell in row[1:]] for row in differ.cells] == [
        ["BPTT", "defaults"],
        ["BPTT", "H 9"],
    ]


def test_a_length_of_which_runs_are_missing_is_not_solved(searched, tmp_path):
    searched({0: 50, 1: 20})
    with open_store(tmp_path / "out", "frontier") as store:
        (more,) = Search("temporal-order", SECTIONS, (2,), (10,)).at(10)
        store.put(made_up(more, 0.0))
        (section,) = frontier_document(store, {}).sections
    assert section.blocks[0].cells[0][1].text == "10"


@pytest.mark.slow
def test_the_command_searches_goes_on_and_says_how_far_it_came(tmp_path, capsys):
    command = ["frontier", "temporal-order", "--target-step", "unit", "--hidden-size", "20"]
    command += ["--validation-samples", "200", "--max-iterations", "400", "--seeds", "2"]
    command += ["--lengths", "10", "15", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "temporal-order, lra-diff: solved up to T = 15" in first
    records = {path: path.read_bytes() for path in (tmp_path / "out").glob("records/*")}
    assert len(records) == 4
    assert main(command) == 0
    assert capsys.readouterr().out == first
    assert {p: p.read_bytes() for p in (tmp_path / "out").glob("records/*")} == records
    assert main([*command, "--label", "at a gain of one"]) == 0
    assert "| at a gain of one | 15 |" in (tmp_path / "out" / "report.md").read_text()
    assert {p: p.read_bytes() for p in (tmp_path / "out").glob("records/*")} == records
