"""The README and the pages beside it: their examples run, in at most ten lines each."""

import re
from pathlib import Path

import jax

from alignrnn.sweeps import load_grid

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(text: str, language: str = "python") -> str:
    """The one block of code of a page."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    return code


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(example((ROOT / "docs" / "python.md").read_text(encoding="utf-8")), {})
    said = capsys.readouterr().out
    assert "solved" in said
    assert "1.0" in said


def test_the_estimator_learns():
    names = {}
    with jax.numpy_dtype_promotion("standard"):  # Optax's Adam counts in integers
        exec(example(README), names)
    assert names["classifier"].score(names["X"], names["y"]) > 0.9


def test_the_grid_file_loads(tmp_path):
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    (tmp_path / "grid.toml").write_text(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])
    assert len(load_grid(tmp_path / "grid.toml").configurations) == 3 * 2 * 2 * 3


def test_it_is_short_and_names_the_two_commands():
    assert len(README.splitlines()) <= 90
    assert "make demo" in README
    assert "make test" in README
