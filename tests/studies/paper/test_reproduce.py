"""The whole of it, tiny: trained, interrupted, gone on with, reported, seen in a browser."""

import dataclasses
import json

import pytest

from alignrnn.results import open_store, read_store
from alignrnn.studies.paper import BUDGETS, MANIFESTS, reproduce

from ...browser import check_page
from .records import made_up

TINY = dataclasses.replace(
    BUDGETS["quick"],
    hidden_size=6,
    validation_samples=100,
    max_iterations=30,
    flow_iterations=20,
    longest=(10, 20),
)


def made(out, names, hook=lambda *_: None):
    return reproduce(names, TINY, out, "alignrnn reproduce …", hook)


def outcomes(out):
    """Every record but what differs from time to time."""
    return {
        record.identity: {k: v for k, v in vars(record).items() if k != "seconds"}
        for record in read_store(out)
    }


def stop_after(records):
    def hook(standing, engine):
        if standing.done >= records:
            engine.stop()

    return hook


@pytest.mark.slow
def test_a_report_of_some_of_it_goes_on_where_it_was(tmp_path):
    names = ("table4", "figure2")
    assert made(tmp_path / "a", names, stop_after(1))
    before = outcomes(tmp_path / "a")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "a/records").iterdir()}
    assert 0 < len(before) < 5
    assert "not run yet" in (tmp_path / "a/report.md").read_text().lower()
    assert not made(tmp_path / "a", names)
    after = outcomes(tmp_path / "a")
    assert len(after) == 5  # four pairs of c₁ and c₂, and the figure
    assert before.items() <= after.items()
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert not made(tmp_path / "b", names)
    assert outcomes(tmp_path / "b") == after
    markdown = (tmp_path / "a/report.md").read_text()
    assert "not run yet" not in markdown.lower()
    assert (tmp_path / "a/figures/figure2.png").is_file()
    assert (tmp_path / "a/figures/figure2.pdf").is_file()
    assert markdown.count(TINY.banner) == 1
    assert len((tmp_path / "a/runs.csv").read_text().splitlines()) == 6


@pytest.mark.slow
def test_a_damaged_record_is_made_again(tmp_path):
    made(tmp_path, ("figure2",))
    (path,) = (tmp_path / "records").glob("*.json")
    whole = json.loads(path.read_text())
    path.write_text(path.read_text()[:-40])
    with pytest.warns(UserWarning, match="set aside"):
        made(tmp_path, ("figure2",))
    again = json.loads(path.read_text())
    assert {**again, "seconds": 0, "sha256": 0} == {**whole, "seconds": 0, "sha256": 0}


@pytest.mark.slow
def test_everything_ends_up_in_one_page_that_any_browser_shows(tmp_path):
    assert not made(tmp_path, tuple(MANIFESTS))
    page = tmp_path / "report.html"
    for manifest in MANIFESTS.values():
        assert manifest.title in page.read_text()
    assert "not run yet" not in page.read_text().lower()
    assert "not finished" not in page.read_text().lower()
    check_page(page)
    before = outcomes(tmp_path)
    assert not made(tmp_path, tuple(MANIFESTS))
    assert outcomes(tmp_path) == before


def test_the_facts_are_of_the_records_wherever_the_report_is_written(tmp_path):
    (run,) = (run for cell in MANIFESTS["figure2"].cells(TINY) for run in cell)
    software = {"python": "3.9", "jax": "0.1", "platform": "Elsewhere", "devices": ["tpu:0"]}
    with open_store(tmp_path, "reproduction, quick budget") as store:
        store.put(dataclasses.replace(made_up(run), software=software, seconds=7200.0))
    command = "alignrnn reproduce figure2"
    assert not reproduce(["figure2"], TINY, tmp_path, command, lambda *_: None)
    markdown = (tmp_path / "report.md").read_text()
    # Nothing was trained in this call, so it says no time of its own, and no machine.
    assert "| Time | 2.0 h of training on one core each |" in markdown
    assert "| Trained with | python 3.9, jax 0.1, Elsewhere, devices tpu:0 |" in markdown
    assert f"| Command | `{command}` |" in markdown
