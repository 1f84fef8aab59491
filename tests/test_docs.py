"""The pages that docstrings point to are there, with the sections they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
ALGORITHMS = (ROOT / "docs" / "algorithms.md").read_text()
REFERENCES = {
    (path, int(section))
    for path in SOURCES
    for first, last in re.findall(
        r"docs/algorithms\.md,\s+(\d+)(?:(?: and | to )(\d+))?", path.read_text()
    )
    for section in (first, last)
    if section
}


def test_docstrings_point_to_sections_that_are_there():
    sections = {int(number) for number in re.findall(r"^## (\d+)\. ", ALGORITHMS, re.MULTILINE)}
    assert {section for _, section in REFERENCES} <= sections
    assert {path.parent.name for path, _ in REFERENCES} >= {"rules", "tasks", "training"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_page_named_is_there(path):
    for name in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text()):
        assert (ROOT / name).is_file(), name


def test_formulas_are_whole():
    """A dollar or a brace too few, and a forge shows the source of half a page."""
    blocks = re.findall(r"\$\$(.*?)\$\$", ALGORITHMS, re.DOTALL)
    inline = re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", ALGORITHMS, flags=re.DOTALL))
    assert ALGORITHMS.count("$") == 4 * len(blocks) + 2 * len(inline)
    for formula in (*blocks, *inline):
        assert formula.count("{") == formula.count("}"), formula
        assert formula.count(r"\Big(") == formula.count(r"\Big)"), formula
    assert not any("\n" in formula for formula in inline)
    assert all(len(line) <= 110 for line in ALGORITHMS.splitlines())
