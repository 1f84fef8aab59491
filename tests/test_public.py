"""What a user may rely on: every name is there, and importing the package imports no JAX."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import alignrnn


def declared():
    """The names that a type checker knows of, with the stage each is of."""
    tree = ast.parse(Path(alignrnn.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_what_a_type_checker_knows_is_what_there_is():
    assert declared() == alignrnn._STAGE_OF
    assert set(declared()) <= set(dir(alignrnn))


@pytest.mark.parametrize("name", sorted(declared()))
def test_every_public_name_is_there(name):
    assert name == "Number" or getattr(alignrnn, name).__name__ == name


def test_a_star_takes_them_all():
    taken = {}
    exec("from alignrnn import *", taken)
    assert set(declared()) <= set(taken)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'LRADif'"):
        alignrnn.LRADif  # noqa: B018


def test_importing_it_imports_neither_jax_nor_numpy():
    code = "import alignrnn, sys; print({'jax', 'numpy', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
