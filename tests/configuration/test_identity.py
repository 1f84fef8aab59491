"""What changes a run's identity, and what does not."""

import copy
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import alignrnn.configuration
from alignrnn.configuration import configuration
from alignrnn.registry import TASKS

from .cases import EVERY_RULE, MINIMAL, changed, identity, rewrite


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
        "test_fraction": (0.0, 0.3),
        "validate_by": ("errors", "loss"),
        "missing": ("refuse", "mean"),
        "averaging": (0.0, 0.9),
        "output_kind": (None, "values"),
        "every_step": (None, False),
    }
    if option in choices:
        one, other = choices[option]
        return other if value == one else one
    if isinstance(value, bool):
        return not value
    if option in ("b1", "b2", "inverse_momentum"):
        return (1 + value) / 2
    return value[1:] if isinstance(value, list) else value + 1


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
        ({}, {"cell": {"hidden_size": 100, "initializer": "orthogonal", "input_scale": 1}}),
        ({}, {"cell": {"name": "elman", "layers": 1}}),
        ({}, {"protocol": {"patience": 30, "solved_below": 0.0001, "diagnostics": False}}),
        ({"protocol": {"solved_below": 1}}, {"protocol": {"solved_below": 1.0}}),
        ({"optimizer": {"momentum": 0}}, {"optimizer": {"momentum": 0.0}}),
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
def test_one_configuration_has_one_however_it_is_written(one, other):
    assert identity(**one) == identity(**other)


def test_records_of_before_an_option_are_records_still():
    """What a run's identity was before `hidden_noise` and `averaging`: at 0 they are no part."""
    made = configuration({"task": {"name": "temporal-order"}, "rule": {"name": "bptt"}})
    assert made.rule["hidden_noise"] == made.optimizer["averaging"] == 0
    assert made.identity == "5372c604de623d64"


def test_the_order_of_sections_and_options_does_not_matter():
    data = configuration(changed(rule={"inner_steps": 3}, seed=2)).as_dict()
    turned = {
        name: dict(reversed(options.items())) if isinstance(options, dict) else options
        for name, options in reversed(data.items())
    }
    assert configuration(turned).identity == configuration(data).identity


def test_what_a_record_keeps_gives_the_same_configuration_again(arrays):
    for rule in EVERY_RULE.values():
        for task in (MINIMAL["task"], {"name": "pixel-digits"}, {"name": str(arrays)}):
            made = configuration({"task": task, "rule": rule, "optimizer": {"name": "adam"}})
            kept = json.loads(json.dumps(made.as_dict()))
            assert kept == made.as_dict()
            again = configuration(kept)
            assert again == made
            assert again.identity == made.identity


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_every_field_changes_it(rule, arrays):
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
            if (rule, option) == ("tptt", "layers"):
                continue  # it takes one
            other = copy.deepcopy(data)
            if option is None:
                other[section] = another(section, options)
            else:
                other[section][option] = another(option, options[option])
            seen.add(configuration(other).identity)
    leaves = [len(o) if isinstance(o, dict) else 1 for o in data.values()]
    left_out = 5 + (rule == "tptt")  # names, the digest, TPTT's layers
    assert len(seen) == 1 + sum(leaves) - left_out


def test_every_name_changes_it():
    made = [
        identity(),
        identity(task={"name": "random-permutation"}),
        identity(rule={"name": "bptt"}),
        identity(rule={"name": "tptt"}),
        identity(cell={"name": "gru"}),
        identity(cell={"name": "lstm"}),
        identity(cell={"name": "stack", "cells": [{"name": "gru"}, {"name": "lstm"}]}),
        identity(cell={"name": "stack", "cells": [{"name": "lstm"}, {"name": "gru"}]}),
        identity(optimizer={"name": "sign_sgd"}),
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("lra-diff", "1843d6288124b1d4"),
        ("bptt", "5372c604de623d64"),
        ("tptt", "52d2eda146d9fa86"),
    ],
)
def test_identities_change_only_with_the_version_of_the_algorithm(rule, known):
    """Records on somebody's disk are found by them."""
    assert alignrnn.configuration.ALGORITHM == 2
    assert identity(rule={"name": rule}) == known


@pytest.mark.parametrize(
    ("task", "known"),
    [
        ({"name": "temporal-order", "length": 35}, "2da7041a4305d1b9"),
        ({"name": "temporal-order-3bit", "length": 20}, "985f491bcd96a9f0"),
        ({"name": "random-permutation", "length": 20}, "77ffad36a88dec4c"),
        ({"name": "adding", "length": 20}, "bdbd2163efd5bc77"),
    ],
)
def test_tasks_that_others_came_beside_keep_theirs(task, known):
    made = configuration(changed(task=task, rule={"name": "bptt"}))
    assert dict(made.task) == task
    assert made.identity == known


@pytest.mark.parametrize("name", ["copy", "delayed-match"])
def test_the_options_of_a_task_change_it(name):
    complete = configuration(changed(task={"name": name}))
    ranged = ("lengths", "run_in")  # stand there only where they are given
    assert list(complete.task) == ["name", *(o for o in TASKS.options(name) if o not in ranged)]
    assert configuration(complete.as_dict()) == complete
    others = [
        identity(task={**complete.task, option: value + 1})
        for option, value in complete.task.items()
        if option != "name"
    ]
    assert len({complete.identity, *others}) == 4


def test_the_version_of_the_algorithm_changes_it(monkeypatch):
    before = identity()
    monkeypatch.setattr(alignrnn.configuration, "ALGORITHM", alignrnn.configuration.ALGORITHM + 1)
    assert identity() != before


def test_of_finite_data_it_is_another_version_s(monkeypatch):
    """Records made when a check looked at the first rows only are nobody's."""
    of_drawn, of_finite = identity(), identity(task={"name": "pixel-digits"})
    monkeypatch.setattr(alignrnn.configuration, "ALGORITHM_OF_FINITE_DATA", 2)
    assert identity() == of_drawn
    assert identity(task={"name": "pixel-digits"}) != of_finite


def test_a_file_s_content_changes_it(arrays):
    before = identity(task={"name": str(arrays)})
    assert identity(task={"name": str(arrays)}) == before
    assert identity(task={"name": str(arrays), "held_out": 0.2}) == before
    assert identity(task={"name": str(arrays), "tolerance": 0}) == identity(
        task={"name": str(arrays), "tolerance": 0.0}
    )
    rewrite(arrays)
    assert identity(task={"name": str(arrays)}) != before


def test_where_a_file_is_does_not_change_it_nor_where_one_starts(arrays, monkeypatch, tmp_path):
    monkeypatch.chdir(arrays.parent)
    here = configuration(changed(task={"name": "my.npz"}))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert configuration(here.as_dict()) == here
    assert identity(task={"name": "my.npz", "folder": ".."}) == here.identity
    arrays.rename("my.npz")
    assert identity(task={"name": "my.npz"}) == here.identity


def test_it_is_the_same_in_another_process():
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
