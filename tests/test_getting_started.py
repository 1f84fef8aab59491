"""docs/getting-started.md: a newcomer's five minutes, as they are printed."""

import re
import shlex
from pathlib import Path

import jax
import pytest

from alignrnn.cli import parse_command
from tests.terminal import alignrnn, shown_on_terminal

PAGE = (Path(__file__).parent.parent / "docs" / "getting-started.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILE, TEN_LINES = (block for language, block in BLOCKS if language == "python")
COMMANDS = [
    shlex.split(line)[1:]
    for language, block in BLOCKS
    if not language
    for line in block.replace("\\\n", " ").splitlines()
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the file of the page is."""
    monkeypatch.chdir(tmp_path)
    exec(FILE, {})
    return tmp_path


@pytest.mark.slow
def test_ten_lines_learn_and_say_what_is_printed(home, capsys):
    assert len(TEN_LINES.strip().splitlines()) <= 10
    with jax.numpy_dtype_promotion("standard"):  # Optax's Adam counts in integers
        exec(TEN_LINES, {})
    said = capsys.readouterr().out.splitlines()
    assert said[0].split()[::2] == ["solved", "100%"]
    assert f"    {said[1]}\n" in PAGE
    assert (home / "machines.npz").is_file()


def test_the_commands_take_what_they_are_given(home):
    assert [words[0] for words in COMMANDS] == [
        *("train", "evaluate", "predict", "runs", "gradients", "train")
    ]
    for words in COMMANDS:
        command = parse_command(words)
        if words[0] == "train" and "--from" not in words:
            (made,) = command.configurations()
            made.build_task()


@pytest.mark.slow
def test_the_commands_one_after_the_other(home):
    for words in COMMANDS:
        shown = shown_on_terminal(alignrnn(*words), 100)
        assert shown.status == 0, (words, shown.end)
        assert "Traceback" not in shown.text
        if words[0] == "evaluate":
            assert "100.00%" in shown.text, shown.end
    assert len((home / "predictions.csv").read_text().splitlines()) == 401
    for name in re.findall(r"^\| `([^`]*)` \|", PAGE.partition("## Where things are")[2], re.M):
        assert list((home / "runs" / "machines").glob(name.replace("…/", "*").rstrip("/"))), name
