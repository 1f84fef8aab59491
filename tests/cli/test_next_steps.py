"""What `alignrnn train` ends with: pictures, and three commands that can be copied and run."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from alignrnn.cli import parse_command
from alignrnn.cli.next_steps import next_steps

OUT = Path("runs/my own")
PICTURES = ("learning_curves.png", "local_losses.png")


def told(task="temporal-order", **changes):
    given = {"task_options": {}, "has_lengths": True, "reports_steps": True}
    return next_steps(OUT, PICTURES, task=task, **(given | changes))


def words(line):
    return shlex.split(line, comments=True)[1:]


def test_of_a_task_that_draws_any_length():
    first, *commands = told()
    assert first == "written to runs/my own: learning_curves.png, local_losses.png; next:"
    assert [words(line) for line in commands] == [
        ["evaluate", "runs/my own"],
        ["generalize", "runs/my own"],
        ["gradients", "runs/my own"],
    ]


def test_of_data_the_file_is_predicted_with_what_it_takes_to_read_it():
    options = {"id": "sequence", "time": "t", "target": ("a", "b c"), "part": "p"}
    options |= {"symbols": True, "standardize": True, "held_out": 0.3, "tolerance": 0.1}
    _, _, predict, _ = told("my.csv", task_options=options, has_lengths=False)
    assert words(predict) == [
        *("predict", "runs/my own", "my.csv", "--id", "sequence", "--time", "t"),
        *("--target", "a", "b c", "--part-column", "p", "--symbols"),
    ]
    assert parse_command(words(predict)).source_options() == {  # pyright: ignore[reportAttributeAccessIssue]
        "id": "sequence", "time": "t", "target": ("a", "b c"), "part": "p", "symbols": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("task", "has_lengths", "reports_steps", "names"),
    [
        ("pixel-digits", False, True, ["evaluate", "predict", "gradients"]),
        ("my.npz", False, False, ["evaluate", "predict", "runs"]),
        ("my_task.py:Copy", True, False, ["evaluate", "generalize", "runs"]),
    ],
)
def test_every_line_is_a_command_there_is(task, has_lengths, reports_steps, names):
    lines = told(task, has_lengths=has_lengths, reports_steps=reports_steps)
    assert len(lines) == 4
    for name, line in zip(names, lines[1:], strict=True):
        assert words(line)[0] == name
        parse_command(words(line))


@pytest.mark.parametrize(("columns", "explained"), [(60, False), (140, True)])
def test_on_a_terminal_what_a_command_is_for_stands_there_where_it_fits(
    columns, explained, monkeypatch
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns, 30)))
    commands = told()[1:]
    assert all(("#" in line) == explained for line in commands)
    assert max(map(len, commands)) < columns
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert all("#" in line for line in told()[1:])
