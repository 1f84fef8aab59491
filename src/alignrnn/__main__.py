"""The command `alignrnn`, and `python -m alignrnn`."""

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    try:  # Ctrl-C ends it without a traceback from its first line on
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
