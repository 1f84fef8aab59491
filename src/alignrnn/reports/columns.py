"""Columns of text that a terminal shows whole, whatever its width: nothing is cut."""

from collections.abc import Sequence

GAP = "  "


def aligned(cells: Sequence[str], *, right: bool = False) -> list[str]:
    """Cells padded to the widest; numbers go to the right."""
    width = max(map(len, cells))
    return [cell.rjust(width) if right else cell.ljust(width) for cell in cells]


def beside(columns: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equally many cells as lines."""
    return [GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]
