"""docs/rules: a page for every rule, with the same sections, and the numbers that were measured."""

from pathlib import Path

import pytest

from alignrnn.registry import RULES
from tests.loaded import loaded

ROOT = Path(__file__).parent.parent
HERE = ROOT / "docs" / "rules"
SECTIONS = ["## What is local in it", "## Measured", "## How far it reaches"]


@pytest.fixture(scope="module")
def module():
    return loaded(HERE / "pages.py")


@pytest.fixture(scope="module")
def made(module):
    return module.pages()


def test_every_rule_has_a_page(made):
    assert {path.stem for path in made} == {*RULES.names, "README"}


def test_pages_say_what_was_measured(made):
    """`python docs/rules/pages.py` makes them anew."""
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_what_pages_quote_of_the_record_of_real_data_stands_there(module):
    report = (ROOT / "docs" / "real-data" / "report.md").read_text(encoding="utf-8")
    (row,) = [line for line in report.splitlines() if line.startswith("| JSB chorales, Elman")]
    for value in module.CHORALES.values():
        assert value in row


@pytest.mark.parametrize("name", RULES.names)
def test_pages_have_the_same_sections(name):
    text = (HERE / f"{name}.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert f"`--rule {name}`" in text
    assert "<!-- equations -->\n```text\n" in text
    for prose in text.split("\n\n"):
        if not prose.startswith(("|", "<!--")):
            assert all(len(line) <= 110 for line in prose.splitlines())


def test_what_is_named_is_there():
    """Commands and grids of run.sh and README, and every measured table of the README."""
    text = (HERE / "run.sh").read_text() + (HERE / "README.md").read_text(encoding="utf-8")
    for word in text.split():
        if word.startswith(("examples/", "docs/")):
            assert (ROOT / word.strip("`).,")).exists(), word
