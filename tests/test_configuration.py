"""A run's configuration as plain data: its identity, what it builds, and what it refuses."""

import copy
import datetime
import json
import os
import subprocess
import sys

import equinox as eqx
import numpy as np
import pytest

import alignrnn.configuration
from alignrnn import (
    BPTT,
    TPTT,
    ArrayTask,
    ConfigurationError,
    LRADiff,
    NetworkOptions,
    Optimizer,
    Protocol,
    Run,
    Stopping,
    TemporalOrder,
)
from alignrnn.configuration import configuration, make_rule

MINIMAL = {"task": {"name": "temporal-order"}, "rule": {"name": "lra-diff"}}
EVERY_RULE = {
    "lra-diff": {"name": "lra-diff"},
    "bptt": {"name": "bptt"},
    "tptt": {"name": "tptt"},
}


def changed(**sections):
    """The minimal configuration with these sections laid over its own."""
    data = copy.deepcopy(MINIMAL)
    for name, value in sections.items():
        whole = not isinstance(value, dict) or "name" in value
        data[name] = value if whole else {**data.get(name, {}), **value}
    return data


def identity(**sections):
    return configuration(changed(**sections)).identity


@pytest.fixture
def arrays(tmp_path):
    """A small data set as a file."""
    draw = np.random.default_rng(0)
    path = tmp_path / "my.npz"
    np.savez(path, inputs=draw.normal(size=(30, 4, 2)), targets=draw.integers(0, 3, 30))
    return path


class TestIdentity:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({}, {"seed": 0}),
            ({}, {"task": {"name": "temporal-order", "length": 20}}),
            ({}, {"rule": {"target_step": 10}}),
            ({}, {"rule": {"target_step": 10.0}}),
            ({}, {"rule": {"target_step": np.float64(10.0)}}),
            ({}, {"rule": {"inner_steps": np.int64(1), "local_loss": "mse"}}),
            ({}, {"optimizer": {"learning_rate": 0.1, "name": "sgd", "nesterov": False}}),
            ({}, {"network": {"hidden_size": 100, "initializer": "orthogonal", "input_scale": 1}}),
            ({}, {"protocol": {"patience": 30, "solved_below": 0.0001, "diagnostics": False}}),
            ({"protocol": {"solved_below": 1}}, {"protocol": {"solved_below": 1.0}}),
            ({"optimizer": {"momentum": 1}}, {"optimizer": {"momentum": 1.0}}),
            (
                {"optimizer": {"name": "adam", "b1": 0.9, "b2": 0.999, "nesterov": False}},
                {"optimizer": {"name": "adam", "b2": 0.999}},
            ),
            (
                {"rule": {"regularization": 1, "regularize": ["weights", "targets"]}},
                {"rule": {"regularize": ("targets", "weights", "targets"), "regularization": 1.0}},
            ),
        ],
    )
    def test_one_configuration_has_one_however_it_is_written(self, one, other):
        assert identity(**one) == identity(**other)

    def test_the_order_of_sections_and_options_does_not_matter(self):
        data = configuration(changed(rule={"inner_steps": 3}, seed=2)).as_dict()
        turned = {
            name: dict(reversed(options.items())) if isinstance(options, dict) else options
            for name, options in reversed(data.items())
        }
        assert configuration(turned).identity == configuration(data).identity

    def test_what_a_record_keeps_gives_the_same_configuration_again(self, arrays):
        for rule in EVERY_RULE.values():
            for task in (MINIMAL["task"], {"name": "pixel-digits"}, {"name": str(arrays)}):
                made = configuration({"task": task, "rule": rule, "optimizer": {"name": "adam"}})
                kept = json.loads(json.dumps(made.as_dict()))
                assert kept == made.as_dict()
                again = configuration(kept)
                assert again == made
                assert again.identity == made.identity

    @pytest.mark.parametrize("rule", EVERY_RULE)
    def test_every_field_changes_it(self, rule, arrays):
        data = configuration(
            {
                "task": {"name": str(arrays), "tolerance": 1},
                "rule": EVERY_RULE[rule],
                "optimizer": {"name": "adam", "decay": "inverse", "decay_iterations": 10},
            }
        ).as_dict()
        seen = {configuration(data).identity}
        for section, options in data.items():
            for option in options if isinstance(options, dict) else [None]:
                if option in ("name", "sha256"):
                    continue  # see the tests below
                other = copy.deepcopy(data)
                if option is None:
                    other[section] = another(section, options)
                else:
                    other[section][option] = another(option, options[option])
                seen.add(configuration(other).identity)
        leaves = [len(o) if isinstance(o, dict) else 1 for o in data.values()]
        names_and_digest = 4
        assert len(seen) == 1 + sum(leaves) - names_and_digest

    def test_every_name_changes_it(self):
        made = [
            identity(),
            identity(task={"name": "random-permutation"}),
            identity(rule={"name": "bptt"}),
            identity(rule={"name": "tptt"}),
            identity(optimizer={"name": "sign_sgd"}),
        ]
        assert len(set(made)) == len(made)

    @pytest.mark.parametrize(
        ("rule", "before"),
        [
            ("lra-diff", "6d2b75e5c8faed62"),
            ("bptt", "d9af043f1977aa08"),
            ("tptt", "9d01a746b00a4224"),
        ],
    )
    def test_options_that_came_later_leave_records_of_before_valid(self, rule, before):
        """Identities as they were with algorithm 2, before there were a decay, `clip` of LRA-diff
        and more; they may change only with `ALGORITHM`."""
        assert alignrnn.configuration.ALGORITHM == 2
        assert identity(rule={"name": rule}) == before

    def test_the_version_of_the_algorithm_changes_it(self, monkeypatch):
        before = identity()
        monkeypatch.setattr(
            alignrnn.configuration, "ALGORITHM", alignrnn.configuration.ALGORITHM + 1
        )
        assert identity() != before

    def test_a_file_s_content_changes_it(self, arrays):
        before = identity(task={"name": str(arrays)})
        assert identity(task={"name": str(arrays)}) == before
        assert identity(task={"name": str(arrays), "held_out": 0.2}) == before
        assert identity(task={"name": str(arrays), "tolerance": 0}) == identity(
            task={"name": str(arrays), "tolerance": 0.0}
        )
        rewrite(arrays)
        assert identity(task={"name": str(arrays)}) != before

    def test_it_is_the_same_in_another_process(self):
        data = changed(rule={"regularization": 1, "regularize": ["targets", "inputs"]}, seed=7)
        code = (
            "import json, sys; from alignrnn.configuration import configuration; "
            "print(configuration(json.loads(sys.argv[1])).identity)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(data)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": "123"},
        )
        assert done.stdout.strip() == configuration(data).identity


def another(option, value):
    """Another value the option may take."""
    choices = {
        "activation": ("tanh", "relu"),
        "initializer": ("orthogonal", "identity"),
        "local_loss": ("mse", "log_penalty"),
        "reduction": ("mean", "batch"),
        "inverse_reduction": ("mean", "batch"),
        "align": ("states", "pre_activations"),
        "normalization": ("clip", "forced"),
        "omega_norm": ("batch", "sample"),
        "omega_over_steps": ("sum", "mean"),
        "regularization_by": ("constant", "downstream"),
        "decay": ("inverse", "cosine"),
        "inverse_initializer": ("orthogonal", "gaussian"),
        "input_gradient": ("local", "bptt"),
        "output_target_step": (None, 3.0),
        "held_out": (0.2, 0.3),
    }
    if option in choices:
        one, other = choices[option]
        return other if value == one else one
    if isinstance(value, bool):
        return not value
    return value[1:] if isinstance(value, list) else value + 1


def rewrite(path):
    with np.load(path) as file:
        content = dict(file)
    content["inputs"][0, 0, 0] += 1
    np.savez(path, **content)


class TestBuilding:
    def test_what_it_builds_is_what_one_makes_by_hand(self):
        made = configuration(
            {
                "task": {"name": "temporal-order", "length": 12},
                "rule": {
                    "name": "lra-diff",
                    "target_step": 3,
                    "inner_steps": 2,
                    "regularization": 0.5,
                    "regularize": ["weights"],
                },
                "optimizer": {"learning_rate": 0.3, "momentum": 0.9, "nesterov": True},
                "network": {"hidden_size": 9, "activation": "relu"},
                "protocol": {
                    "batch_size": 7,
                    "check_every": 13,
                    "patience": 4,
                    "diagnostics": True,
                },
                "seed": 5,
            }
        )
        assert eqx.tree_equal(made.build_task(), TemporalOrder(12))
        run = made.build_run()
        rule = LRADiff(3.0, inner_steps=2, regularization=0.5, regularize=("weights",))
        by_hand = Run(
            rule,
            Optimizer("sgd", 0.3, {"momentum": 0.9, "nesterov": True}),
            NetworkOptions(9, "relu"),
            5,
        )
        assert eqx.tree_equal(run.rule, rule)
        assert (run.optimizer, run.network, run.seed) == (
            by_hand.optimizer,
            by_hand.network,
            by_hand.seed,
        )
        assert run.structure == by_hand.structure
        assert made.build_protocol() == Protocol(
            batch_size=7, check_every=13, stopping=Stopping(patience=4), diagnostics=True
        )

    def test_it_takes_what_goes_beyond_the_paper(self):
        made = configuration(
            changed(
                rule={
                    "name": "lra-diff",
                    "target_step": "unit",
                    "regularization": 1,
                    "omega_over_steps": "mean",
                    "regularization_by": "downstream",
                    "clip": 1,
                },
                optimizer={"decay": "exponential", "decay_iterations": 1000},
            )
        )
        rule = LRADiff(
            "unit",
            regularization=1.0,
            omega_over_steps="mean",
            regularization_by="downstream",
            clip=1.0,
        )
        run = made.build_run()
        assert eqx.tree_equal(run.rule, rule)
        assert run.optimizer.decay == "exponential"
        assert run.optimizer.decay_iterations == 1000
        assert configuration(json.loads(json.dumps(made.as_dict()))).identity == made.identity

    @pytest.mark.parametrize(
        ("name", "rule"), [("lra-diff", LRADiff()), ("bptt", BPTT()), ("tptt", TPTT())]
    )
    def test_its_defaults_are_those_of_what_it_builds(self, name, rule):
        made = configuration(changed(rule={"name": name}))
        assert eqx.tree_equal(made.build_run().rule, rule)
        assert eqx.tree_equal(make_rule(name, {}), rule)
        assert made.build_run().network == NetworkOptions()
        assert made.build_protocol() == Protocol()
        assert eqx.tree_equal(made.build_task(), TemporalOrder(20))

    def test_0_means_never(self):
        made = configuration(changed(protocol={"patience": 0, "solved_below": 0}))
        assert made.build_protocol().stopping == Stopping(solved_below=None, patience=None)

    def test_a_file_s_task_is_that_of_its_arrays(self, arrays):
        made = configuration(changed(task={"name": str(arrays), "held_out": 0.4}))
        with np.load(arrays) as file:
            by_hand = ArrayTask(file["inputs"], file["targets"], held_out=0.4, name="my")
        assert eqx.tree_equal(made.build_task(), by_hand)

    def test_a_file_that_has_changed_is_refused(self, arrays):
        made = configuration(changed(task={"name": str(arrays)}))
        kept = made.as_dict()
        rewrite(arrays)
        with pytest.raises(ConfigurationError, match="it has changed since this sweep began"):
            made.build_task()
        with pytest.raises(ConfigurationError, match="it has changed since this sweep began"):
            configuration(kept)
        arrays.unlink()
        with pytest.raises(ConfigurationError, match="it cannot be read"):
            made.build_task()

    def test_a_file_is_read_once_for_many_runs(self, arrays, monkeypatch):
        reads = []
        original = alignrnn.configuration.named_task

        def counted(*arguments):
            reads.append(arguments)
            return original(*arguments)

        monkeypatch.setattr(alignrnn.configuration, "named_task", counted)
        for seed in range(5):
            configuration({**changed(task={"name": str(arrays)}), "seed": seed})
        assert len(reads) == 1

    def test_runs_of_one_group_differ_only_in_numbers_and_seed(self):
        base = configuration(MINIMAL)
        for same in (
            {"seed": 3},
            {"rule": {"target_step": 1}},
            {"optimizer": {"learning_rate": 0.5}},
        ):
            assert configuration(changed(**same)).group == base.group, same
        for other in (
            {"task": {"name": "temporal-order", "length": 30}},
            {"task": {"name": "random-permutation"}},
            {"rule": {"inner_steps": 2}},
            {"rule": {"regularization": 1}},
            {"optimizer": {"momentum": 0.9}},
            {"network": {"hidden_size": 50}},
            {"protocol": {"check_every": 50}},
        ):
            assert configuration(changed(**other)).group != base.group, other


A_LIST = "it must be one value, not a list"
PLAIN = "it must be a text, a number, true or false, or a list of those"
ABOVE_0 = "it must be a finite number above 0"

MISTAKES = {
    "a misspelt section": (
        {"optimiser": {}},
        "section: got optimiser, but it must be one of: "
        "network, optimizer, protocol, rule, seed, task",
    ),
    "a section that is no table": (
        {"task": "adding"},
        "task: got adding, but it must be a table, [task]",
    ),
    "no task": ({"task": {"name": None}}, "task: got None, but it must be one of: "),
    "a task that is no name": ({"task": {"name": 3}}, "task: got 3, but it must be one of: "),
    "an unknown task": (
        {"task": {"name": "temporal"}},
        "task: got temporal, but it must be one of: a file that ends in .npz, adding, "
        "pixel-digits, random-permutation, temporal-order, temporal-order-3bit",
    ),
    "a misspelt option of a task": (
        {"task": {"lenght": 20}},
        "task.lenght: got 20, but a task takes: length, held_out, tolerance",
    ),
    "a length too short": (
        {"task": {"length": 9}},
        "task.length: got 9, but it must be an integer of at least 10",
    ),
    "a length of another type": (
        {"task": {"length": 20.0}},
        "task.length: got 20.0, but it must be an integer of at least 10",
    ),
    "an option of files": (
        {"task": {"tolerance": 0.1}},
        "task.tolerance: got 0.1, but only a file takes it, not temporal-order",
    ),
    "a file that is not there": (
        {"task": {"name": "nowhere.npz"}},
        "task: got nowhere.npz, but there is no such file",
    ),
    "a file's option of another type": (
        {"task": {"name": "nowhere.npz", "held_out": "half"}},
        "task.held_out: got half, but it must be a finite number of at least 0",
    ),
    "an unknown rule": (
        {"rule": {"name": "hebb"}},
        "rule: got hebb, but it must be one of: bptt, lra-diff, tptt",
    ),
    "a rule that is a list": (
        {"rule": {"name": ["bptt", "tptt"]}},
        "rule: got ('bptt', 'tptt'), but it must be one of: bptt, lra-diff, tptt",
    ),
    "a misspelt option of a rule": (
        {"rule": {"name": "bptt", "clpi": 1}},
        "rule.clpi: got 1, but the rule bptt does not take it: clip, omega_norm, regularization",
    ),
    "an option of another rule": (
        {"rule": {"name": "bptt", "target_step": 1}},
        "rule.target_step: got 1, but the rule bptt does not take it, only lra-diff, tptt",
    ),
    "a number out of range": (
        {"rule": {"target_step": -1}},
        f"rule.target_step: got -1, but {ABOVE_0}",
    ),
    "not a number": (
        {"rule": {"target_step": float("nan")}},
        f"rule.target_step: got nan, but {ABOVE_0}",
    ),
    "a text for a number": (
        {"rule": {"target_step": "10"}},
        f"rule.target_step: got 10, but {ABOVE_0} or unit",
    ),
    "a switch for a number": (
        {"rule": {"target_step": True}},
        f"rule.target_step: got True, but {ABOVE_0}",
    ),
    "a number that no float holds": (
        {"rule": {"target_step": 10**400}},
        f"rule.target_step: got 1{400 * '0'}, but {ABOVE_0}",
    ),
    "a list for a number": (
        {"rule": {"target_step": [1, 2]}},
        f"rule.target_step: got [1, 2], but {A_LIST}",
    ),
    "a number for a switch": (
        {"rule": {"name": "tptt", "inverse_nesterov": 1}},
        "rule.inverse_nesterov: got 1, but it must be true or false",
    ),
    "a number for a name": (
        {"rule": {"align": 1}},
        "rule.align: got 1, but it must be one of: pre_activations, states",
    ),
    "a fraction for a count": (
        {"rule": {"inner_steps": 1.5}},
        "rule.inner_steps: got 1.5, but it must be an integer of at least 1",
    ),
    "a text for a list": (
        {"rule": {"regularize": "weights"}},
        "rule.regularize: got weights, but it must be a list, "
        "like ['weights', 'inputs', 'targets']",
    ),
    "a place that is none": (
        {"rule": {"regularize": ["biases"]}},
        "rule.regularize: got biases, but it must be one of: inputs, recurrent, targets, weights",
    ),
    "a table for a value": (
        {"rule": {"target_step": {"from": 1}}},
        f"rule.target_step: got {{'from': 1}}, but {PLAIN}",
    ),
    "a date": (
        {"optimizer": {"learning_rate": datetime.date(2025, 1, 2)}},
        f"optimizer.learning_rate: got datetime.date(2025, 1, 2), but {PLAIN}",
    ),
    "an unknown optimizer": (
        {"optimizer": {"name": "gradient"}},
        "optimizer: got gradient, but it must be one of: adabelief, ",
    ),
    "a misspelt option of an optimizer": (
        {"optimizer": {"momentun": 0.9}},
        "optimizer: got momentun, but sgd takes: momentum, nesterov",
    ),
    "a text for an optimizer's number": (
        {"optimizer": {"momentum": "much"}},
        "optimizer.momentum: got much, but it must be a finite number",
    ),
    "a switch for an optimizer's number": (
        {"optimizer": {"momentum": True}},
        "optimizer.momentum: got True, but it must be a finite number",
    ),
    "a number for an optimizer's switch": (
        {"optimizer": {"nesterov": 0.5}},
        "optimizer.nesterov: got 0.5, but it must be true or false",
    ),
    "a learning rate of 0": (
        {"optimizer": {"learning_rate": 0}},
        f"optimizer.learning_rate: got 0, but {ABOVE_0}",
    ),
    "a list of learning rates": (
        {"optimizer": {"learning_rate": [0.1, 0.2]}},
        f"optimizer.learning_rate: got [0.1, 0.2], but {A_LIST}",
    ),
    "a misspelt option of the network": (
        {"network": {"hiden_size": 8}},
        "network: got hiden_size, but it must be one of: "
        "activation, hidden_size, initializer, input_scale",
    ),
    "an unknown decay": (
        {"optimizer": {"decay": "linear", "decay_iterations": 10}},
        "optimizer.decay: got linear, but it must be one of: cosine, exponential, inverse, none",
    ),
    "a decay of no length": (
        {"optimizer": {"decay": "cosine"}},
        f"optimizer.decay_iterations: got 0.0, but {ABOVE_0}",
    ),
    "a length of no decay": (
        {"optimizer": {"decay_iterations": 10.0}},
        "optimizer.decay_iterations: got 10.0, but without a decay it must be 0",
    ),
    "an unknown activation": (
        {"network": {"activation": "cosine"}},
        "network.activation: got cosine, but it must be one of: ",
    ),
    "no hidden units": (
        {"network": {"hidden_size": 0}},
        "network.hidden_size: got 0, but it must be an integer of at least 1",
    ),
    "a misspelt option of the protocol": (
        {"protocol": {"max_iteration": 8}},
        "protocol: got max_iteration, but it must be one of: batch_size, ",
    ),
    "negative patience": (
        {"protocol": {"patience": -1}},
        "protocol.patience: got -1, but it must be an integer of at least 0",
    ),
    "a text for diagnostics": (
        {"protocol": {"diagnostics": "yes"}},
        "protocol.diagnostics: got yes, but it must be true or false",
    ),
    "no iterations": (
        {"protocol": {"max_iterations": 0}},
        "protocol.max_iterations: got 0, but it must be an integer of at least 1",
    ),
    "a limit that is not finite": (
        {"protocol": {"solved_below": float("inf")}},
        "protocol.solved_below: got inf, but it must be a finite number of at least 0",
    ),
    "a list of limits": (
        {"protocol": {"solved_below": [0.1, 0.2]}},
        f"protocol.solved_below: got [0.1, 0.2], but {A_LIST}",
    ),
    "a negative seed": (
        {"seed": -1},
        "seed: got -1, but it must be an integer from 0 to 4294967295",
    ),
    "a seed that would be seed 0 again": (
        {"seed": 2**32},
        "seed: got 4294967296, but it must be an integer from 0 to 4294967295",
    ),
    "a seed of another type": (
        {"seed": "1"},
        "seed: got 1, but it must be an integer from 0 to 4294967295",
    ),
    "a text of two lines": (
        {"rule": {"name": "a\nb"}},
        "rule: got 'a\\nb', but it must be one of: bptt, lra-diff, tptt",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_section_field_and_value(mistake, without_type_checker):
    sections, message = MISTAKES[mistake]
    with pytest.raises(ConfigurationError) as error:
        configuration(changed(**sections))
    said = str(error.value)
    assert said.startswith(message) if message.endswith(("of: ", ", ")) else said == message
    assert "\n" not in said


@pytest.mark.parametrize("section", ["task", "rule"])
def test_task_and_rule_need_a_name(section):
    with pytest.raises(ConfigurationError, match=f"{section}.name: got nothing, but every run"):
        configuration({**MINIMAL, section: {}})


def test_bad_arrays_in_a_file_are_named(tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, inputs=np.zeros((4, 3)), targets=np.zeros(4, int))
    with pytest.raises(ConfigurationError, match=r"task\.inputs: got float64"):
        configuration(changed(task={"name": str(path)}))
