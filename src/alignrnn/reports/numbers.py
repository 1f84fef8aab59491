"""Numbers as people read them, the same wherever they stand."""

import math


def percent(fraction: float) -> str:
    """In percent, two decimals, rounded down: what is not all right must not read 100.

    "none" for a fraction that is not finite, of a run that ended before its first check.
    """
    if not math.isfinite(fraction):
        return "none"
    return f"{math.floor(1e4 * fraction + 1e-9) / 100:.2f}"


def duration(seconds: float) -> str:
    """In words short enough for a line."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
