"""What records themselves say of how they were made, wherever their report is written."""

from collections import Counter
from collections.abc import Iterable

from ..results import Record

PACKAGES = ("alignrnn", "python", "jax", "equinox", "optax", "numpy")


def trained_with(records: Iterable[Record]) -> str:
    """Versions, platform and devices; of records that differ, each combination with how many."""
    counts = Counter(_in_words(record) for record in records)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{words} ({count:,})" for words, count in counts.most_common())


def _in_words(record: Record) -> str:
    software = record.software
    parts = [f"{name} {software[name]}" for name in PACKAGES if name in software]
    if "platform" in software:
        parts.append(software["platform"])
    if devices := software.get("devices"):
        parts.append(f"devices {' '.join(devices)}")
    return ", ".join(parts) or "not recorded"
