"""From words to a command; what is wrong with them, in one line."""

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import tyro

_NO_NUMBER = {
    r"invalid literal for int\(\) with base 10": "it must be an integer",
    "could not convert string to float": "it must be a number",
}


class UsageError(Exception):
    """Options that make no command, said in one line."""


def parse(commands: Mapping[str, Any], arguments: Sequence[str], description: str) -> Any:
    """The command with its options. What tyro says of a mistake, in a box, becomes one line."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.extras.subcommand_cli_from_dict(
                dict(commands),
                prog="alignrnn",
                description=description,
                args=list(arguments) or ["--help"],
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as end:
        if not end.code:  # the help, which tyro has printed
            raise
        raise UsageError(_one_line(said.getvalue())) from None


def _one_line(box: str) -> str:
    """The text of a message in a frame (of ASCII on some terminals), without its title and the
    pointer to the help."""
    sections: list[list[str]] = [[]]
    for line in box.splitlines()[1:]:
        text = line.strip("│╭╮╰╯|+ ")
        if text and set(text) <= {"─", "-"}:
            sections.append([])
        elif text:
            sections[-1].append(text)
    kept = [" ".join(section) for section in sections if section]
    message = "; ".join(text for text in kept if not text.startswith("For full helptext"))
    for complaint, allowed in _NO_NUMBER.items():
        found = re.match(rf"Error parsing (--[\w-]+): .*{complaint}: '(.*?)'", message)
        if found:
            words = set(re.findall(r"does not match choices \('(\w+)',\)", message)) - {"None"}
            or_a_word = "".join(f" or {word}" for word in sorted(words))
            return f"{found[1]}: got {found[2]!r}, but {allowed}{or_a_word}"
    found = re.match(
        r"invalid choice '(.*?)' for argument '([\w-]+)'. Expected one of \((.*)\)", message
    )
    if found:
        choices = sorted(set(re.findall(r"'(.*?)'", found[3])) - {"None"})
        return f"{found[2]}: got {found[1]!r}, but it must be one of: {', '.join(choices)}"
    return message
