"""The command `alignrnn`: thin; everything it does can be done from Python."""

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import tyro

from ..errors import ConfigurationError, FailedRunsError, Notice
from .bench import Bench
from .frontier import Frontier
from .gradients import Gradients
from .reproduce import Reproduce
from .sweep import Runs, Sweep
from .train import Train

COMMANDS = {
    "train": Train,
    "sweep": Sweep,
    "runs": Runs,
    "reproduce": Reproduce,
    "frontier": Frontier,
    "gradients": Gradients,
    "bench": Bench,
}

INTERRUPTED = 130
"""Exit status after Ctrl-C or SIGTERM, with what was reached written."""


_NO_NUMBER = {
    r"invalid literal for int\(\) with base 10": "it must be an integer",
    "could not convert string to float": "it must be a number",
}


@runtime_checkable
class Command(Protocol):
    """What a subcommand is: options, and what they do."""

    def run(self) -> bool:
        """Do it; whether it was stopped from outside."""
        ...


class UsageError(Exception):
    """Options that make no command, said in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0; 1 where runs failed by
    themselves, 2 for a user's mistake, 130 if stopped."""
    try:
        command = _parse(sys.argv[1:] if arguments is None else list(arguments))
        with _notices_in_one_line():
            stopped = command.run()
    except (ConfigurationError, UsageError) as error:
        print(f"alignrnn: error: {error}", file=sys.stderr)
        return 2
    except FailedRunsError as error:
        print(f"alignrnn: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # where nothing had begun that could be kept, or for the second time
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return INTERRUPTED if stopped else 0


@contextlib.contextmanager
def _notices_in_one_line() -> Iterator[None]:
    """What a user should know is told like a mistake, not like a fault of the program."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", Notice)
        otherwise = warnings.showwarning

        def show(message, category, *where):
            if issubclass(category, Notice):
                print(f"alignrnn: warning: {message}", file=sys.stderr)
            else:
                otherwise(message, category, *where)

        warnings.showwarning = show
        yield


def _parse(arguments: list[str]) -> Command:
    """The command with its options. What tyro says of a mistake, in a box, becomes one line."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.extras.subcommand_cli_from_dict(
                COMMANDS,
                prog="alignrnn",
                description="Train recurrent networks with local targets instead of BPTT.",
                args=arguments or ["--help"],
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as end:
        if not end.code:  # the help, which tyro has printed
            raise
        raise UsageError(_one_line(said.getvalue())) from None


def _one_line(box: str) -> str:
    """The text of a message in a frame (of ASCII on some terminals), without its title and the
    pointer to the help."""
    sections: list[list[str]] = [[]]
    for line in box.splitlines()[1:]:
        text = line.strip("│╭╮╰╯|+ ")
        if text and set(text) <= {"─", "-"}:
            sections.append([])
        elif text:
            sections[-1].append(text)
    kept = [" ".join(section) for section in sections if section]
    message = "; ".join(text for text in kept if not text.startswith("For full helptext"))
    for complaint, allowed in _NO_NUMBER.items():
        found = re.match(rf"Error parsing (--[\w-]+): .*{complaint}: '(.*?)'", message)
        if found:
            words = set(re.findall(r"does not match choices \('(\w+)',\)", message)) - {"None"}
            or_a_word = "".join(f" or {word}" for word in sorted(words))
            return f"{found[1]}: got {found[2]}, but {allowed}{or_a_word}"
    found = re.match(
        r"invalid choice '(.*?)' for argument '(--[\w-]+)'. Expected one of \((.*)\)", message
    )
    if found:
        choices = sorted(set(re.findall(r"'(.*?)'", found[3])) - {"None"})
        return f"{found[2]}: got {found[1]}, but it must be one of: {', '.join(choices)}"
    return message
