"""Grid files: from TOML to every run, each once; mistakes in one line."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from alignrnn import ConfigurationError
from alignrnn.configuration import configuration
from alignrnn.sweeps import Grid, expand, load_grid

from ..wording import ANY_RULE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
BASE = {"task": {"name": "temporal-order"}, "rule": {"name": "lra-diff"}}


def expanded(text):
    return expand(tomllib.loads(text))


def values(configurations, section, option):
    return [getattr(each, section)[option] for each in configurations]


class TestExpansion:
    def test_without_axes_it_is_one_run(self):
        assert expand(BASE) == (configuration(BASE),)

    def test_the_runs_are_the_product_of_the_axes_in_their_order(self):
        made = expand(
            {
                "task": {"name": ["temporal-order", "adding"], "length": [10, 20]},
                "rule": {"name": "lra-diff", "target_step": [1, 10]},
                "seed": [3, 4],
            }
        )
        assert [
            (each.task["name"], each.task["length"], each.rule["target_step"], each.seed)
            for each in made
        ] == [
            (task, length, step, seed)
            for task in ("temporal-order", "adding")
            for length in (10, 20)
            for step in (1.0, 10.0)
            for seed in (3, 4)
        ]
        assert len({each.identity for each in made}) == 16

    def test_every_section_may_hold_axes(self):
        made = expand(
            {
                **BASE,
                "optimizer": {"name": ["sgd", "adam"], "learning_rate": [0.1, 0.01, 0.001]},
                "cell": {"hidden_size": [8, 16]},
                "protocol": {"batch_size": [10, 20], "diagnostics": [True, False]},
            }
        )
        assert len(made) == 2 * 3 * 2 * 2 * 2

    def test_the_runs_are_those_of_every_grid_together(self):
        made = expanded("""
            seed = [0, 1]
            task = { name = "temporal-order" }
            [[grid]]
            rule = { name = "lra-diff", target_step = [1, 10] }
            [[grid]]
            rule = { name = "bptt" }
            seed = 5
        """)
        assert [(each.rule["name"], each.seed) for each in made] == [
            *[("lra-diff", 0)] * 2,
            *[("lra-diff", 1)] * 2,
            ("bptt", 5),
        ]

    def test_a_section_adds_to_the_one_above(self):
        made = expanded("""
            [task]
            name = "temporal-order"
            length = [10, 20]
            [rule]
            name = "lra-diff"
            target_step = [1, 10]
            inner_steps = 3
            [[grid]]
            rule = { target_step = 5 }
            [[grid]]
            rule = { name = "lra-diff", align = "pre_activations" }
            task = { length = 30 }
        """)
        assert values(made, "rule", "target_step") == [5.0, 5.0, 1.0, 10.0]
        assert values(made, "rule", "inner_steps") == [3] * 4
        assert values(made, "task", "length") == [10, 20, 30, 30]
        assert values(made, "rule", "align") == ["states"] * 2 + ["pre_activations"] * 2

    def test_with_another_name_it_replaces_it(self):
        made = expanded("""
            task = { name = "temporal-order" }
            rule = { name = "lra-diff", target_step = [2, 10] }
            [[grid]]
            rule = { name = "tptt" }
        """)
        assert values(made, "rule", "target_step") == [1.0]

    def test_one_above_without_a_name_is_added_to(self):
        """Nothing somebody wrote is left out without a word."""
        made = expanded("""
            task = { name = "temporal-order" }
            rule = { target_step = [1, 10] }
            optimizer = { learning_rate = [0.5, 0.25] }
            [[grid]]
            rule = { name = "lra-diff" }
            [[grid]]
            rule = { name = "tptt" }
            optimizer = { name = "adam" }
        """)
        assert values(made, "rule", "target_step") == [1.0, 1.0, 10.0, 10.0] * 2
        assert values(made, "optimizer", "learning_rate") == [0.5, 0.25] * 4

    def test_an_option_that_is_a_list_has_a_list_of_lists_as_axis(self):
        rule = {"name": "lra-diff", "regularization": 1}
        one = expand({**BASE, "rule": {**rule, "regularize": ["weights", "inputs"]}})
        assert values(one, "rule", "regularize") == [["inputs", "weights"]]
        axis = expand(
            {**BASE, "rule": {**rule, "regularize": [["weights", "inputs"], ["targets"]]}}
        )
        assert values(axis, "rule", "regularize") == [["inputs", "weights"], ["targets"]]
        none = expand({**BASE, "rule": {"name": "lra-diff", "regularize": []}})
        assert values(none, "rule", "regularize") == [[]]

    def test_what_comes_twice_is_there_once(self):
        made = expand({**BASE, "rule": {"name": "lra-diff", "target_step": [10, 1, 10.0]}})
        assert values(made, "rule", "target_step") == [10.0, 1.0]
        assert (
            len(expand({**BASE, "grid": [{}, {"seed": [0, 1]}, {"rule": {"inner_steps": 1}}]})) == 2
        )

    def test_seeds_are_an_axis(self):
        assert [each.seed for each in expand({**BASE, "seed": [2, 0, 1]})] == [2, 0, 1]

    def test_what_is_given_is_left_as_it_was(self):
        data = {**BASE, "seed": [0, 1], "grid": [{"task": {"length": [10, 20]}}]}
        before = repr(data)
        expand(data)
        assert repr(data) == before


MISTAKES = {
    "no TOML": ("task = ", "grid: got '{path}', but it must be TOML (Invalid value (at "),
    "a table twice": ("[task]\n[task]", "grid: got '{path}', but it must be TOML (Cannot declare"),
    "no text": (b"name = '\xff'", "grid: got '{path}', but it must be TOML ('utf-8' codec"),
    "a name that is none": (
        "name = 3\n[task]\nname = 'adding'",
        "{path}, name: got 3, but it must be a text",
    ),
    "a misspelt section": (
        "[taks]\nname = 'adding'",
        "{path}, section: got 'taks', but it must be one of: "
        "cell, grid, optimizer, protocol, rule, seed, start, task",
    ),
    "a misspelt section in a grid": (
        "task = { name = 'adding' }\n[[grid]]\nruel = { name = 'bptt' }",
        "{path}, section: got 'ruel', but it must be one of: "
        "cell, optimizer, protocol, rule, seed, start, task",
    ),
    "a misspelt option": (
        "task = { name = 'adding', lenght = [10, 20] }\nrule = { name = 'bptt' }",
        "{path}, task.lenght: got 10, but the task adding does not take it: "
        "length, lengths, run_in",
    ),
    "an unknown rule": (
        "task = { name = 'adding' }\nrule = { name = ['bptt', 'hebb'] }",
        "{path}, rule: got 'hebb', but " + ANY_RULE,
    ),
    "an option of another rule": (
        "task = { name = 'adding' }\nrule = { name = 'bptt', inner_steps = 2 }",
        "{path}, rule.inner_steps: got 2, but the rule bptt does not take it, only lra-diff",
    ),
    "a number out of range": (
        "task = { name = 'adding' }\nrule = { name = 'lra-diff', target_step = [1, -1] }",
        "{path}, rule.target_step: got -1, but it must be a finite number above 0",
    ),
    "a negative seed": (
        "seed = [0, -1]\ntask = { name = 'adding' }\nrule = { name = 'bptt' }",
        "{path}, seed: got -1, but it must be an integer from 0 to 4294967295",
    ),
    "an empty axis": (
        "task = { name = 'adding', length = [] }\nrule = { name = 'bptt' }",
        "{path}, task.length: got [], but an axis needs a value",
    ),
    "no seeds": (
        "seed = []\ntask = { name = 'adding' }\nrule = { name = 'bptt' }",
        "{path}, seed: got [], but an axis needs a value",
    ),
    "a section that is no table": (
        "task = 'adding'\nrule = { name = 'bptt' }",
        "{path}, task: got 'adding', but it must be a table, [task]",
    ),
    "tables for a section": (
        "[[rule]]\nname = 'bptt'\n[[rule]]\nname = 'tptt'",
        "{path}, rule: got [{{'name': 'bptt'}}, {{'name': 'tptt'}}], "
        "but it must be a table, [rule]",
    ),
    "a table for an option": (
        "task = { name = 'adding', length = { from = 10 } }\nrule = { name = 'bptt' }",
        "{path}, task.length: got {{'from': 10}}, but it must be a text, a number, true or false, "
        "or a list of those",
    ),
    "a list of lists": (
        "task = { name = 'adding' }\nrule = { name = 'bptt', clip = [[1, 2]] }",
        "{path}, rule.clip: got [1, 2], but it must be one value, not a list",
    ),
    "no rule": (
        "task = { name = 'adding' }",
        "{path}, rule.name: got nothing, but every run needs a rule",
    ),
    "a grid that is no list": (
        "[grid]\ntask = { name = 'adding' }",
        "{path}, grid: got {{'task': {{'name': 'adding'}}}}, but it must be tables, [[grid]]",
    ),
    "lists too deep": (
        "task = " + 5000 * "[" + 5000 * "]",
        "grid: got '{path}', but its lists are nested too deeply",
    ),
    "a number of 5,000 digits": (
        "seed = " + 5000 * "9",
        "grid: got '{path}', but it must be TOML (Exceeds the limit (4300 digits) for integer "
        "string conversion: value has 5000 digits)",
    ),
    "one that Python reads but does not print": (
        "task = { name = 'adding' }\nrule = { name = 'bptt' }\n"
        "protocol = { max_iterations = 0x" + 5000 * "f" + " }",
        "{path}, protocol.max_iterations: got a number of thousands of digits, "
        "but it must be an integer from 1 to 2147483647",
    ),
    "no grid at all": ("grid = []", "{path}, grid: got [], but it must be tables, [[grid]]"),
    "an empty file": ("", "{path}, task.name: got nothing, but every run needs a task"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_file_is_one_line_that_names_it(mistake, tmp_path, without_type_checker):
    content, message = MISTAKES[mistake]
    path = tmp_path / "grid.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError) as error:
        load_grid(path)
    said = str(error.value)
    assert said.startswith(message.format(path=path))
    assert said == message.format(path=path) or "TOML" in message
    assert "\n" not in said


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load_grid(tmp_path / "no.toml")
    assert str(error.value) == (
        f"grid: got '{tmp_path / 'no.toml'}', but it cannot be read (No such file or directory)"
    )
    with pytest.raises(ConfigurationError, match="Is a directory"):
        load_grid(tmp_path)


def test_the_name_is_the_file_s_unless_it_gives_one(tmp_path):
    (tmp_path / "mine.toml").write_text("[task]\nname = 'adding'\n[rule]\nname = 'bptt'")
    one = configuration({"task": {"name": "adding"}, "rule": {"name": "bptt"}})
    assert load_grid(tmp_path / "mine.toml") == Grid("mine", (one,))
    (tmp_path / "mine.toml").write_text(
        "name = 'other'\n[task]\nname = 'adding'\n[rule]\nname = 'bptt'"
    )
    assert load_grid(tmp_path / "mine.toml").name == "other"


@pytest.mark.parametrize("name", ["my.npz", "data/my.npz", "../my.npz"])
def test_a_task_s_file_is_looked_for_beside_the_grid_file(name, tmp_path, monkeypatch):
    folder = tmp_path / "grids"
    (folder / "data").mkdir(parents=True)
    np.savez(folder / name, inputs=np.zeros((10, 3), int), targets=np.arange(10) % 2)
    (folder / "grid.toml").write_text(f"task.name = '{name}'\nrule.name = 'bptt'\nseed = [0, 1]")
    (tmp_path / "elsewhere").mkdir()
    made = []
    for place, path in ((folder, "grid.toml"), (tmp_path / "elsewhere", "../grids/grid.toml")):
        monkeypatch.chdir(place)
        made.append(load_grid(Path(path)).configurations)
    assert made[0] == made[1]
    assert [each.task["name"] for each in made[1]] == [name, name]
    assert made[1][0].build_task().name == "my"


def test_a_task_s_file_may_be_in_a_folder_of_its_own(tmp_path):
    path = tmp_path / "my.npz"
    np.savez(path, inputs=np.zeros((10, 3), int), targets=np.arange(10) % 2)
    grids = tmp_path / "grids"
    grids.mkdir()
    for task in (f"name = '{path}'", "name = 'my.npz'\nfolder = '..'"):
        (grids / "grid.toml").write_text(f"rule.name = 'bptt'\n[task]\n{task}")
        (made,) = load_grid(grids / "grid.toml").configurations
        assert made.build_task().length == 3


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_loads(path, without_type_checker):  # with it, ten seconds for 648 runs
    grid = load_grid(path)
    assert grid.name == path.stem
    assert len({each.identity for each in grid.configurations}) == len(grid.configurations)


def test_there_are_examples():
    assert "small.toml" in {path.name for path in EXAMPLES}


def test_the_small_example_is_small():
    made = load_grid(next(path for path in EXAMPLES if path.name == "small.toml")).configurations
    assert len(made) == 2 * 2 * 2 * 3
    assert all(each.protocol["max_iterations"] == 2000 for each in made)
    assert {each.rule["name"] for each in made} == {"lra-diff", "bptt"}
