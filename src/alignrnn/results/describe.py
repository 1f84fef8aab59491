"""What a network is besides its arrays, as plain data."""

import dataclasses
from typing import Any

from ..networks import Network


def describe_network(network: Network) -> dict[str, Any]:
    """What besides its arrays a network is made of."""
    static = {
        field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.metadata.get("static")
    }
    return {"cell": type(network).__name__} | {
        name: list(value) if isinstance(value, tuple) else value for name, value in static.items()
    }
