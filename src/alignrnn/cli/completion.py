"""`alignrnn completion`: what makes a shell complete commands, options and names."""

import contextlib
import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args, get_origin

import tyro

from ..options import Option
from ..registry import CELLS, DATA, RULES, TASKS, Registry
from .options import DataOptions, PartsOptions, shown_kind

_SETS = (each for each in DATA.names if not each.startswith(".") and each != "openml")
_NAMES = " ".join((*TASKS.names, *_SETS))
_AFTER = {
    "bash": f"""
# Where that offers nothing: tasks, and files.
_alignrnn() {{
  _tyro_alignrnn "$@"
  [[ -n ${{COMPREPLY[*]}} ]] && return
  COMPREPLY=()
  [[ ${{COMP_WORDS[1]}} == @(train|frontier|compare) && ${{COMP_WORDS[COMP_CWORD-1]}} != -* ]] &&
    COMPREPLY=($(compgen -W "{_NAMES}" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _alignrnn alignrnn
""",
    "zsh": f"""
# Tasks and files too.
if [[ $words[CURRENT] != -* && $CURRENT -gt 2 ]]; then
  [[ $words[2] == (train|frontier|compare) && $words[CURRENT-1] != -* ]] && compadd -- {_NAMES}
  _files
fi
""",
    "fish": f"""
# Tasks and files too.
function __alignrnn_after
    set -l words (commandline -opc)
    test (count $words) -gt 1; and not string match --quiet -- '-*' $words[-1]
    and begin
        test (count $argv) -eq 0; or contains -- $words[2] $argv
    end
end
complete --command alignrnn --force-files --condition __alignrnn_after
complete --command alignrnn --condition '__alignrnn_after train frontier compare' \\
    --arguments '{_NAMES}'
""",
}
"""What tyro's scripts leave out: words that are no options, by shell."""


@dataclass
class Completion:
    """Print a script with which a shell completes commands, options and names.

    In ~/.bashrc: eval "$(alignrnn completion bash)"; of zsh and fish, where the shell looks for it:
    alignrnn completion zsh > DIR/_alignrnn, with DIR in $fpath before compinit, and
    alignrnn completion fish > ~/.config/fish/completions/alignrnn.fish.
    """

    shell: tyro.conf.Positional[Literal["bash", "zsh", "fish"]]
    """For which shell."""

    def run(self) -> bool:
        """Print it."""
        from . import COMMANDS

        print(script(COMMANDS, self.shell))
        return False


def script(commands: Mapping[str, type], shell: str) -> str:
    """Tyro's script for a shell, with the options of every rule, cell, task and kind of data."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.extras.subcommand_cli_from_dict(
            {name: _with_every_part(command) for name, command in commands.items()},
            prog="alignrnn",
            args=["--tyro-print-completion", shell],
            config=(tyro.conf.FlagCreatePairsOff,),
        )
    return said.getvalue().rstrip() + "\n" + _AFTER[shell]


def _with_every_part(command: type) -> type:
    """The command as a completion knows it: whatever is named, all its options are there."""
    registries: tuple[Registry, ...] = ()
    named: dict[str, Any] = {}
    if issubclass(command, PartsOptions):
        registries = (RULES, CELLS, TASKS, DATA)
        named = {"rule": _value(Literal[*RULES.names]), "cell": _value(Literal[*CELLS.names])}
    elif issubclass(command, DataOptions):
        registries = (DATA,)
    own = {each.name for each in dataclasses.fields(command)}
    for registry in registries:
        for name in registry.names:
            for option in registry.options(name).values():
                if option.name not in own:
                    named.setdefault(option.name, _of(option))
    fields = [(name, *each) for name, each in named.items()]
    return dataclasses.make_dataclass(command.__name__, fields, bases=(command,), kw_only=True)


def _of(option: Option) -> tuple[Any, Any]:
    """An option's type and what it means; its default is another for each that has it."""
    if option.kind is bool and option.default is False:
        return Annotated[bool, tyro.conf.arg(help=option.help)], field(default=False)
    return _value(str if option.kind is Any else option.kind, option.help)


def _value(kind: Any, text: str | None = None) -> tuple[Any, Any]:
    """The type of an option with a value; of names they are what is offered."""
    about = tyro.conf.arg(metavar=shown_kind(kind), help=text or None, help_behavior_hint="")
    if get_origin(kind) is Literal:
        return Annotated[kind, about], field(default=get_args(kind)[0])
    return Annotated[kind | None, about], field(default=None)
