"""What the tests of configurations share."""

import numpy as np
import pytest


@pytest.fixture
def arrays(tmp_path):
    """A small data set as a file."""
    draw = np.random.default_rng(0)
    path = tmp_path / "my.npz"
    np.savez(path, inputs=draw.normal(size=(30, 4, 2)), targets=draw.integers(0, 3, 30))
    return path
