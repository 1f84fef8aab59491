"""The README keeps its promises: its Python example runs, in at most ten lines."""

import re
from pathlib import Path

import jax

from alignrnn.sweeps import load_grid

README = (Path(__file__).parent.parent / "README.md").read_text()


EXAMPLES = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_example_runs_in_at_most_ten_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(EXAMPLES[0].strip().splitlines()) <= 10
    exec(EXAMPLES[0], {})
    said = capsys.readouterr().out
    assert "solved" in said
    assert "1.0" in said


def test_the_estimator_learns_in_at_most_ten_lines():
    _, code = EXAMPLES
    assert len(code.strip().splitlines()) <= 10
    names = {}
    with jax.numpy_dtype_promotion("standard"):  # Optax's Adam counts in integers
        exec(code, names)
    assert names["classifier"].score(names["X"], names["y"]) > 0.9


def test_the_grid_file_loads(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "grid.toml").write_text(text)
    assert len(load_grid(tmp_path / "grid.toml").configurations) == 3 * 2 * 2 * 3


def test_it_names_the_two_commands():
    assert "make demo" in README
    assert "make test" in README
