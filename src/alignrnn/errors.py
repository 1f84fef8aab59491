"""The exception a user's mistake raises, the checks that raise it, and what users are told of."""

import math
from collections.abc import Collection

import numpy as np
from jax.core import Tracer

_LONGEST = 1000
"""Characters of a value that are shown."""
_LARGEST_INTEGER = 2**63 - 1


class ConfigurationError(ValueError):
    """A value that cannot be used: names the field, the value received and what is allowed.

    The command line prints it as one line and ends with exit status 2.
    """

    def __init__(self, field: str, value: object, allowed: str):
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(f"{field}: got {_shown(value)}, but {allowed}")

    def __reduce__(self):
        # A worker elsewhere may raise it.
        return type(self), (self.field, self.value, self.allowed)


class FailedRunsError(RuntimeError):
    """Runs that could not be made, while all others were; says which and why.

    The command line prints it as one line and ends with exit status 1.
    """


class Notice(UserWarning):
    """What a user should know although work goes on; the command line prints it as one line."""


class DamagedFileWarning(Notice):
    """A file of ours that is not whole: it is not trusted, and what it stood for is made again."""


def _shown(value: object) -> str:
    try:
        text = value if isinstance(value, str) and value and value.isprintable() else repr(value)
    except ValueError:  # Python prints no integer of so many digits
        text = "a number of thousands of digits"
    except RecursionError:
        text = "a list of lists of lists, thousands deep"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def check_choice(field: str, value: object, choices: Collection[str]) -> None:
    """`value` must be one of `choices`; an unknown name never means a default."""
    if not isinstance(value, str) or value not in choices:
        raise ConfigurationError(field, value, f"it must be one of: {', '.join(sorted(choices))}")


def check_integer(field: str, value: object, at_least: int, at_most: int | None = None) -> None:
    """`value` must be an integer (not a bool) of at least `at_least`, and at most `at_most`, or
    what 64 bits hold."""
    bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    allowed = f"it must be an integer {bounds}"
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ConfigurationError(field, value, allowed)
    if value < at_least or (at_most is not None and value > at_most):
        raise ConfigurationError(field, value, allowed)
    if value > _LARGEST_INTEGER:
        raise ConfigurationError(field, value, f"{allowed} that 64 bits hold")


def check_number(
    field: str,
    value: object,
    *,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """`value` must be finite and not below `at_least`, or strictly above `above`, and strictly
    below `below`.

    Arrays are checked where they are concrete; a traced value (inside jit or vmap) is let through.
    """
    allowed = "it must be a finite number"
    if at_least is not None:
        allowed += f" of at least {at_least:g}"
    if above is not None:
        allowed += f" above {above:g}"
    if below is not None:
        allowed += f" and below {below:g}"
    if isinstance(value, Tracer):
        return
    try:
        # Texts like "10", and True, would be numbers to NumPy.
        if np.asarray(value).dtype.kind in "SUb":
            raise TypeError
        numbers = np.asarray(value, dtype=float).ravel().tolist()
    except (TypeError, ValueError, OverflowError):
        raise ConfigurationError(field, value, allowed) from None
    for number in numbers:
        outside = (
            (at_least is not None and number < at_least)
            or (above is not None and number <= above)
            or (below is not None and number >= below)
        )
        if not math.isfinite(number) or outside:
            raise ConfigurationError(field, value, allowed)
