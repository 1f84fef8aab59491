"""What a user calls a setting: kept beside the records, told apart, never trusted blindly."""

import json
import re

import pytest

from alignrnn import ConfigurationError
from alignrnn.cli import main
from alignrnn.errors import DamagedFileWarning
from alignrnn.results import open_store
from alignrnn.studies.frontier import Search, put_label, write_frontier
from alignrnn.studies.frontier.labels import FILE, checked_label, read_labels
from alignrnn.studies.frontier.report import frontier_document

from ...browser import check_page
from ...thinned import thinned
from ..paper.records import made_up


def search(task="temporal-order", **rule):
    sections = {"rule": {"name": "bptt", **rule}, "protocol": {"patience": 0}}
    return Search(task, sections, (0,), (10,))


PLAIN, CLIPPED = search().at(10)[0], search(clip=1).at(10)[0]
ADDING = search("adding", clip=1).at(10)[0]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "out", "frontier") as store:
        store.put(made_up(PLAIN), made_up(CLIPPED), made_up(ADDING))
        yield store


def names(store, section=-1):
    document = frontier_document(store, read_labels(store.path))
    return [row[0].text for row in document.sections[section].blocks[0].cells]


def test_a_setting_is_called_by_its_label_and_those_with_one_come_first(store):
    assert names(store) == ["BPTT, clip 0", "BPTT, clip 1"]
    put_label(store, CLIPPED, "with a clip")
    assert names(store) == ["with a clip", "BPTT, clip 0"]
    assert names(store, 0) == ["BPTT"]  # a label is of one task
    write_frontier(store)
    assert "with a clip" in (store.path / "report.html").read_text()
    assert "with a clip" in (store.path / "report.md").read_text()


def test_a_second_label_takes_the_place_of_the_first(store):
    put_label(store, CLIPPED, "one")
    put_label(store, CLIPPED, " two ")
    assert names(store)[0] == "two"


def test_one_label_for_two_settings_of_a_task_is_refused(store):
    put_label(store, CLIPPED, "BPTT")
    with pytest.raises(ConfigurationError, match="label: got 'BPTT', but it is that of another"):
        put_label(store, PLAIN, "BPTT")
    put_label(store, ADDING, "BPTT")
    assert names(store, 0) == ["BPTT"]


def test_a_label_of_a_setting_that_has_no_runs_yet_is_free(store):
    put_label(store, search(clip=7).at(10)[0], "mistaken")
    put_label(store, CLIPPED, "mistaken")
    assert names(store)[0] == "mistaken"


def test_a_label_that_looks_like_another_settings_name_is_told_apart(store):
    put_label(store, CLIPPED, "BPTT, clip 0")
    assert names(store) == ["BPTT, clip 0", "BPTT, clip 0 (2)"]


@pytest.mark.parametrize("label", ["", "  ", "a" * 41, "two\nlines", "a\tb", "\x1b[1m", "🙂", "词"])
def test_what_cannot_stand_in_a_picture_is_refused(label):
    with pytest.raises(ConfigurationError, match="it must be 1 to 40 characters on one line"):
        checked_label(label)


@pytest.mark.parametrize(
    "label", thinned(["$x_{", "<b>&amp;", "a|b `c` *d* [e](f)", "Ω, βᵢ → z̄", "_x"], 2)
)
def test_odd_characters_mean_themselves(store, label):
    put_label(store, CLIPPED, label)
    write_frontier(store)
    (label_there,) = read_labels(store.path)["temporal-order"].values()
    assert label_there == checked_label(label)
    page = (store.path / "report.html").read_text()
    assert "<b>" not in page
    rows = re.findall(r"(?m)^\| .*$", (store.path / "report.md").read_text())
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows if "BPTT" in row}
    assert bars <= {4, 5, 6}  # of the three tables: none has a cell more


def test_the_page_can_be_read_on_a_phone(store):
    put_label(store, CLIPPED, "a label that is as long as labels may be")
    write_frontier(store)
    check_page(store.path / "report.html", tables=5, figures=2)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"temporal-order": 3}', '{"a": {"b": "x\\ny"}}', '{"a": {"b": 1}}',
             '{"a": {"b": "x", "c": "x"}}', "[" * 100_000]
)  # fmt: skip
def test_a_damaged_file_is_told_of_and_set_aside(store, text):
    (store.path / FILE).write_text(text)
    with pytest.warns(DamagedFileWarning, match="not used"):
        assert names(store) == ["BPTT, clip 0", "BPTT, clip 1"]
    with pytest.warns(DamagedFileWarning, match=r"set aside as labels\.damaged"):
        put_label(store, CLIPPED, "new")
    assert names(store)[0] == "new"
    assert (store.path / "labels.damaged").read_text() == text


def test_records_and_identities_know_nothing_of_labels(store):
    before = {path: path.read_bytes() for path in store.path.glob("records/*")}
    put_label(store, CLIPPED, "new")
    assert {path: path.read_bytes() for path in store.path.glob("records/*")} == before
    assert set(json.loads((store.path / FILE).read_text())) == {"temporal-order"}


def test_the_command_refuses_a_label_before_anything_is_made(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["frontier", "adding", "--label", "a\nb", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("alignrnn: error: label: got 'a\\nb', but it must be 1 to 40")
    assert error.count("\n") == 1
    assert not out.exists()


def test_the_command_labels_what_is_recorded_and_trains_nothing(store, capsys):
    store.close()
    command = ["frontier", "temporal-order", "--rule", "bptt", "--clip", "1", "--seeds", "1"]
    command += ["--lengths", "10", "--patience", "0", "--out", str(store.path)]
    assert main([*command, "--label", "with a clip"]) == 0
    capsys.readouterr()
    assert "| with a clip | none |" in (store.path / "report.md").read_text()
