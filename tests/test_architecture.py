"""The flow of the tree: a stage imports only from stages before it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import alignrnn

SOURCE = Path(alignrnn.__file__).parent
FLOW = (
    "names",
    "errors",
    "options",
    "registry",
    "plain",
    "files",
    "_types",
    "numerics",
    "noise",
    "data",
    "evaluation",
    "spread",
    "tasks",
    "cells",
    "network",
    "export",
    "losses",
    "feedback",
    "rules",
    "training",
    "logs",
    "sections",
    "network_file",
    "configuration",
    "results",
    "estimators",
    "sweeps",
    "reports",
    "studies",
    "cli",
)


def parts_of(path: Path) -> tuple[str, ...]:
    """The names that lead to a module, its own among them unless it is a package's own."""
    return tuple(
        name for name in path.relative_to(SOURCE).with_suffix("").parts if name != "__init__"
    )


def is_private(package: tuple[str, ...], name: str) -> bool:
    """Whether a package has a module of that name, and nothing that it exports under it."""
    folder = SOURCE.joinpath(*package)
    if not folder.is_dir() or not ((folder / name).is_dir() or (folder / f"{name}.py").is_file()):
        return False
    nodes = ast.walk(ast.parse((folder / "__init__.py").read_text()))
    exports = (alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)
    return name not in {alias.asname for alias in exports}


def imported(path: Path) -> Iterator[tuple[str, ...]]:
    """The names that lead to each module a module imports, or imports something from."""
    package = path.relative_to(SOURCE).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            module = (*base, *(node.module.split(".") if node.module else ()))
            for alias in node.names:
                if is_private(module, alias.name):
                    yield (*module, alias.name)
                elif module:
                    yield module
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names]
            assert not any(name and name.startswith("alignrnn") for name in names), path


def package_of(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A stage, or a study: what others import from."""
    return parts[: 2 if parts[0] == "studies" else 1]


TOP = (SOURCE / "__init__.py", SOURCE / "__main__.py")
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path not in TOP)


each_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(SOURCE))
)


@each_module
def test_a_stage_imports_only_from_stages_before_it(path):
    own = FLOW.index(parts_of(path)[0])
    for stage, *_ in imported(path):
        assert FLOW.index(stage) <= own, f"{stage} comes after {FLOW[own]}"


@each_module
def test_what_is_of_another_stage_is_imported_from_its_package(path):
    own = package_of(parts_of(path))
    for module in imported(path):
        assert own == package_of(module) or module == package_of(module), ".".join(module)


@each_module
def test_no_study_imports_another(path):
    own = parts_of(path)
    for module in imported(path):
        if own[0] == module[0] == "studies":
            assert package_of(own) == package_of(module), ".".join(module)


def test_every_folder_says_what_goes_in_and_out():
    for folder in (*SOURCE.iterdir(), *(SOURCE / "studies").iterdir()):
        if (folder / "__init__.py").is_file() and folder.name != "cli":
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert text is not None
            assert text.startswith("In: ")
            assert "Out: " in text


def test_every_public_thing_has_a_docstring():
    for name in dir(alignrnn):
        thing = getattr(alignrnn, name)
        if not name.startswith("_") and callable(thing):
            assert thing.__doc__, name
