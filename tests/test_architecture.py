"""The flow of the tree: a stage imports only from stages before it."""

import ast
from pathlib import Path

import pytest

import alignrnn

SOURCE = Path(alignrnn.__file__).parent
FLOW = (
    "names",
    "errors",
    "_types",
    "numerics",
    "tasks",
    "networks",
    "losses",
    "rules",
    "training",
    "configuration",
    "results",
    "sweeps",
    "reports",
    "paper",
    "frontier",
    "benchmarks",
    "cli",
)


def stage_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_stages(path: Path) -> set[str]:
    """Stages a module imports from, by its relative imports."""
    package = path.relative_to(SOURCE).parent.parts
    stages = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            module = (*base, *(node.module.split(".") if node.module else ()))
            names = [module[0]] if module else [alias.name for alias in node.names]
            names = [name for name in names if name != "__version__"]
            stages |= set(names)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names]
            assert not any(name and name.startswith("alignrnn") for name in names), path
    return stages


TOP = (SOURCE / "__init__.py", SOURCE / "__main__.py")
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path not in TOP)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_stage_imports_only_from_stages_before_it(path):
    own = FLOW.index(stage_of(path))
    for stage in imported_stages(path):
        assert FLOW.index(stage) <= own, f"{stage} comes after {FLOW[own]}"


def test_every_folder_says_what_goes_in_and_out():
    for folder in SOURCE.iterdir():
        if (folder / "__init__.py").is_file() and folder.name not in ("cli", "benchmarks"):
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert text is not None
            assert text.startswith("In: ")
            assert "Out: " in text


def test_every_public_thing_has_a_docstring():
    for name in dir(alignrnn):
        thing = getattr(alignrnn, name)
        if not name.startswith("_") and callable(thing):
            assert thing.__doc__, name
