"""Some of many cases are quick, the others slow."""

import pytest


def thinned(cases, stride, first=0):
    """Cases of a test, of which one in `stride` is quick and the others are slow. With a stride
    prime to the sizes of all axes of a product, the quick ones meet every value."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=() if number % stride == first else pytest.mark.slow,
        )
        for number, case in enumerate(cases)
    ]
