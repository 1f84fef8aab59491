"""docs/tutorials: notebooks whose outputs are of their code, and that run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loaded import loaded

HERE = Path(__file__).parent.parent / "docs" / "tutorials"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
renew = loaded(HERE / "renew.py")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outputs_kept_are_of_the_code(path):
    """`make notebooks` makes them anew."""
    notebook = read(path)
    assert notebook["nbformat"] == 4
    assert renew.is_up_to_date(notebook), f"{path.name} was changed: make notebooks"
    cells = code_of(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert "error" not in kinds
    assert "image/png" in path.read_text(encoding="utf-8")


def test_a_change_of_the_code_is_seen_and_one_of_the_prose_is_not():
    notebook = read(NOTEBOOKS[0])
    prose = next(cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    prose["source"] = ["Other words."]
    assert renew.is_up_to_date(notebook)
    code_of(notebook)[0]["source"].append("\n1 + 1")
    assert not renew.is_up_to_date(notebook)


def test_they_are_small_and_nothing_of_this_machine_is_in_them():
    texts = [path.read_text(encoding="utf-8") for path in NOTEBOOKS]
    assert sum(len(text.encode()) for text in texts) < 1_500_000
    for text in texts:
        assert str(HERE.parents[1]) not in text
        assert "/tmp/" not in text
        assert "Traceback" not in text  # of a command whose exit status nobody asked for


def test_the_index_has_a_line_for_each():
    index = (HERE / "index.md").read_text(encoding="utf-8")
    assert [line.count(".ipynb") for line in index.splitlines() if ".ipynb" in line] == [1] * len(
        NOTEBOOKS
    )
    for path in NOTEBOOKS:
        assert f"({path.name})" in index


def as_script(notebook):
    """Its code as a program, for which neither IPython nor a kernel is needed."""
    parts = ["import subprocess"]
    for cell in code_of(notebook):
        source = "".join(cell["source"])
        magic, _, rest = source.partition("\n")
        if magic == "%%sh":
            parts.append(f"subprocess.run(['sh', '-ec', {rest!r}], check=True)")
        elif magic.startswith("%%writefile "):
            parts.append(f"open({magic.split()[1]!r}, 'w').write({rest!r})")
        else:
            assert not magic.startswith(("%", "!")), magic
            parts.append(source)
    return "\n".join(parts)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path, tmp_path):
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([folder, os.environ["PATH"]])}
    done = subprocess.run(
        [sys.executable, "-c", as_script(read(path))],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
