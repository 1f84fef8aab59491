"""docs/integrations.md: its commands are commands, and its code runs."""

import re
import shlex
from pathlib import Path

import jax
import pytest

import alignrnn as ar
from alignrnn.cli import main, parse_command

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "integrations.md").read_text()
COMMANDS = [
    command.replace("\\\n", " ")
    for command in re.findall(r"^    alignrnn ((?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
]
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_command_is_one():
    assert len(COMMANDS) == 3
    for command in COMMANDS:
        parse_command(shlex.split(command))


def test_the_python_that_exports_runs(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    monkeypatch.chdir(tmp_path)
    ar.save_network(ar.RNN(ar.Elman(100), 6, 4, key=jax.random.key(0)), "network.npz")
    names, (module, plain) = {}, (each for each in PYTHON if "torch" in each)
    exec(module, names)
    assert names["scores"].shape == (1, 4)
    assert main(["export", "network.npz", "--to", "torch"]) == 0
    exec(plain, names)


@pytest.mark.slow
def test_the_python_that_logs_runs(tmp_path, monkeypatch, capsys):
    (code,) = (each for each in PYTHON if "log =" in each)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert (tmp_path / "log.csv").read_text().startswith("run,iteration,loss,error,learning_rate\n")
    assert capsys.readouterr().out.startswith("100 ")
