"""The help: at once, without JAX, and its defaults are those of what the options belong to."""

import platform
import re
import subprocess
import sys
from dataclasses import fields
from typing import Annotated, get_args, get_origin, get_type_hints

import jax
import pytest

import alignrnn
from alignrnn import BPTT, Run
from alignrnn.cli import COMMANDS, main, parse_command
from alignrnn.cli.frontier import Frontier
from alignrnn.cli.options import RunOptions, _named_task, with_parts
from alignrnn.cli.places import Where
from alignrnn.cli.train import Train
from alignrnn.configuration import PROTOCOL_DEFAULTS, configuration
from alignrnn.registry import CELLS, RULES, TASKS
from alignrnn.studies.frontier import LENGTHS
from alignrnn.sweeps import CHECKPOINT_SECONDS


def hint_of(command, option):
    """The default that the help shows of an option which is left to what it belongs to."""
    kind = get_type_hints(command, include_extras=True)[option]
    assert get_origin(kind) is Annotated
    (shown,) = (each.help_behavior_hint for each in get_args(kind)[1:])
    return re.fullmatch(r"\(default: (.*)\)", shown)[1]


PARTS = [("rule", each) for each in RULES.names] + [("cell", each) for each in CELLS.names]


@pytest.mark.parametrize(("part", "name"), PARTS)
def test_what_applies_to_the_rule_and_the_cell_is_there_with_its_defaults(part, name):
    command = with_parts(Train, ["temporal-order", f"--{part}", name])
    cls = {"rule": RULES, "cell": CELLS}[part].of(name)
    assert {each.name for each in fields(cls)} <= {each.name for each in fields(command)}
    for option in fields(cls):
        if option.name == "output_target_step":  # the target step, said in words
            assert option.default is None
            continue
        default = option.default
        shown = " ".join(default) if isinstance(default, tuple) else str(default)
        assert hint_of(command, option.name) == shown


@pytest.mark.parametrize("command", [Train, Frontier])
@pytest.mark.parametrize("name", TASKS.names)
def test_so_is_what_applies_to_the_task(command, name):
    made = with_parts(command, [name])
    for option in fields(TASKS.of(name)):
        if option.name in command.sets:
            assert option.name not in {each.name for each in fields(made)}
        elif option.name == "lengths":  # those of the frontier are what it tries
            own = {Train: "all are T long", Frontier: " ".join(map(str, LENGTHS))}
            assert hint_of(made, "lengths") == own[command]
        elif option.default is False:  # a switch, which takes no value
            assert next(each for each in fields(made) if each.name == option.name).default is False
        else:
            assert hint_of(made, option.name) == str(option.default)


@pytest.mark.parametrize(
    ("words", "task"),
    [
        ("--nesterov copy", "copy"),
        ("--no-diagnostics copy", "copy"),
        ("--out=x copy", "copy"),
        ("--out adding copy", "copy"),
        ("copy --out adding", "copy"),
        ("my.npz --out copy", "my.npz"),
        ("--rule my_task.py:Copy adding", "adding"),
        ("runs --out copy", None),
    ],
)
def test_the_task_is_told_from_the_values_of_options(words, task):
    assert _named_task(Train, words.split()) == task


def test_a_task_s_options_come_to_its_configuration_and_stand_in_its_help(capsys):
    words = "train copy --length 50 --symbols 5 --alphabet 4 --seeds 2"
    for made in parse_command(words.split()).configurations():
        assert made.task == {"name": "copy", "length": 50, "symbols": 5, "alphabet": 4}
    with pytest.raises(SystemExit):
        main(["train", "delayed-match", "--help"])
    said = capsys.readouterr().out
    assert re.search("--stimuli INT .*N: how many different stimuli there are", said)
    assert "--symbols" not in said


def test_what_does_not_apply_is_not():
    of_bptt = {each.name for each in fields(with_parts(Train, ["--rule", "bptt", "--cell=gru"]))}
    assert {"clip", "regularization", "layers"} <= of_bptt
    assert not {"target_step", "noise", "activation", "leak"} & of_bptt
    of_adding = {each.name for each in fields(with_parts(Train, ["adding"]))}
    assert not {"symbols", "alphabet", "stimuli", "distractors"} & of_adding


def test_the_options_of_one_s_own_are_there_too():
    own = "examples/own/"
    words = [f"{own}my_task.py:Copy", "--rule", f"{own}my_rule.py:FeedbackAlignment"]
    command = with_parts(Train, [*words, f"--cell={own}my_cell.py:MinimalGated"])
    assert hint_of(command, "symbols") == "3"
    assert hint_of(command, "gain") == "1.0"
    assert hint_of(command, "gate_bias") == "-1.0"


def test_other_defaults_are_those_of_what_they_belong_to():
    options = RunOptions()
    assert {
        name: getattr(options, name) for name in PROTOCOL_DEFAULTS if name != "diagnostics"
    } == {name: value for name, value in PROTOCOL_DEFAULTS.items() if name != "diagnostics"}
    made = configuration({**options.sections(), "task": {"name": "adding"}}).build_run()
    assert made.optimizer.all_options == Run(BPTT()).optimizer.all_options
    assert made.optimizer.learning_rate == Run(BPTT()).optimizer.learning_rate
    assert made.cell == Run(BPTT()).cell
    assert Where().checkpoint_every == CHECKPOINT_SECONDS
    assert hint_of(Frontier, "lengths") == " ".join(map(str, LENGTHS))
    of_data = with_parts(Train, ["train", "my.csv"])
    assert (hint_of(of_data, "held_out"), hint_of(of_data, "target")) == ("0.2", "target")


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


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--version"],
        ["completion", "bash"],
        *([name, "--help"] for name in COMMANDS),
        ["train", "--rule", "tptt", "--cell", "lstm", "--help"],
        ["train", "copy", "--help"],
    ],
)
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
    assert capsys.readouterr().out == (
        f"alignrnn {alignrnn.__version__} (JAX {jax.__version__}, "
        f"Python {platform.python_version()})\n"
    )
