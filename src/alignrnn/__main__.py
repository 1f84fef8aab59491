"""The command `alignrnn`, and `python -m alignrnn`."""

import signal
import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    try:  # Ctrl-C ends it without a traceback from its first line on
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130
    finally:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # nor while the interpreter ends


if __name__ == "__main__":
    sys.exit(main())
