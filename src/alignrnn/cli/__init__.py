"""The command `alignrnn`: thin; everything it does can be done from Python.

What shows a help or refuses a mistake imports no JAX: a command imports what it needs when it runs.
"""

import contextlib
import errno
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from .. import __version__
from ..errors import ConfigurationError, FailedRunsError, Notice
from .bench import Bench
from .compare import Compare
from .compiled import kept_programs
from .completion import Completion
from .encoding import speak_plainly
from .evaluate import Evaluate
from .faults import is_about_memory, tell
from .frontier import Frontier
from .generalize import Generalize
from .gradients import Gradients
from .limits import check_memory_limit
from .options import DataOptions, PartsOptions, with_data, with_parts
from .parsing import UsageError, parse
from .predict import Predict
from .reproduce import Reproduce
from .runs import Runs
from .signals import INTERRUPTED, ctrl_c_ends_at_once
from .sweep import Sweep
from .train import Train

COMMANDS = {
    "train": Train,
    "sweep": Sweep,
    "runs": Runs,
    "evaluate": Evaluate,
    "predict": Predict,
    "generalize": Generalize,
    "reproduce": Reproduce,
    "frontier": Frontier,
    "gradients": Gradients,
    "compare": Compare,
    "bench": Bench,
    "completion": Completion,
}
DESCRIPTION = (
    f"alignrnn {__version__}: train recurrent networks with local targets instead of BPTT. "
    "`alignrnn COMMAND --help` explains a command."
)


@runtime_checkable
class Command(Protocol):
    """What a subcommand is: options, and what they do."""

    def run(self) -> bool:
        """Do it; whether it was stopped from outside."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0; 1 where runs failed by
    themselves, 2 for a user's mistake, 130 if stopped."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    speak_plainly()
    if words == ["--version"]:
        print(_versions())
        return 0
    try:
        command = parse_command(words)
        with _notices_in_one_line(), _programs_of(command):
            stopped = command.run()
            sys.stdout.flush()
    except (ConfigurationError, UsageError) as error:
        return _failed(error, 2)
    except FailedRunsError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:  # where nothing had begun that could be kept, or for the second time
        print("alignrnn: ended at once", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if is_about_memory(error):
            tell(error)
            return 1
        if error.errno not in (errno.EPIPE, errno.EIO):  # a full disk, a directory that is gone
            return _failed(error, 2)
        # The reader of our output has gone, as with `| head`, or the terminal, when all was done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        tell(error)
        return 1
    return INTERRUPTED if stopped else 0


def parse_command(words: Sequence[str]) -> Command:
    """The command with its options, and all that it needs imported."""
    with ctrl_c_ends_at_once():
        commands = dict(COMMANDS)
        asked = commands.get(words[0]) if words else None
        if asked is not None and issubclass(asked, PartsOptions):
            commands[words[0]] = with_parts(asked, words)
        elif asked is not None and issubclass(asked, DataOptions):
            commands[words[0]] = with_data(asked, words[1:])
        command = parse(commands, words, DESCRIPTION)
        if isinstance(command, Completion):
            return command
        if not isinstance(command, Runs):  # which computes nothing
            check_memory_limit()
        from .. import configuration  # noqa: F401 - and with it JAX, for a second
    return command


def _programs_of(command: Command) -> contextlib.AbstractContextManager[None]:
    """Kept, unless it computes nothing, or measures how long compiling takes."""
    without = isinstance(command, Runs | Bench | Completion)
    return contextlib.nullcontext() if without else kept_programs()


def _versions() -> str:
    """Of the program and of what its results depend on, for whoever reports a fault."""
    import platform
    from importlib import metadata

    jax, python = metadata.version("jax"), platform.python_version()
    return f"alignrnn {__version__} (JAX {jax}, Python {python})"


def _failed(error: Exception, status: int) -> int:
    print(f"alignrnn: error: {error}", file=sys.stderr)
    return status


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
