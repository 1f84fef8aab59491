"""Every command of the README and of docs/command-line.md as a person runs it: on a terminal, wide
and narrow, dumb and without colour, with Ctrl-C in the middle, and with the terminal closed."""

import contextlib
import csv
import json
import os
import re
import shlex
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.terminal import Terminal, alignrnn, shown_on_terminal

ROOT = Path(__file__).parent.parent.parent


def commands(page):
    """Those of a page's plain blocks, as words."""
    text = re.sub(r"```\w+\n.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    return [
        tuple(shlex.split(line, comments=True)[1:])
        for block in re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
        for line in block.splitlines()
        if line.startswith("alignrnn ")
    ]


README, ALL = commands("README.md"), commands("docs/command-line.md")
COMMANDS = README + ALL
MORE = {"pixel-digits", "--cell", "--from", "--log", "--workers"}
"""Words of commands of docs/command-line.md that the quick test leaves to the slow ones: each is a
second one of its kind, and no other asks for its directory."""
QUICK = [
    *("--hidden-size", "6", "--max-iterations", "40"),
    *("--check-every", "20", "--validation-samples", "60"),
]
SMALL = """
name = "small"
seed = [0, 1]
task = { name = ["temporal-order", "random-permutation"], length = 10 }
rule = { name = "bptt" }
cell = { hidden_size = 6 }
protocol = { max_iterations = 40, check_every = 20, validation_samples = 60 }
"""


def abridged(words):
    """The same command with less to train."""
    command = words[0]
    if "real-data" in words:
        return [command, "real-data", "--dry-run", "--chorales", "chorales.json"]
    if command == "reproduce":
        return [command, "figure2", "--budget", "quick"]
    if command == "train":
        return [*words, *QUICK]
    if command == "compare":
        return [*words[:-1], "--hidden-size", "6", "--iterations", "2", "--batches", "1"]
    if command == "generalize":
        return [*words, "--lengths", "10", "30", "--samples", "50", "--states-at", "40"]
    if command == "frontier":
        return [*words, *QUICK, "--lengths", "10", "--seeds", "1"]
    return [{"8": "2"}.get(word, word) for word in words]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Programs are compiled once for all these commands."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("programs")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.2",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A directory with what the README's commands name."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    np.savez("my.npz", inputs=draw.normal(size=(60, 4, 2)), targets=draw.integers(0, 3, 60))
    steps = [f"{n},{t},{draw.normal():.3f},{'ab'[n % 2]}" for n in range(60) for t in range(4)]
    for name in ("my.csv", "gestures.csv"):
        Path(name).write_text("\n".join(["sequence,t,x,label", *steps]))
    chorale = [[60, 64, 67]] * 5
    Path("chorales.json").write_text(
        json.dumps({part: [chorale] for part in ("train", "valid", "test")})
    )
    Path("examples").mkdir()
    Path("examples/small.toml").write_text(SMALL)
    return tmp_path


def test_the_page_has_every_command():
    assert {words[0] for words in ALL} == {
        *("train", "evaluate", "predict", "generalize", "gradients", "compare"),
        *("sweep", "runs", "reproduce", "frontier", "export"),
    }


def check(shown, words):
    """That it went well, and that nobody sees a result cut in the middle."""
    assert shown.status == 0, (words, shown.end)
    assert "Traceback" not in shown.text
    last = shown.raw.rpartition("\x1b[2K")[2] if "\x1b[2K" in shown.raw else shown.raw
    assert "…" not in last, (words, last)


@pytest.mark.parametrize(
    ("asked", "columns", "more"),
    [
        (README + [words for words in ALL if not MORE & set(words)], 80, {}),
        pytest.param(COMMANDS, 60, {}, marks=pytest.mark.slow),
        pytest.param(COMMANDS, 140, {}, marks=pytest.mark.slow),
        pytest.param(COMMANDS, 80, {"TERM": "dumb"}, marks=pytest.mark.slow),
        pytest.param(COMMANDS, 80, {"NO_COLOR": "1"}, marks=pytest.mark.slow),
    ],
    ids=["80", "60", "140", "dumb", "no-color"],
)
def test_the_commands_one_after_the_other(home, asked, columns, more, environment):
    for words in dict.fromkeys(tuple(abridged(each)) for each in asked):
        shown = shown_on_terminal(alignrnn(*words), columns, environment | more)
        check(shown, words)
        if "TERM" in more:
            assert "\x1b" not in shown.raw
        if "NO_COLOR" in more:
            assert not re.search(r"\x1b\[[0-9;]*\b[349][0-7]\b", shown.raw)
    assert (home / "runs" / "temporal-order-T20-lra-diff" / "runs.csv").is_file()


LONG = [
    *("train", "random-permutation", "--length", "10", "--hidden-size", "6"),
    *("--patience", "0", "--seeds", "2", "--out", "out"),
]
"""Some minutes, if nobody ends it."""


def is_training(text):
    return bool(re.search(r"\d/[\d,]+ · best \d", text))


def reached(home):
    with (home / "out" / "runs.csv").open(newline="") as file:
        return [(row["status"], int(row["iterations"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize("columns", [60, pytest.param(140, marks=pytest.mark.slow)])
def test_ctrl_c_keeps_what_was_reached(home, columns, environment):
    terminal = Terminal(alignrnn(*LONG), columns, environment)
    terminal.wait_for(is_training)
    terminal.press(b"\x03")
    shown = terminal.end()
    assert shown.status == 130, shown.end
    assert "Traceback" not in shown.text
    assert "0 of 2 solved" in shown.text
    assert "stopped; the same command goes on from here" in shown.text
    assert [status for status, iterations in reached(home) if iterations > 0] == ["stopped"] * 2


def test_a_terminal_that_is_closed_costs_nothing(home, environment):
    terminal = Terminal(alignrnn(*LONG), 80, environment)
    terminal.wait_for(is_training)
    assert terminal.hang_up() == 130
    assert [status for status, iterations in reached(home) if iterations > 0] == ["stopped"] * 2
    assert (home / "out" / "learning_curves.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.01, 0.2, 0.8])
def test_ctrl_c_five_times_ends_at_once_without_a_core(home, pause, environment):
    terminal = Terminal(alignrnn(*LONG), 80, environment)
    terminal.wait_for(is_training)
    for _ in range(5):
        try:
            terminal.press(b"\x03")
        except OSError:
            break
        time.sleep(pause)
    shown = terminal.end()
    assert shown.status in (130, -signal.SIGINT), shown.end
    assert "Traceback" not in shown.text
    assert "Abort" not in shown.text


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.5, 0.8, 1.2])
def test_ctrl_c_during_the_import_is_quiet(home, after, environment):
    terminal = Terminal(alignrnn("runs", "nowhere"), 80, environment)
    time.sleep(after)
    with contextlib.suppress(OSError):
        terminal.press(b"\x03")
    shown = terminal.end()
    if "directory: got" not in shown.text:  # it was quicker
        assert shown.status in (130, -signal.SIGINT)
        assert "Traceback" not in shown.text or "site" in shown.text


SWEEP = """
seed = [0, 1, 2, 3]
task = { name = "random-permutation", length = 10 }
rule = { name = "bptt" }
cell = { hidden_size = 6 }
protocol = { patience = 0, validation_samples = 60 }
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["ctrl-c", "hang-up"])
def test_a_sweep_that_is_stopped_goes_on(home, way, environment):
    Path("sweep.toml").write_text(SWEEP)
    terminal = Terminal(alignrnn("sweep", "sweep.toml", "--out", "out"), 80, environment)
    terminal.wait_for(lambda text: bool(re.search(r"iteration [1-9]", text)))
    if way == "ctrl-c":
        terminal.press(b"\x03")
        shown = terminal.end()
        assert shown.status == 130, shown.end
        assert "stopped; the same command goes on from here" in shown.text
    else:
        assert terminal.hang_up() == 130
    assert list((home / "out" / "checkpoints").glob("*.checkpoint"))
    assert not os.path.exists(home / "core")


def test_a_hang_up_that_is_ignored_as_by_nohup_stops_nothing(home, environment):
    words = [*LONG[:-2], "--max-iterations", "3000", "--out", "out"]
    quoted = shlex.join(alignrnn(*words))
    terminal = Terminal(["/bin/sh", "-c", f"trap '' HUP; exec {quoted}"], 80, environment)
    terminal.wait_for(is_training)
    terminal.hang_up()
    assert [status for status, _ in reached(home)] == ["max_iterations"] * 2
