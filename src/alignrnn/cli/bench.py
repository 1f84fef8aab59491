"""x"""

from dataclasses import dataclass


@dataclass
class Bench:
    """Bench."""

    def run(self) -> bool:
        return False
