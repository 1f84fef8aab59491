"""What a run is made of, as options: those of every run, and those of its rule, cell and task.

The options of a rule, a cell and a task of one's own are read from their classes' source, so that
the help shows what applies and no JAX is imported.
"""

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

import tyro

from ..errors import ConfigurationError
from ..names import Decay
from ..options import REQUIRED, Option
from ..registry import CELLS, DATA, RULES, TASKS, Registry, data_key, is_own, task_not_taken


def hint(kind: Any, default: str) -> Any:
    """An option that, not given, is left to what it belongs to; the help shows this default."""
    return tyro.conf.arg(metavar=shown_kind(kind), help_behavior_hint=f"(default: {default})")


def shown_kind(kind: Any) -> str | None:
    """What a help says of an option's values."""
    if get_origin(kind) is Literal:
        return "{" + ",".join(map(str, get_args(kind))) + "}"
    if get_origin(kind) is tuple:
        return f"[{shown_kind(get_args(kind)[0])} …]"
    if get_args(kind):  # a choice of kinds
        each = [shown_kind(one) for one in get_args(kind) if one is not type(None)]
        return "|".join(text.strip("{}") for text in each if text)
    names = {float: "FLOAT", int: "INT", Path: "PATH", bool: "{True,False}", str: "TEXT"}
    return names.get(kind, kind if isinstance(kind, str) else "VALUE")


@dataclass(kw_only=True)
class PartsOptions:
    """Options of the commands that name a rule, a cell and an optimiser; see `with_parts` for those
    of these parts."""

    rule: str = "lra-diff"
    """lra-diff (RNN-LRA-diff, the paper's Algorithms 1 and 2), bptt, tptt (target propagation
    through time), feedback-alignment, direct-feedback-alignment (fixed random weights carry
    errors), lra-fdbk, lra-e, rec-lra (LRA by error weights), regularized-inverse (target
    propagation through closed-form inverses), rtrl, snap-1, e-prop, rflo, uoro (online: forward
    in time), readout (W_hy alone learns), or a class of one's own: my_rule.py:MyRule."""
    cell: str = "elman"
    """elman, leaky-elman, gru, lstm, or a class of one's own: my_cell.py:MyCell."""

    # The optimiser
    optimizer: str = "sgd"
    """Any optimiser of Optax by name: sgd, adam, rmsprop, …"""
    learning_rate: float = 0.1
    """Learning rate."""
    momentum: Annotated[float | None, hint(float, "none")] = None
    """Momentum of sgd and of what else takes one."""
    nesterov: bool = False
    """Nesterov's momentum."""
    decay: Decay = "none"
    """How the learning rate falls: exponential halves it every τ iterations, inverse divides it by
    1 + i/τ, cosine brings it to 0 at iteration τ."""
    decay_iterations: float = 0.0
    """τ of the decay."""
    averaging: float = 0.0
    """γ of a running mean of the weights, say 0.999, which is checked and kept; 0: the weights
    themselves."""
    optimizer_option: dict[str, float] = field(default_factory=dict)
    """Further numbers by their Optax names: --optimizer-option b1 0.8 b2 0.99."""

    parts: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Of rule, cell and task, the options they take."""
    names_cell: ClassVar[bool] = False
    """Whether --cell was given."""
    sets: ClassVar[frozenset[str]] = frozenset()
    """Options of these that the command gives them itself."""

    def sections(self) -> dict[str, dict[str, Any]]:
        """What was given, as sections of a configuration, all but the task's."""
        return {
            "rule": {"name": self.rule, **self._given("rule")},
            "optimizer": {
                "name": self.optimizer,
                "learning_rate": self.learning_rate,
                "decay": self.decay,
                "decay_iterations": self.decay_iterations,
                "averaging": self.averaging,
                **self._of_optimizer,
            },
            "cell": {**self._cell_name(), **self._given("cell")},
        }

    def _cell_name(self) -> dict[str, Any]:
        return {"name": self.cell}

    def task_options(self) -> dict[str, Any]:
        """The task's options that were given, but for those the command sets."""
        return self._given("task")

    def _given(self, part: str) -> dict[str, Any]:
        names = self.parts.get(part, ())
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def _of_optimizer(self) -> dict[str, float | bool]:
        """Optax's options that were given."""
        options: dict[str, float | bool] = dict(self.optimizer_option)
        if self.momentum is not None:
            options["momentum"] = self.momentum
        if self.nesterov:
            options["nesterov"] = True
        return options


@dataclass(kw_only=True)
class RunOptions(PartsOptions):
    """Options of the commands that train one setting."""

    # The protocol
    batch_size: int = 20
    """B: samples an iteration."""
    max_iterations: int = 100_000
    """End after so many iterations."""
    check_every: int = 100
    """Iterations between validation checks."""
    validation_samples: int = 10_000
    """Size of a synthetic task's validation set. Of finite data a check looks at all that is held
    out, or where that is more, at a fixed random sample of so many."""
    patience: int = 30
    """End after so many checks without a better validation error; 0: never."""
    solved_below: float = 1e-4
    """Solved, and at an end, at a validation error below this; 0: never."""

    def sections(self) -> dict[str, dict[str, Any]]:
        """See `PartsOptions.sections`; and the protocol's."""
        from ..configuration import PROTOCOL_DEFAULTS

        names = [name for name in PROTOCOL_DEFAULTS if name != "diagnostics"]
        return {**super().sections(), "protocol": {name: getattr(self, name) for name in names}}


@dataclass(kw_only=True)
class DataOptions:
    """Options of the commands that show a data set to a trained network; see `with_data`."""

    taken: ClassVar[Mapping[str, str]] = {}
    """The options of the data's source that the command has, by the source's own name."""
    positionals: ClassVar[int] = 1
    """The place of DATA among the words that are no options."""
    of_the_network: ClassVar[frozenset[str]] = frozenset(
        {"standardize", "missing", "output_kind", "every_step"}
    )
    """What a source asks of data to train on, and a trained network has its own of, or no use
    for."""

    def source_options(self) -> dict[str, Any]:
        """Those that were given."""
        named = {name: getattr(self, own) for name, own in self.taken.items()}
        return {name: value for name, value in named.items() if value is not None}


def with_data(command: type[DataOptions], words: Sequence[str]) -> type[DataOptions]:
    """The command with the options of the data that the words name, but for those that the network
    decides. One that has the name of an option of the command gets `-column` behind it.

    Raises `ConfigurationError` for an option that belongs to another kind of data.
    """
    named = _positional(command, words)
    key = None if named is None else data_key(named)
    if named is None or key is None:
        return command
    own = {each.name for each in dataclasses.fields(command)}
    made, taken = {}, {}
    for option in DATA.options(key).values():
        if option.name in command.of_the_network:
            continue
        taken[option.name] = f"{option.name}_column" if option.name in own else option.name
        made[option.name] = _field(dataclasses.replace(option, name=taken[option.name]))
    for option in _options_in(words):
        if option in command.of_the_network:
            value = _word(words, f"--{option.replace('_', '-')}") or ""
            allowed = "the network has its own, from when it was trained"
            raise ConfigurationError(option, value, allowed)
    _check_takers(DATA, key, {*own, *taken.values()}, words)
    return dataclasses.make_dataclass(
        command.__name__,
        made.values(),
        bases=(command,),
        namespace={"__doc__": command.__doc__, "__module__": command.__module__, "taken": taken},
        kw_only=True,
    )


def _positional(command: type[DataOptions], words: Sequence[str]) -> str | None:
    """The second word that is neither an option nor the value of one: DATA."""
    places, last = 0, ""
    for word in words:
        is_value = last.startswith("--") and "=" not in last
        last = word
        if word.startswith("--") or is_value:
            continue
        if places == command.positionals:
            return word
        places += 1
    return None


@contextlib.contextmanager
def told_of_data() -> Iterator[None]:
    """A mistake in a data set, which a source calls a task, told as one in DATA."""
    try:
        yield
    except ConfigurationError as error:
        field = "data" if error.field == "task" else error.field
        raise ConfigurationError(field, error.value, error.allowed) from None


@contextlib.contextmanager
def told_as_options(file: str = "") -> Iterator[None]:
    """A mistake in a configuration, told as one in the options it was made of: without sections,
    and a file as it was given."""
    try:
        yield
    except ConfigurationError as error:
        is_file = bool(file) and error.value == os.path.abspath(file)
        field = error.field.rpartition(".")[2]
        raise ConfigurationError(field, file if is_file else error.value, error.allowed) from None


def with_parts(command: type[PartsOptions], words: Sequence[str]) -> type[PartsOptions]:
    """The command with the options of the rule, the cell and the task that the words name.

    Raises `ConfigurationError` for a rule or cell there is not, for an option that belongs to
    another rule, cell or task, and for a class of one's own with an option that the command has
    already.
    """
    chosen = {
        "rule": _word(words, "--rule") or command.rule,
        "cell": _word(words, "--cell") or command.cell,
    }
    task = _named_task(command, words)
    registries: dict[str, Registry] = {"rule": RULES, "cell": CELLS, "task": TASKS}
    if task is not None:
        key = data_key(task)
        chosen["task"], registries["task"] = (task, TASKS) if key is None else (key, DATA)
    own = {each.name for each in dataclasses.fields(command)}
    made: dict[str, Any] = {}
    parts: dict[str, list[str]] = {}
    for part, name in chosen.items():
        parts[part] = []
        for option in registries[part].options(name).values():
            if option.name in command.sets:
                continue
            if part == "task" and option.name in own:
                if option.name == "length":  # there for all tasks; this one's default is known
                    made[option.name] = _field(option)
                    parts[part].append(option.name)
                continue
            parts[part].append(option.name)
            if option.name in own or option.name in made:
                allowed = f"its option {option.name} has the name of another; rename it"
                raise ConfigurationError(part, name, allowed)
            made[option.name] = _field(option)
    for part, name in chosen.items():
        _check_takers(registries[part], name, {*own, *made, *command.sets}, words)
    return dataclasses.make_dataclass(
        command.__name__,
        made.values(),
        bases=(command,),
        namespace={
            "__doc__": command.__doc__,
            "__module__": command.__module__,
            "parts": parts,
            "names_cell": _word(words, "--cell") is not None,
        },
        kw_only=True,
    )


def _field(option: Option) -> tuple[str, Any, Any]:
    """An option that is None where it is not given."""
    kind, shown = option.kind, option.default
    if kind is bool and shown is False:  # a switch, without a value
        about = tyro.conf.arg(help=option.help or None)
        return option.name, Annotated[bool, about], field(default=False)
    if kind is Any:
        kind = str
    if shown is REQUIRED:
        shown = "it has to be given"
    elif isinstance(shown, tuple):
        shown = " ".join(map(str, shown))
    told = re.fullmatch(r"(.*?) ?\(default: (.*)\)\.?", option.help)
    text, default = (told[1], told[2]) if told else (option.help, shown)
    about = tyro.conf.arg(
        metavar=shown_kind(kind), help_behavior_hint=f"(default: {default})", help=text or None
    )
    return option.name, Annotated[kind | None, about], field(default=None)


def _word(words: Sequence[str], option: str) -> str | None:
    """The value an option is given."""
    for word, after in zip(words, [*words[1:], None], strict=True):
        if word == option:
            return after
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _named_task(command: type[PartsOptions], words: Sequence[str]) -> str | None:
    """The task that has options: the package's or one's own, and no other option's value."""
    switches = {each.name for each in dataclasses.fields(command) if each.type is bool}
    for word, last in zip(words, ["", *words[:-1]], strict=True):
        option = next(_options_in([last]), "").removeprefix("no_")
        is_value = option not in ("", *switches) and "=" not in last
        if not is_value and (is_own(word) or word in TASKS.names or data_key(word) is not None):
            return word
    return None


def _check_takers(registry: Registry, name: str, known: set[str], words: Sequence[str]) -> None:
    """That no option is given that belongs to another rule, cell or task."""
    for option in _options_in(words):
        if option in known:
            continue
        value = _word(words, f"--{option.replace('_', '-')}") or ""
        others = (TASKS, DATA) if registry in (TASKS, DATA) else (registry,)
        if any(option in each.options(one) for each in others for one in each.names):
            told = task_not_taken if len(others) > 1 else registry.not_taken
            raise told(name, option, value)


def _options_in(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("--"):
            yield word.removeprefix("--").partition("=")[0].replace("-", "_")
