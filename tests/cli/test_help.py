"""The help: at once, without JAX, and its defaults are those of what the options belong to."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

import alignrnn
from alignrnn.cli import COMMANDS, main
from alignrnn.cli.frontier import Frontier
from alignrnn.cli.options import RunOptions
from alignrnn.cli.places import Where
from alignrnn.cli.train import Train
from alignrnn.configuration import PROTOCOL_DEFAULTS
from alignrnn.names import RuleName
from alignrnn.rules import RULES
from alignrnn.studies.frontier import LENGTHS
from alignrnn.sweeps import CHECKPOINT_SECONDS
from alignrnn.tasks import DEFAULT_LENGTH, FILE_DEFAULTS
from alignrnn.training import NetworkOptions, Optimizer


def hint_of(command, option):
    """The default that the help shows of an option which is left to what it belongs to."""
    kind = get_type_hints(command, include_extras=True)[option]
    assert get_origin(kind) is Annotated
    (shown,) = (each.help_behavior_hint for each in get_args(kind)[1:])
    return re.fullmatch(r"\(default: (.*)\)", shown)[1]


RULE_OPTIONS = sorted(
    {name for rule in RULES.values() for name in inspect.signature(rule).parameters}
)


@pytest.mark.parametrize("option", RULE_OPTIONS)
def test_the_default_shown_is_the_rule_s(option):
    defaults = {
        rule: parameters[option].default
        for rule, make in RULES.items()
        if option in (parameters := inspect.signature(make).parameters)
    }
    if option == "output_target_step":  # the target step, said in words
        assert set(defaults.values()) == {None}
        return
    words = {
        rule: " ".join(value) if isinstance(value, tuple) else str(value)
        for rule, value in defaults.items()
    }
    expected = ", ".join(f"{value} for {rule}" for rule, value in words.items())
    assert hint_of(RunOptions, option) in (
        {expected} if len(set(words.values())) > 1 else {next(iter(words.values())), expected}
    )


def test_other_defaults_are_those_of_what_they_belong_to():
    options = RunOptions()
    assert {
        name: getattr(options, name) for name in PROTOCOL_DEFAULTS if name != "diagnostics"
    } == {name: value for name, value in PROTOCOL_DEFAULTS.items() if name != "diagnostics"}
    for field in fields(NetworkOptions):
        assert getattr(options, field.name) == field.default
    assert options.make_optimizer() == Optimizer()
    assert Where().checkpoint_every == CHECKPOINT_SECONDS
    assert hint_of(Frontier, "lengths") == " ".join(map(str, LENGTHS))
    assert hint_of(Train, "length") == str(DEFAULT_LENGTH)
    for option, default in FILE_DEFAULTS.items():
        assert hint_of(Train, option) == str(default).lower()


def test_every_rule_can_be_named():
    assert set(get_args(RuleName)) == set(RULES)


HELP_WITHOUT_JAX = """
import sys
from alignrnn.__main__ import main
sys.argv = ["alignrnn", *{words}]
try:
    status = main()
except SystemExit as end:
    status = end.code
heavy = {{"jax", "equinox", "optax", "numpy", "matplotlib", "distributed"}} & set(sys.modules)
sys.exit(f"{{status}} {{heavy}}" if status or heavy else 0)
"""


@pytest.mark.parametrize("words", [[], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_needs_no_jax(words):
    code = HELP_WITHOUT_JAX.format(words=words)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "alignrnn" in done.stdout


def test_a_mistake_in_the_words_needs_none_either():
    code = HELP_WITHOUT_JAX.format(words=["train", "adding", "--lenth", "20"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "2 set()"


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"alignrnn {alignrnn.__version__}\n"
