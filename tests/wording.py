"""Parts of messages that list what the package has, so that a new rule changes no test."""

from alignrnn.registry import RULES

ANY_RULE = (
    f"it must be one of: {', '.join(sorted(RULES.names))}, or a class in a file, my_rule.py:MyRule"
)


def only_rules(option: str) -> str:
    """Which rules take an option."""
    return "only " + ", ".join(name for name in RULES.names if option in RULES.options(name))
