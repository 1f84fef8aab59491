"""What things are called: the names of rules, cells and tasks, and the classes they stand for.

A class of one's own is a name too: `my_rule.py:FeedbackAlignment`, a file and a class in it.
Nothing is imported before it is asked for.
"""

import functools
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import ConfigurationError
from .options import Option, classes_of, options_of

_HERE = Path(__file__).parent


class Registry:
    """The names of one kind of thing. Those `of_studies` are for a study's own configurations and
    records: no list has them, and no user is told of them."""

    def __init__(
        self,
        kind: str,
        base: str,
        modules: Mapping[str, str],
        of_studies: Mapping[str, str] = MappingProxyType({}),
    ):
        self.kind = kind
        self.names = tuple(modules)
        """Of what comes with the package for everybody."""
        self._base = base
        self._modules = {**modules, **of_studies}

    def knows(self, name: Any) -> bool:
        """Whether the package has something of this name, a study's own included."""
        return isinstance(name, str) and name in self._modules

    def of(self, name: str, folder: str | Path = "") -> type:
        """The class of a name; a relative file is looked for in the folder.

        Raises `ConfigurationError` for an unknown name, and for a file without such a class.
        """
        if not is_own(name):
            self._check(name)
            return _attribute(self._modules[name])
        file, class_name = self._located(name, folder)
        made = getattr(_loaded(file.resolve(), digest_of(self.kind, file)), class_name)
        base = _attribute(self._base)
        if not (isinstance(made, type) and issubclass(made, base)):
            raise ConfigurationError(self.kind, name, f"the class must be a {base.__name__}")
        return made

    def name_of(self, cls: type) -> str:
        """The name of a class; that of one's own is file and class."""
        for name, where in self._modules.items():
            module, _, class_name = where.partition(":")
            if (cls.__module__, cls.__name__) == (f"{__package__}{module}", class_name):
                return name
        file = getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__
        return f"{file}:{cls.__name__}"

    def options(self, name: str, folder: str | Path = "") -> dict[str, Option]:
        """The options of the class of a name, read from its source."""
        if is_own(name):
            file, class_name = self._located(name, folder)
            return options_of(file, class_name)
        self._check(name)
        module, _, class_name = self._modules[name].partition(":")
        return options_of(_HERE.joinpath(*module.split(".")).with_suffix(".py"), class_name)

    def not_taken(self, name: str, option: str, value: Any, folder: str | Path = "") -> Exception:
        """What a user is told of an option that the class of this name does not take: which of the
        package's do, or else what this one takes."""
        takers = ", ".join(each for each in self.names if option in self.options(each))
        others = (
            f", only {takers}" if takers else f": {', '.join(sorted(self.options(name, folder)))}"
        )
        allowed = f"the {self.kind} {name} does not take it{others}"
        return ConfigurationError(option, value, allowed)

    def _check(self, name: Any) -> None:
        if not self.knows(name):
            names = ", ".join(sorted(self.names))
            own = f"my_{self.kind}.py:My{self.kind.title()}"
            allowed = f"it must be one of: {names}, or a class in a file, {own}"
            raise ConfigurationError(self.kind, name, allowed)

    def _located(self, name: str, folder: str | Path) -> tuple[Path, str]:
        """File and class of a name of one's own."""
        path, _, class_name = name.rpartition(":")
        file = Path(folder, path)
        if not file.is_file():
            raise ConfigurationError(self.kind, name, f"there is no file {file}")
        try:
            there = classes_of(file)
        except (SyntaxError, ValueError) as error:
            raise ConfigurationError(self.kind, name, f"it must be Python ({error})") from None
        if class_name not in there:
            found = ", ".join(there) or "none"
            raise ConfigurationError(self.kind, name, f"classes in that file: {found}")
        return file, class_name


def data_key(name: Any) -> str | None:
    """By which name the registry of data knows a data set: its own, or the ending of a file; None
    for what is no data set."""
    if not isinstance(name, str) or is_own(name):
        return None
    if name in DATA.names and not name.startswith("."):
        return name
    if name.startswith("openml:"):
        return "openml"
    ending = Path(name).suffix.lower()
    return ending if ending in DATA.names else None


def is_own(name: Any) -> bool:
    """Whether a name is of one's own file."""
    return isinstance(name, str) and name.rpartition(":")[0].endswith(".py")


def digest_of(kind: str, file: Path) -> str:
    """Of a file's content, which is part of the identity of every run made with it."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(kind, str(file), f"it cannot be read ({error.strerror})") from None


def _attribute(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module, __package__), name)


@functools.lru_cache(maxsize=64)
def _loaded(file: Path, digest: str) -> Any:
    """The module of a file, once for each content of it. Its folder is where it finds others."""
    name = f"{file.stem}_{digest[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module there
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        what = f"{type(error).__name__}: {error}"
        raise ConfigurationError("file", str(file), f"it must run ({what})") from error
    finally:
        sys.path.remove(str(file.parent))
    return module


RULES = Registry(
    "rule",
    ".rules:Rule",
    {
        "lra-diff": ".rules.lra_diff:LRADiff",
        "bptt": ".rules.bptt:BPTT",
        "tptt": ".rules.tptt:TPTT",
        "feedback-alignment": ".rules.feedback_alignment:FeedbackAlignment",
        "direct-feedback-alignment": ".rules.direct_feedback_alignment:DirectFeedbackAlignment",
        "lra-fdbk": ".rules.lra_fdbk:LRAFdbk",
        "lra-e": ".rules.lra_e:LRAE",
        "rec-lra": ".rules.rec_lra:RecLRA",
        "regularized-inverse": ".rules.regularized_inverse:RegularizedInverse",
        "readout": ".rules.readout:ReadoutAlone",
        "rtrl": ".rules.rtrl:RTRL",
        "snap-1": ".rules.snap:SnAp1",
        "e-prop": ".rules.e_prop:EProp",
        "rflo": ".rules.rflo:RFLO",
        "uoro": ".rules.uoro:UORO",
    },
    of_studies={"published-lra-diff": ".studies.paper.variant.rule:PublishedLRADiff"},
)
CELLS = Registry(
    "cell",
    ".cells:Cell",
    {
        "elman": ".cells.elman:Elman",
        "leaky-elman": ".cells.leaky_elman:LeakyElman",
        "gru": ".cells.gru:GRU",
        "lstm": ".cells.lstm:LSTM",
    },
)
TASKS = Registry(
    "task",
    ".tasks:Task",
    {
        "temporal-order": ".tasks.temporal_order:TemporalOrder",
        "temporal-order-3bit": ".tasks.temporal_order_3bit:TemporalOrder3Bit",
        "random-permutation": ".tasks.random_permutation:RandomPermutation",
        "adding": ".tasks.adding:Adding",
        "copy": ".tasks.copy:Copy",
        "delayed-match": ".tasks.delayed_match:DelayedMatch",
    },
    of_studies={"first-symbol-twice": ".studies.paper.variant.task:FirstSymbolTwice"},
)
DATA = Registry(
    "data",
    ".data:Source",
    {
        ".npz": ".data.npz:NpzFile",
        ".csv": ".data.table:TableFile",
        ".parquet": ".data.table:TableFile",
        ".ts": ".data.ts:TsFile",
        "pixel-digits": ".data.digits:PixelDigits",
        "japanese-vowels": ".data.ts:JapaneseVowels",
        "basic-motions": ".data.ts:BasicMotions",
        "osu-leaf": ".data.ts:OSULeaf",
        "pixel-mnist": ".data.mnist:PixelMnist",
        "chorales": ".data.chorales:Chorales",
        "openml": ".data.openml:OpenML",
    },
)
"""Finite data: files by their ending, and data sets by their name."""


def task_not_taken(name: str, option: str, value: Any) -> Exception:
    """What a user is told of an option that the task, or the data set, of this name does not
    take."""
    key = data_key(name)
    if option == "length":
        return ConfigurationError(option, value, f"{name} has its own")
    registry, other = (TASKS, DATA) if key is None else (DATA, TASKS)
    is_of_this = any(option in registry.options(each) for each in registry.names)
    if not is_of_this and any(option in other.options(each) for each in other.names):
        kind = "a data set" if other is DATA else "a synthetic task"
        return ConfigurationError(option, value, f"only {kind} takes it, not {name}")
    return registry.not_taken(key or name, option, value)
