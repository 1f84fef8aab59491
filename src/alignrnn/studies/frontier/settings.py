"""Settings of rules as a reader tells them apart: by what differs, in the paper's symbols."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...configuration import configuration
from ...errors import ConfigurationError
from ...results import flat, usual

Options = Mapping[str, Any]
"""A setting by `section.option`, every default filled in; seed and task aside, of which there are
only the options that are its own, such as how many symbols to copy."""

_RULES: Mapping[str, str] = {"lra-diff": "LRA-diff", "bptt": "BPTT", "tptt": "TPTT"}
_SYMBOLS = {
    "rule.target_step": "β",
    "rule.output_target_step": "output β",
    "rule.inner_steps": "K",
    "rule.local_loss": "ℓ",
    "rule.reduction": "R",
    "rule.gradient_bound": "c₁",
    "rule.displacement_bound": "c₂",
    "rule.regularization": "α",
    "rule.regularize": "Ω on",
    "rule.omega_norm": "Ω over",
    "rule.omega_over_steps": "Ω of steps",
    "rule.regularization_by": "α by",
    "rule.inverse_step": "α_g",
    "rule.inverse_initializer": "inverse",
    "rule.noise": "σ",
    "cell": "",
    "optimizer": "optimiser",
    "optimizer.learning_rate": "lr",
    "optimizer.decay_iterations": "τ",
    "optimizer.averaging": "γ",
    "cell.hidden_size": "H",
    "cell.activation": "φ",
    "cell.initializer": "W_hh",
    "cell.input_scale": "W_xh ×",
    "protocol.batch_size": "B",
}
_NAMES = ("rule", "optimizer", "cell")
_NO_PART = ("seed", "task", "task.length", "task.sha256", "task.folder")
"""What is no part of a setting: it stands beside it."""
_OF_TPTT = {"rule.target_step": "α_i"}


def options_of(data: Mapping[str, Any]) -> Options:
    """The options of a run's configuration, also of one recorded before some option was there."""
    rows = flat(_complete(data))
    return {option: value for option, value in rows.items() if option not in _NO_PART}


def setting_id(options: Options) -> str:
    """Of every setting another one; an option that is at its default, or came later, is no part
    of it."""
    own = {option: options[option] for option in (*_NAMES, *unusual(options))}
    text = json.dumps(own, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _complete(data: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return configuration(data).as_dict()
    except ConfigurationError:  # of a version that took what this one refuses
        return data


def rule_name(options: Options) -> str:
    """As the paper writes it."""
    rule = options["rule"]
    return _RULES.get(rule, rule)


def symbol(option: str, options: Options) -> str:
    """What an option is called in a setting with these options."""
    own = _OF_TPTT if options["rule"] == "tptt" else {}
    words = option.partition(".")[2].replace("_", " ")
    return own.get(option) or _SYMBOLS.get(option) or words


def shown(value: Any) -> str:
    """A value, as short as it is exact."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = "" if value is None else str(value)
        return text.replace("pre_", "pre-").replace("_", " ").replace("+", ", ")
    return f"{value:,g}" if float(f"{value:g}") == value else repr(value)


def names_of(settings: Sequence[Options]) -> list[str]:
    """A short name for each: the rule, and of the rule's settings the fewest options that tell
    them apart."""
    names = []
    for options in settings:
        alike = [each for each in settings if each["rule"] == options["rule"]]
        telling = [option for option in _telling(alike) if options.get(option) is not None]
        parts = (_in_words(option, options, alike) for option in telling)
        names.append(", ".join([rule_name(options), *parts]))
    return names


def _in_words(option: str, options: Options, alike: Sequence[Options]) -> str:
    """An option's value as a part of a name: a word where there is one, else symbol and value."""
    value = options[option]
    if option == "rule.regularization" and len({0, *(each.get(option) for each in alike)}) == 2:
        return "with Ω" if value else "without Ω"
    if isinstance(value, bool):
        return f"{'' if value else 'no '}{symbol(option, options)}"
    if not isinstance(value, str):
        return f"{symbol(option, options)} {shown(value)}"
    return _WORDS.get(option, "{symbol} {value}").format(
        symbol=symbol(option, options), value=shown(value)
    )


_WORDS = {
    "rule.target_step": "{value} step",
    "rule.align": "{value} aligned",
    "rule.local_loss": "{value} loss",
    "cell": "{value}",
    "cell.initializer": "{value}",
    "optimizer": "{value}",
}


def _telling(settings: Sequence[Options]) -> list[str]:
    """Options that together differ between any two; first the one that tells most apart."""
    options = list(dict.fromkeys(option for each in settings for option in each))
    chosen: list[str] = []

    def kinds(chosen: Sequence[str]) -> int:
        return len({tuple(repr(each.get(option)) for option in chosen) for each in settings})

    while kinds(chosen) < kinds(options):
        chosen.append(max(options, key=lambda option: kinds([*chosen, option])))
    return [option for option in options if option in chosen]


def unusual(options: Options) -> set[str]:
    """The options that are not the default of the rule, the optimiser and the cell. No patience is
    not worth a word: how far a setting reaches is told without it."""
    of_parts = usual(options["rule"], options["optimizer"], options["cell"])
    defaults = {**of_parts, "protocol.patience": 0}
    return {
        option
        for option, value in options.items()
        if option not in _NAMES and value != defaults.get(option)
    }
