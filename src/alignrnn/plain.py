"""Options as plain values: frozen dataclasses of numbers, names and switches.

A rule, a cell, an optimiser says what it is by its fields alone. What a compiled program is given
is made of them: their numbers as arrays, so that a new value never recompiles, and everything else
as its structure. A number that is 0 is part of the structure: so 0 switches a part off before
anything is compiled.
"""

import dataclasses
import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

import numpy as np

Number = Annotated[Any, float]
"""The type of an option that is a number: a float, or inside of a compiled program an array.

Examples:
    >>> from dataclasses import dataclass
    >>> import alignrnn as ar
    >>> @dataclass(frozen=True)
    ... class Fade(ar.Plain):
    ...     rate: ar.Number = 0.5
    ...     kind: str = "linear"
    >>> Fade().numbers  # may differ between runs of one program
    {'rate': 0.5}
"""

Structure = Hashable
"""A plain value without its numbers."""


@dataclass(frozen=True)
class Plain:
    """Base of all plain values. `check` raises `ConfigurationError` for what cannot be used.

    Examples:
        >>> import alignrnn as ar
        >>> rule = ar.LRADiff(target_step="unit")
        >>> rule.replaced(clip=1).clip
        1.0
        >>> rule.replaced(clip=1).structure == rule.replaced(clip=2).structure
        True
    """

    def __post_init__(self):
        self.check()
        for name in _floats_of(type(self)):
            value = getattr(self, name)
            if isinstance(value, int | np.generic) and not isinstance(value, bool):
                object.__setattr__(self, name, float(value))

    def check(self) -> None:
        """That the values can be used, each by itself and together."""

    @property
    def effective(self) -> Any:
        """The same with options that change nothing beside the others at their defaults, so that
        runs that differ only in these share one program."""
        return self

    @property
    def numbers(self) -> dict[str, Any]:
        """What may vary between runs of one program, by name."""
        own = self.effective
        values = {name: getattr(own, name) for name in _numbers_of(type(self))}
        return {k: v for k, v in values.items() if not isinstance(v, str | None) and not is_off(v)}

    @property
    def structure(self) -> Structure:
        """What must be equal for two to share one program: class, names of numbers, the rest."""
        own, numbers = self.effective, tuple(sorted(self.numbers))
        rest = tuple(
            (field.name, getattr(own, field.name))
            for field in dataclasses.fields(self)
            if field.name not in numbers
        )
        return type(self), numbers, rest

    def replaced(self, **values: Any) -> Any:
        """The same with other values of some options."""
        return dataclasses.replace(self, **values)


def rebuilt(structure: Any, numbers: Mapping[str, Any]) -> Any:
    """The value of a structure with these numbers, which may be traced."""
    cls, _, rest = structure
    return cls(**dict(rest), **numbers)


def is_off(value: Any) -> bool:
    """Whether a number switches its part off: a plain 0. An array is on, for it may vary."""
    return isinstance(value, int | float) and value == 0


@functools.cache
def _numbers_of(cls: type) -> tuple[str, ...]:
    """Options that are numbers, or may be."""
    fields = dataclasses.fields(cls)
    return tuple(f.name for f in fields if f.type is Number or Number in get_args(f.type))


@functools.cache
def _floats_of(cls: type) -> tuple[str, ...]:
    """The same, and those that are floats but part of a program's structure."""
    fields = dataclasses.fields(cls)
    floats = tuple(f.name for f in fields if f.type is float or float in get_args(f.type))
    return _numbers_of(cls) + floats
