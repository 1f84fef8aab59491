"""Installs what `make wheel` built as a user does, and trains with it in another folder.

    python .ci/check_wheel.py [PYTHON ...]      # by default each Python that pyproject.toml names

Each Python gets empty environments without the pinned versions: one with the lowest versions that
pyproject.toml allows of what has wheels, one with the newest. The last Python gets the sdist too.
Ends at the first thing that fails. Needs uv and a package index.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
PROJECT_FILE = "pyproject.toml"
PROJECT = tomllib.loads((ROOT / PROJECT_FILE).read_text())["project"]
UV = [find_uv_bin(), "--quiet", "--no-python-downloads"]
QUICK = "--hidden-size 6 --max-iterations 40 --check-every 20 --validation-samples 60"
ALONE = (
    f"train temporal-order --length 10 --target-step unit {QUICK} --out runs/lra",
    "evaluate runs/lra",
    f"frontier adding --rule bptt --cell gru --lengths 10 --seeds 1 {QUICK} --out runs/frontier",
    "runs runs/lra",
    "completion bash",
    "completion fish",
)
WITH_EXTRAS = (
    f"train japanese-vowels --standardize {QUICK} --out runs/vowels",
    f"train temporal-order --length 10 {QUICK} --workers 1 --log tensorboard --out runs/logged",
    "export runs/logged --to onnx",
    f"train adding --length 10 {QUICK} --log tensorboard",
    "export runs/vowels --to onnx",
)
IN_PYTHON = """
import importlib.resources, pathlib
import alignrnn
assert importlib.resources.files("alignrnn").joinpath("py.typed").is_file()
for made in ("lra/learning_curves.png", "lra/runs.csv", "frontier/report.html"):
    assert pathlib.Path("runs", made).is_file(), made
network = alignrnn.load("runs/lra")
assert len(network.predict([[2, 1, 3, 5, 2, 4, 2, 5, 3, 3]])) == 1
"""


def main() -> None:
    pythons = sys.argv[1:] or claimed()
    (wheel,), (sdist,) = (sorted((ROOT / "dist").glob(each)) for each in ("*.whl", "*.tar.gz"))
    for python in pythons:
        check(python, "lowest", wheel)
        check(python, "newest", wheel)
    check(pythons[-1], "newest", sdist)


def claimed() -> list[str]:
    """The commands of the Pythons that the classifiers name."""
    before = "Programming Language :: Python :: 3."
    minors = (each.removeprefix(before) for each in PROJECT["classifiers"] if before in each)
    return [f"python3.{minor}" for minor in minors]


def check(python: str, versions: str, built: Path) -> None:
    """The package by itself, and then with all extras."""
    for extra in ("", "[all]"):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            programs = installed(python, versions, built, extra, place)
            program = programs / "alignrnn"
            for words in WITH_EXTRAS if extra else ALONE:
                run(program, *words.split(), at=place)
            if not extra:
                run(programs / "python", "-c", IN_PYTHON, at=place)
            said = run(program, "--version", at=place)
            assert said == run(programs / "python", "-m", "alignrnn", "--version", at=place)
        print(f"{python}, {versions}, {built.name}{extra}: {said.strip()}", flush=True)


def installed(python: str, versions: str, built: Path, extra: str, place: Path) -> Path:
    """The folder of the programs of an empty environment with what was built."""
    what = [f"alignrnn{extra} @ {built.as_uri()}"]
    run(*UV, "venv", "--python", python, place / "venv")
    target = ["--python", place / "venv"]
    if versions == "lowest":
        lowest = ["--resolution", "lowest-direct", "--only-binary", ":all:"]
        pinned = place / "lowest.txt"
        shown = ["--annotation-style", "line", "--no-header", "-o", pinned]
        named = ["--all-extras"] if extra else []
        run(*UV, "pip", "compile", *target, *lowest, *named, *shown, PROJECT_FILE)
        print(f"{python}, {versions}: {direct(pinned)}", flush=True)
        what += ["-r", pinned]
    run(*UV, "pip", "install", *target, *what)
    return place / "venv" / "bin"


def direct(pinned: Path) -> str:
    """The versions of what pyproject.toml names itself."""
    lines = (line.split() for line in pinned.read_text().splitlines() if PROJECT_FILE in line)
    return ", ".join(words[0] for words in lines)


def run(*words: object, at: Path = ROOT) -> str:
    """What a command says; where it fails, all of that is shown and the check ends."""
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=at,
        env=environment | {"XDG_CACHE_HOME": str(at / "cache")} if at != ROOT else environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
