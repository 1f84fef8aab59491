"""docs/which.md: advice, and every number of it on a page that is named there."""

import re
import shlex
from pathlib import Path

import pytest

from alignrnn.cli import parse_command
from alignrnn.cli.train import Train

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "which.md").read_text(encoding="utf-8")
CASES = {
    part.partition("\n")[0]: part.partition("\n")[2]
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}
COMMANDS = [
    shlex.split(block.replace("\\\n", " "))[1:]
    for block in re.findall(r"^    (alignrnn .*(?:\n        .*)*)", PAGE, re.MULTILINE)
]


def numbers(text):
    return {found.rstrip(",") for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}


@pytest.mark.parametrize("case", CASES)
def test_every_number_stands_in_a_record_that_the_case_names(case):
    text = CASES[case]
    records = set(re.findall(r"\]\(([\w/.-]+\.md)", text))
    measured = numbers(" ".join((DOCS / name).read_text(encoding="utf-8") for name in records))
    said = re.sub(r"^    .*$|`[^`]*`|\]\([^)]*\)", "", text, flags=re.MULTILINE)
    assert numbers(said) <= measured


@pytest.mark.parametrize("case", CASES)
def test_a_case_begins_with_its_answer(case):
    assert case.endswith("?")
    assert CASES[case].startswith("\n**")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_its_commands_can_be_used(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.csv").write_text("id,x,target\n" + "".join(f"{n},{n}.5,{n % 2}\n" for n in range(20)))
    command = parse_command(words)
    assert isinstance(command, Train)
    (made,) = command.configurations()
    made.build_run()
