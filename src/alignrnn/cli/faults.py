"""What is said of an error that is no mistake in the words of a command: one of a rule or a task of
one's own, of the machine's memory, or ours."""

import sys
import traceback

LONGEST = 300
"""Characters of a message in one line; some of JAX's have hundreds of lines."""


def tell(error: BaseException) -> None:
    """The message first and last, for a traceback between them is longer than a terminal."""
    if is_about_memory(error):
        print(f"alignrnn: error: the memory is too small: {_first_line(error)}", file=sys.stderr)
        return
    line = f"alignrnn: error: {type(error).__name__}: {_first_line(error)}"
    print(line, file=sys.stderr)
    traceback.print_exception(error, file=sys.stderr)
    print(line, file=sys.stderr)


def is_about_memory(error: BaseException) -> bool:
    """Whether the machine had no more to give."""
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or "RESOURCE_EXHAUSTED" in said
        or "can't start new thread" in said
        or "Cannot allocate memory" in said
    )


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else "no message"
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 1]}…"
