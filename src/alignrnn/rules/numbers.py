"""How a rule keeps its numbers: as array leaves, which a sweep may vary without recompiling."""

import jax.numpy as jnp
from jaxtyping import ArrayLike

from .._types import Scalar


def number(value: ArrayLike) -> Scalar:
    """A rule's number as an array leaf, so that runs differing in it share one program."""
    return jnp.asarray(value, jnp.result_type(float))


def unless_zero(value: ArrayLike | None) -> Scalar | None:
    """A number that switches its part off at 0: then no leaf, and nothing of it is compiled.

    An array is kept even where it is 0, for it may vary from run to run.
    """
    if value is None or (isinstance(value, int | float) and value == 0):
        return None
    return number(value)
