"""`python -m alignrnn`: the same as the command `alignrnn`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
