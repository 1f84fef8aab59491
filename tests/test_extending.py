"""docs/extending.md: what it prints is what is in examples/own, and runs as printed."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import jax
import pytest

import alignrnn as ar
from alignrnn.cli import main
from alignrnn.registry import CELLS, RULES, TASKS
from alignrnn.sweeps import expand

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text()
OWN = ROOT / "examples" / "own"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize("part", ["task", "rule", "cell"])
def test_the_files_are_printed_as_they_are(part):
    code = (OWN / f"my_{part}.py").read_text()
    assert code.rstrip() in blocks("python")
    assert code.count("\n") <= 40


def test_the_command_runs_as_printed(tmp_path, monkeypatch):
    (command,) = re.findall(r"^    alignrnn (train .*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    monkeypatch.chdir(ROOT)
    quick = ["--max-iterations", "60", "--check-every", "20", "--validation-samples", "100"]
    own = ["--symbols", "2", "--gain", "0.9", "--gate-bias", "-2", "--hidden-size", "8"]
    command = [*words, *quick, *own, "--out", str(tmp_path / "out")]
    # In a process of its own: Optax's Adam is not for the tests' strict promotion.
    done = subprocess.run(
        [sys.executable, "-m", "alignrnn", *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "copy" in done.stdout


def test_the_grid_runs_as_printed():
    (grid,) = blocks("toml")
    made = expand(tomllib.loads(grid), OWN)
    assert [each.task["symbols"] for each in made] == [2, 3, 4]
    assert len({each.identity for each in made}) == 3
    for each in made:
        assert each.build_run().cell == CELLS.of("my_cell.py:MinimalGated", OWN)()


@pytest.mark.slow
def test_the_python_runs_as_printed_and_learns():
    classes = {
        "Copy": TASKS.of("my_task.py:Copy", OWN),
        "FeedbackAlignment": RULES.of("my_rule.py:FeedbackAlignment", OWN),
        "MinimalGated": CELLS.of("my_cell.py:MinimalGated", OWN),
    }
    code = next(each for each in blocks("python") if "result = " in each)
    names = {"ar": ar, **classes}
    with jax.numpy_dtype_promotion("standard"):  # for Optax's Adam
        exec(code, names)
    result = names["result"]
    assert result.accuracy > 0.5  # of eight symbols


def test_a_file_that_changes_is_another_run(tmp_path):
    for part in ("task", "rule", "cell"):
        (tmp_path / f"my_{part}.py").write_text((OWN / f"my_{part}.py").read_text())
    (grid,) = blocks("toml")

    def identities(folder):
        return [each.identity for each in expand(tomllib.loads(grid), folder)]

    before = identities(OWN)
    assert identities(tmp_path) == before  # wherever the files are
    with (tmp_path / "my_rule.py").open("a") as file:
        file.write("\n")
    assert not set(identities(tmp_path)) & set(before)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "mine.py:Rule", "rule: got 'mine.py:Rule', but classes in that file: none"),
        ("class Other: pass", "mine.py:Rule", "but classes in that file: Other"),
        ("class Rule: pass", "mine.py:Rule", "but the class must be a Rule"),
        ("def", "mine.py:Rule", "but it must be Python ("),
        ("class Rule: pass\n1 / 0", "mine.py:Rule", "it must run (ZeroDivisionError"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path, capsys, content, name, message):
    (tmp_path / "mine.py").write_text(content)
    words = ["train", "adding", "--rule", str(tmp_path / name), "--out", str(tmp_path / "out")]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error.replace(str(tmp_path) + "/", "")
    assert error.count("\n") == 1
