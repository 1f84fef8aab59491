"""The README keeps its promises: its Python example runs, in at most ten lines."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_python_example_runs_in_at_most_ten_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    exec(code, {})
    said = capsys.readouterr().out
    assert "solved" in said
    assert "1.0" in said


def test_it_names_the_two_commands():
    assert "make demo" in README
    assert "make test" in README
