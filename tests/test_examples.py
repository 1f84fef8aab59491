"""Every public name has an example in its docstring, and what the example says comes out."""

import ast
import doctest
import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import jax
import pytest

import alignrnn

SOURCE = Path(alignrnn.__file__).parent
NUMBER = "Number"
"""A type, whose docstring stands below it in the source."""
COMPUTES = re.compile(
    r"\.(train|train_many|Training|fit|compare|generalize|dynamics|sample|update|forward|predict"
    r"|predict_proba|evaluate)\("
)
"""What compiles something: seconds, each of them."""
EXTRAS = {
    "SequenceClassifier": "sklearn",
    "SequenceRegressor": "sklearn",
    "TensorBoardLog": "tensorboardX",
    "frame_task": "pandas",
    "to_onnx": "onnx",
    "to_torch": "torch",
}


def docstring_of(name: str) -> str:
    """As it stands in the source: none of a class it derives from."""
    if name == NUMBER:
        body = ast.parse((SOURCE / "plain.py").read_text(encoding="utf-8")).body
        names = [ast.unparse(node).partition(" = ")[0] for node in body]
        return inspect.cleandoc(ast.literal_eval(ast.unparse(body[names.index(NUMBER) + 1])))
    return inspect.cleandoc(getattr(alignrnn, name).__doc__ or "")


def example_of(name: str) -> doctest.DocTest:
    return doctest.DocTestParser().get_doctest(docstring_of(name), {}, name, None, 0)


def each_name():
    for name in alignrnn.__all__:
        is_slow = COMPUTES.search(docstring_of(name).partition("\nExamples:")[2])
        yield pytest.param(name, marks=[pytest.mark.slow] if is_slow else [])


def test_every_public_name_has_an_example():
    there = [name for name in alignrnn.__all__ if find_spec(EXTRAS.get(name, "alignrnn"))]
    assert not [name for name in there if not any(e.want for e in example_of(name).examples)]


@pytest.mark.parametrize("name", list(each_name()))
def test_an_example_says_what_comes_out(name, tmp_path, monkeypatch, without_type_checker):
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name])
    monkeypatch.chdir(tmp_path)
    example = example_of(name)
    said = []
    # As a user has it: the strict promotion of the tests is for the package itself.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)
