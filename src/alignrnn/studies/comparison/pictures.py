"""The pictures of a comparison, by the names of their files."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from ...reports import OverSteps, OverTraining, steps_figure, training_figure
from .agreement import LAYERS
from .comparison import Comparison


def pictures(comparison: Comparison) -> Iterator[tuple[str, Figure]]:
    """steps.png, of rules that go back through time; and where there was a training,
    training.png."""
    highest = _highest(comparison)
    first = {rule: comparison.checks(rule)[0] for rule in comparison.rules}
    last = {rule: comparison.checks(rule)[-1] for rule in comparison.rules}
    panels = {"at the start": first}
    if first != last:
        panels["at the end"] = last
    over_steps = {
        title: {
            _in_words(rule): found
            for rule, iteration in at.items()
            if (found := _over_steps(comparison, rule, iteration, highest)) is not None
        }
        for title, at in panels.items()
    }
    if all(over_steps.values()):
        yield "steps.png", steps_figure(over_steps)
    if first != last:
        yield (
            "training.png",
            training_figure(
                {_in_words(rule): _over_training(comparison, rule) for rule in comparison.rules}
            ),
        )


def _in_words(rule: str) -> str:
    """`lra-diff,target-step=unit` as lra-diff, unit step: short, and another for every other."""
    name, *options = rule.split(",")
    return ", ".join([name, *map(_option_in_words, options)])


def _option_in_words(text: str) -> str:
    option, sign, value = (part.strip().replace("_", "-") for part in text.partition("="))
    words = option.replace("-", " ")
    if not sign:
        return words
    if value in ("true", "false"):
        return words if value == "true" else f"no {words}"
    if (option, value) == ("target-step", "unit"):
        return "unit step"
    return f"{words} {value}"


def _highest(comparison: Comparison) -> str:
    """The name of all parameters of a layer, of the highest one."""
    names = {row.parameter for row in comparison.steps if row.parameter.endswith(LAYERS)}
    return max(
        names, key=lambda name: int(name.partition(".")[0]) if "." in name else 0, default=""
    )


def _over_steps(
    comparison: Comparison, rule: str, iteration: int, parameter: str
) -> OverSteps | None:
    rows = [
        row
        for row in comparison.steps
        if (row.rule, row.iteration, row.parameter) == (rule, iteration, parameter)
    ]
    if not rows:
        return None
    return OverSteps([row.cosine for row in rows], [row.ratio for row in rows])


def _over_training(comparison: Comparison, rule: str) -> OverTraining:
    rows = [row for row in comparison.parameters if (row.rule, row.parameter) == (rule, LAYERS)]
    return OverTraining(
        [row.iteration for row in rows], [row.cosine for row in rows], [row.ratio for row in rows]
    )
