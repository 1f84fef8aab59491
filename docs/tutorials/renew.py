"""Run the tutorials and keep what they print and draw: `make notebooks`, or

    python docs/tutorials/renew.py [NAME.ipynb …] [--check]

Each runs from top to bottom in a kernel and a folder of its own. Its file then holds the outputs,
beside a digest of the code that made them. Where that is the digest of its code, a notebook is left
as it is, unless it is named. With --check nothing runs: the exit status says whether all are up to
date. Needs nbclient and ipykernel.
"""

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIMIT = 300
"""Seconds that a cell may take."""


def digest(notebook: dict[str, Any]) -> str:
    """Of the code of all cells, in their order."""
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def is_up_to_date(notebook: dict[str, Any]) -> bool:
    """Whether the outputs are of the code."""
    return notebook["metadata"].get("alignrnn", {}).get("made_by") == digest(notebook)


def renewed(path: Path) -> str:
    """The notebook with what it prints and draws, as the text of its file."""
    import nbformat  # here, so that --check and the tests need neither
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=LIMIT,
            startup_timeout=LIMIT,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # else each renewal would change all of them
        cell.metadata = {}
    notebook.metadata = {
        "alignrnn": {"made_by": digest(notebook)},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.writes(notebook) + "\n"


def main(words: list[str]) -> int:
    """Renew those named, or those whose code has changed; the exit status."""
    named = [HERE / Path(word).name for word in words if word != "--check"]
    # Commands in a cell are those of this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    stale = [
        path
        for path in named or sorted(HERE.glob("*.ipynb"))
        if named or not is_up_to_date(json.loads(path.read_text(encoding="utf-8")))
    ]
    if "--check" in words:
        for path in stale:
            print(f"{path}: its outputs are of other code; renew them with `make notebooks`")
        return bool(stale)
    for path in stale:
        print(path.name, flush=True)
        path.write_text(renewed(path), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
