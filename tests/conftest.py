"""Strict mode for every test: shapes checked at run time, no silent promotion, two devices."""

import os

os.environ.setdefault("MPLBACKEND", "agg")

import jaxtyping
from jaxtyping import install_import_hook

import tests.strict

with install_import_hook("alignrnn", f"{tests.strict.__name__}.typechecker"):
    import alignrnn
    import alignrnn.cli

import jax
import pytest

alignrnn.use_cores(2)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def float64():
    """Double precision, for comparisons with an oracle."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def without_type_checker():
    """A user has no run-time type checker: what a wrong type meets is the package's own check."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
