"""Layers of different cells, one above the other."""

from dataclasses import dataclass

from ..errors import ConfigurationError, check_type
from ..plain import Plain
from .base import Cell


@dataclass(frozen=True, init=False)
class Stack(Plain):
    """Layers of any cells, the lowest first: layer l sees the outputs of layer l - 1 at the same
    step. Layers of one cell need no stack: `GRU(64, layers=2)`.

    Raises `ConfigurationError` where there is none, or one that is no cell.

    Examples:
        >>> import alignrnn as ar
        >>> stack = ar.Stack(ar.GRU(64), ar.Elman(32))
        >>> [cell.hidden_size for cell in stack.each]
        [64, 32]
    """

    cells: tuple[Cell, ...]

    def __init__(self, *cells: Cell):
        object.__setattr__(self, "cells", cells)
        self.__post_init__()

    def check(self) -> None:
        if not self.cells:
            raise ConfigurationError("cells", [], "there must be at least one")
        for cell in self.cells:
            check_type("cells", cell, Cell, "each must be a cell, such as GRU(64)")

    @property
    def each(self) -> tuple[Cell, ...]:
        """The cell of each layer, the lowest first."""
        return tuple(one for cell in self.cells for one in cell.each)
