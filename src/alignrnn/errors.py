"""The exception a user's mistake raises, the checks that raise it, and what users are told of."""

import math
import sys
from collections.abc import Collection
from numbers import Integral
from types import UnionType
from typing import Any

_LONGEST = 200
"""Characters of a value that are shown."""
_LARGEST_INTEGER = 2**63 - 1


class ConfigurationError(ValueError):
    """A value that cannot be used: names the field, the value received and what is allowed.

    The command line prints it as one line and ends with exit status 2.

    Examples:
        >>> import alignrnn as ar
        >>> try:
        ...     ar.TemporalOrder(length=5)
        ... except ar.ConfigurationError as error:
        ...     print(error)
        length: got 5, but it must be an integer of at least 10
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


class Description(str):
    """What was found, in words, where the value itself would say less: shown without quotes."""


def _shown(value: object) -> str:
    """A value on one short line; texts in quotes, so that "10" is told from 10."""
    if isinstance(value, Description):
        return value
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python prints no integer of so many digits
        return "a number of thousands of digits"
    except RecursionError:
        return "a list of lists of lists, thousands deep"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def kind_of(value: object) -> Description:
    """What a value of the wrong type is, for a message: `a dict`, `the class LRADiff`."""
    if isinstance(value, type):
        return Description(f"the class {value.__name__}")
    name = type(value).__name__
    # By its sound: an RNN, an Elman, a GRU.
    is_spelt = name[:2].isupper() and name[0] in "AEFHILMNORSX"
    is_vowel = not name[:2].isupper() and name[0] in "AEIOUaeiou"
    return Description(f"{'an' if is_spelt or is_vowel else 'a'} {name}")


def described(array: Any) -> Description:
    """An array for a message: its type and its shape."""
    return Description(f"{array.dtype} of shape {array.shape}")


def check_type(field: str, value: object, kind: type | UnionType, allowed: str) -> None:
    """`value` must be of this class, or of one of these."""
    if not isinstance(value, kind):
        is_plain = isinstance(value, str | int | float | None)
        raise ConfigurationError(field, value if is_plain else kind_of(value), allowed)


def check_switch(field: str, value: object) -> None:
    """`value` must be True or False: of anything else it would be a guess which was meant."""
    if not isinstance(value, bool):
        raise ConfigurationError(field, value, "it must be true or false")


def as_array(field: str, value: Any) -> Any:
    """Numbers in any form NumPy understands; rows of unequal length make no array."""
    import numpy as np  # noqa: PLC0415 - a help text needs none

    try:
        return np.asarray(value)
    except ValueError:
        allowed = "all its rows must be of one length"
        raise ConfigurationError(field, kind_of(value), allowed) from None


def check_choice(field: str, value: object, choices: Collection[str]) -> None:
    """`value` must be one of `choices`; an unknown name never means a default."""
    if not isinstance(value, str) or value not in choices:
        raise ConfigurationError(field, value, f"it must be one of: {', '.join(sorted(choices))}")


def check_integer(field: str, value: object, at_least: int, at_most: int | None = None) -> None:
    """`value` must be an integer (not a bool) of at least `at_least`, and at most `at_most`, or
    what 64 bits hold."""
    bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    allowed = f"it must be an integer {bounds}"
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ConfigurationError(field, value, allowed)
    if int(value) < at_least or (at_most is not None and int(value) > at_most):
        raise ConfigurationError(field, value, allowed)
    if int(value) > _LARGEST_INTEGER:
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
    if _is_traced(value):
        return
    import numpy as np  # noqa: PLC0415 - a help text needs none

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


def _is_traced(value: object) -> bool:
    """Whether it is a number only once it is computed; without JAX, nothing is."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)
