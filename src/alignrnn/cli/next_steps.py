"""What to do next with what was trained: commands with their real paths, ready to copy."""

import dataclasses
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..registry import data_key
from .predict import Predict


def next_steps(
    out: Path,
    pictures: Sequence[str],
    *,
    task: str,
    task_options: Mapping[str, Any],
    has_lengths: bool,
    reports_steps: bool,
) -> list[str]:
    """Four lines: where the pictures are, and three commands for the networks in `out`.

    `task_options` are those that were given; `has_lengths` says whether the task draws sequences of
    any length, `reports_steps` whether time steps were recorded. What a command is for stands
    behind it, where the terminal is wide enough for all three, and where the output is no terminal.
    """
    commands = {_command("evaluate", out): "how good the best is, on what it was not trained on"}
    if data_key(task) is not None:
        words = _words(task_options)
        commands[_command("predict", out, task, *words)] = "what it says of each sequence"
    elif has_lengths:
        commands[_command("generalize", out)] = "wrong answers at other lengths"
    if reports_steps:
        commands[_command("gradients", out)] = "what flowed through each time step"
    if len(commands) < _COMMANDS:
        commands[_command("runs", out)] = "every run in a line"
    widest = max(map(len, commands))
    told = [f"{command:<{widest}}  # {what}" for command, what in commands.items()]
    fits = not sys.stdout.isatty() or max(map(len, told)) < shutil.get_terminal_size().columns
    return [f"written to {out}: {', '.join(pictures)}; next:", *(told if fits else commands)]


_COMMANDS = 3


def _command(name: str, out: Path, *more: str) -> str:
    return shlex.join(["alignrnn", name, str(out), *more])


def _words(options: Mapping[str, Any]) -> list[str]:
    """The options as `alignrnn predict` takes them, without those a network has its own of."""
    own = {each.name for each in dataclasses.fields(Predict)}
    words: list[str] = []
    for name, value in options.items():
        if name in Predict.of_the_network or name in _OF_TRAINING or value is False:
            continue
        option = f"--{name}-column" if name in own else f"--{name}".replace("_", "-")
        several = value if isinstance(value, tuple | list) else [value]
        words += [option, *([] if value is True else map(str, several))]
    return words


_OF_TRAINING = ("held_out", "split_seed", "validate_by", "group")
"""How data are parted to train on: of no matter to who predicts all of them."""
