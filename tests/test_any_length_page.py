"""docs/any-length.md says what was measured, and every run behind it is in its script."""

import json
import re
from pathlib import Path

import pytest

from alignrnn.cli import parse_command
from tests.loaded import loaded

ROOT = Path(__file__).parent.parent
HERE = ROOT / "docs" / "any-length"


@pytest.fixture(scope="module")
def module():
    return loaded(HERE / "pages.py")


def test_the_page_says_what_was_measured(module):
    """`python docs/any-length/pages.py` makes it anew."""
    for file, made in module.blocks(*module.read()).items():
        assert file.read_text(encoding="utf-8") == module.page(file, made), file.name


def test_every_way_that_was_measured_has_a_row(module):
    rows, grown = module.read()
    for row in rows:
        named = {"why": {**module.ABLATIONS, **module.APART}, "adding": module.ADDING}
        assert row.way in named.get(row.part, module.WAYS), row
        assert row.task in module.TASKS
    for row in grown:
        assert row.way in module.GROWN, row
        assert int(row.goal) == module.GOALS[row.task], row


def test_a_run_whose_length_grew_is_told_as_far_as_it_came(module, tmp_path):
    records = tmp_path / "single" / "temporal-order" / "states" / "records"
    records.mkdir(parents=True)
    for length, status, error in ((75, "max_iterations", 0.01), (50, "solved", 0.0)):
        configuration = {"seed": 3, "task": {"length": length}}
        record = {"status": status, "iterations": 100, "best_error": error}
        text = json.dumps({**record, "configuration": configuration})
        (records / f"{length}.json").write_text(text)
    (row,) = module.read_grown(tmp_path)
    assert row == ("temporal-order", "states", "3", "200", "50", "200", "75", "99.00")
    assert "0 of 1; 99.00% at T = 75" in module.one_length([row])
    assert "1 of 1; 200 to 200" in module.one_length([row._replace(solved="200")])


def test_its_script_names_options_that_are_there():
    """With the variables put in, every training of run.sh is a command."""
    text = (HERE / "run.sh").read_text()
    values = dict(re.findall(r'^ *(\w+)="(.*)"$', text, flags=re.MULTILINE))
    values["task"] = "temporal-order"

    def put_in(words: str) -> str:
        while (found := re.search(r"\$(\w+)", words)) is not None:
            words = words.replace(found[0], values[found[1]])
        return words

    trained = re.findall(r"^ *learn (\S+) (\S+) (\S+) (.*)$", text, flags=re.MULTILINE)
    assert len(trained) > 15
    for _, task, _, words in trained:
        command = parse_command(["train", *put_in(f"{task} $often {words} --seeds 3").split()])
        assert len(command.configurations()) == 3  # pyright: ignore[reportAttributeAccessIssue]
