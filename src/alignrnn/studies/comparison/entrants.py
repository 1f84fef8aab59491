"""Which rules are compared: by name, with options of their own, and what they are called."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...cells import Cell, Stack
from ...errors import ConfigurationError, check_type
from ...registry import RULES
from ...rules import Rule
from ...sections import built, completed

REFERENCE = "bptt"
_TOO_SLOW = "rtrl"
"""Its gradient is BPTT's, at H times the cost."""
_BESIDE = ("lra-diff,target-step=unit",)


def entrant_of(text: str) -> Rule:
    """The rule of `NAME` or `NAME,option=value,…`: `lra-diff,target-step=unit,clip=1`.

    Raises `ConfigurationError` for a rule there is not, an option it does not take, or a value it
    cannot use.
    """
    name, *given = text.split(",")
    options: dict[str, Any] = {}
    for each in given:
        option, sign, value = each.partition("=")
        if not sign:
            raise ConfigurationError("rules", text, "a rule is NAME or NAME,option=value,…")
        options[option.strip().replace("-", "_")] = _value(value.strip())
    return built(RULES, completed(RULES, {"name": name.strip(), **options}))


def usual_entrants(cell: Cell | Stack) -> dict[str, Rule]:
    """Every rule that comes with the package and takes the cell, with its defaults; lra-diff with
    the unit step besides. Without BPTT, which all are compared with, and RTRL, which comes to the
    same."""
    names = [name for name in RULES.names if name not in (REFERENCE, _TOO_SLOW)]
    names[1:1] = _BESIDE
    made: dict[str, Rule] = {}
    for name in names:
        rule = entrant_of(name)
        try:
            rule.check_cells(cell.each)
        except ConfigurationError:
            continue
        made[name] = rule
    return made


def entrants_of(
    rules: Mapping[str, Rule | str] | Sequence[Rule | str], cell: Cell | Stack
) -> dict[str, Rule]:
    """The rules by what they are called: by their keys, or by what they were named."""
    if isinstance(rules, str | Rule):
        rules = [rules]
    if not rules:
        return usual_entrants(cell)
    named = (
        list(rules.items())
        if isinstance(rules, Mapping)
        else [(each if isinstance(each, str) else _called(each), each) for each in rules]
    )
    made: dict[str, Rule] = {}
    for label, each in named:
        if label in made:
            allowed = "each is compared once; two settings of a rule are a dict, by their names"
            raise ConfigurationError("rules", label, allowed)
        rule = entrant_of(each) if isinstance(each, str) else each
        check_type("rules", rule, Rule, "each must be a rule, such as LRADiff(), or its name")
        rule.check_cells(cell.each)
        made[label] = rule
    return made


def _called(rule: Any) -> str:
    check_type("rules", rule, Rule, "each must be a rule, such as LRADiff(), or its name")
    return RULES.name_of(type(rule))


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
