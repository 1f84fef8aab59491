"""The options of a class, read from its source: a help text needs no import, and so no JAX.

An option is an annotated field of a dataclass, with the text below it as its help; those of its
bases are its own. Bases are looked for where the source imports them from.
"""

import ast
import functools
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import names

REQUIRED = object()
"""The default of an option that has none."""

_NAMESPACE: Mapping[str, Any] = {
    **vars(names),
    "Literal": Literal,
    "Number": float,
}
"""What an option's type and default may be made of. A number is a float to whoever writes one."""


@dataclass(frozen=True)
class Option:
    """A name, the type of its values, its default and what it means."""

    name: str
    kind: Any
    default: Any
    help: str


def options_of(file: Path, name: str) -> dict[str, Option]:
    """The options of a class in a file, in the order of its fields, those of its bases first.

    Raises `LookupError` where the file has no such class, `SyntaxError` where it is no Python.
    """
    found = _class(file, name)
    if found is None:
        raise LookupError(name)
    options: dict[str, Option] = {}
    where, node = found
    for base in reversed(node.bases):
        if isinstance(base, ast.Name) and _class(where, base.id) is not None:
            options |= options_of(where, base.id)
    for name in _redefined(node):
        options.pop(name, None)
    return options | {option.name: option for option in _own(node)}


def classes_of(file: Path) -> list[str]:
    """The classes that a file defines itself."""
    return [node.name for node in _tree(file).body if isinstance(node, ast.ClassDef)]


def _own(node: ast.ClassDef) -> Iterator[Option]:
    for line, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            continue
        name, annotation = line.target.id, ast.unparse(line.annotation)
        if name.startswith("_") or _is_no_option(annotation):
            continue
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        text = str(following.value.value) if is_text else ""  # pyright: ignore[reportOptionalMemberAccess,reportAttributeAccessIssue]
        yield Option(name, _evaluated(annotation), _default(line.value), " ".join(text.split()))


def _redefined(node: ast.ClassDef) -> Iterator[str]:
    """Names that are no option of the class, whatever they are of a base."""
    for line in node.body:
        if isinstance(line, ast.FunctionDef):
            yield line.name
        elif isinstance(line, ast.Assign):
            yield from (target.id for target in line.targets if isinstance(target, ast.Name))
        elif (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and _is_no_option(ast.unparse(line.annotation))
        ):
            yield line.target.id


def _is_no_option(annotation: str) -> bool:
    return "ClassVar" in annotation or "AbstractVar" in annotation


def _evaluated(expression: str) -> Any:
    try:
        return eval(expression, dict(_NAMESPACE))  # source that is going to be imported anyway
    except (NameError, TypeError, AttributeError):
        return Any


def _default(value: ast.expr | None) -> Any:
    if value is None:
        return REQUIRED
    if isinstance(value, ast.Call):  # field(default=…)
        given = {each.arg: each.value for each in value.keywords}
        return _evaluated(ast.unparse(given["default"])) if "default" in given else REQUIRED
    return _evaluated(ast.unparse(value))


def _class(file: Path, name: str) -> tuple[Path, ast.ClassDef] | None:
    """Where a class is that a file defines or imports, and its definition."""
    for node in _tree(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return file, node
    for node in ast.walk(_tree(file)):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                source = _source(file, node.module or "", node.level)
                return None if source is None else _class(source, alias.name)
    return None


def _source(file: Path, module: str, level: int) -> Path | None:
    """The file of a module that another imports; None: it is none of ours, or compiled."""
    parts = module.split(".") if module else []
    if level:
        start = file.parents[level - 1]
    elif parts[0] == __package__:
        start, parts = Path(__file__).parent, parts[1:]
    else:
        found = importlib.util.find_spec(parts[0]) if len(parts) == 1 else None
        origin = None if found is None else found.origin
        return Path(origin) if origin and origin.endswith(".py") else None
    path = start.joinpath(*parts)
    return next(
        (each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()), None
    )


@functools.lru_cache(maxsize=256)
def _parsed(file: Path, _stamp: int) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _tree(file: Path) -> ast.Module:
    return _parsed(file, file.stat().st_mtime_ns)
