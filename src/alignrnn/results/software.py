"""What runs were made with."""

import platform
from importlib import metadata
from typing import Any

import jax


def software() -> dict[str, Any]:
    """Versions and the machine, for whoever compares results."""
    packages = ("alignrnn", "jax", "jaxlib", "equinox", "optax", "numpy")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
        "platform": platform.platform(),
        "devices": [str(device) for device in jax.devices()],
    }
