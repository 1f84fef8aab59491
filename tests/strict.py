"""The run-time type checker of the tests: an int is a float, as everywhere in Python's typing."""

from typing import Any, Self

from beartype import BeartypeConf, beartype

_checked = beartype(conf=BeartypeConf(is_pep484_tower=True))


def typechecker(function):
    """Beartype, which knows `Self` only where it is given the whole class; it gets methods."""
    hints = getattr(function, "__annotations__", {})
    hints.update({name: Any for name, hint in hints.items() if hint is Self})
    return _checked(function)
