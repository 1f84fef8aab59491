"""What is said in several places of the project is the same in all, and what is built is small."""

import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import alignrnn

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())


def commands_of(target):
    """What make runs for a target, in the order of its lines."""
    (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, flags=re.MULTILINE)
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]


def test_what_is_built_is_the_package(tmp_path):
    sdist, wheel = (
        Path(next(builder(str(ROOT)).build(directory=str(tmp_path))))
        for builder in (SdistBuilder, WheelBuilder)
    )
    assert max(each.stat().st_size for each in (sdist, wheel)) < 1_000_000
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in in_sdist if not name.startswith("src/")} == {
        *(".gitignore", "CHANGELOG.md", "CITATION.cff", "LICENSE", "PKG-INFO", "README.md"),
        "pyproject.toml",
    }
    with zipfile.ZipFile(wheel) as archive:
        package = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {f"src/{name}" for name in package} == {n for n in in_sdist if n.startswith("src/")}
    assert {"alignrnn/py.typed", "alignrnn/reports/templates/report.html"} <= package


def test_every_extra_is_in_all():
    extras = PROJECT["project"]["optional-dependencies"]
    (every,) = extras["all"]
    assert every == f"alignrnn[{','.join(sorted(set(extras) - {'all'}))}]"


def test_each_python_that_is_named_is_tested():
    before = "Programming Language :: Python :: 3."
    named = PROJECT["project"]["classifiers"]
    pythons = [each.rpartition(" ")[2] for each in named if each.startswith(before)]
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"
    assert PROJECT["tool"]["pyright"]["pythonVersion"] == pythons[0]
    assert WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"] == pythons
    (several,) = (
        step["with"]["python-version"]
        for step in WORKFLOW["jobs"]["wheel"]["steps"]
        if "python-version" in step.get("with", {})
    )
    assert sorted(several.split()) == pythons


def test_the_workflow_runs_make_and_only_what_it_has():
    runs = [s["run"] for job in WORKFLOW["jobs"].values() for s in job["steps"] if "run" in s]
    targets = [words.split()[1] for words in runs if words.startswith("make ")]
    assert len(targets) == len(runs)
    for target in targets:
        assert commands_of(target)


def test_the_hooks_are_those_of_make_lint():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    asked = [" ".join(word for word in each.split() if word[:2] != "--") for each in hooks]
    checked = [each.removesuffix(" .").replace(" --check", "") for each in commands_of("lint")]
    assert asked == checked


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == alignrnn.__version__
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+?),? ", changes, flags=re.MULTILINE)[0] == alignrnn.__version__
