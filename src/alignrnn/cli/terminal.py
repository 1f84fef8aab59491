"""Where the tables go."""

import sys

from rich.console import Console


def wide_console() -> Console:
    """Standard output; where it is no terminal, wide enough that no table is folded."""
    return Console() if sys.stdout.isatty() else Console(width=160)
