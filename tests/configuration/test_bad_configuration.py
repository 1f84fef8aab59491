"""What a configuration refuses: one line that names section, field and value."""

import datetime
from pathlib import Path

import numpy as np
import pytest

from alignrnn import (
    ConfigurationError,
)
from alignrnn.configuration import configuration

from ..wording import ANY_RULE, only_rules
from .cases import MINIMAL, changed

A_LIST = "it must be one value, not a list"
PLAIN = "it must be a text, a number, true or false, or a list of those"
ABOVE_0 = "it must be a finite number above 0"
MOMENTUM = "it must be a finite number of at least 0 and below 1"

MISTAKES = {
    "a misspelt section": (
        {"optimiser": {}},
        "section: got 'optimiser', but it must be one of: "
        "cell, optimizer, protocol, rule, seed, start, task",
    ),
    "a section that is no table": (
        {"task": "adding"},
        "task: got 'adding', but it must be a table, [task]",
    ),
    "no task": ({"task": {"name": None}}, "task: got None, but it must be one of: "),
    "a task that is no name": ({"task": {"name": 3}}, "task: got 3, but it must be one of: "),
    "an unknown task": (
        {"task": {"name": "temporal"}},
        "task: got 'temporal', but it must be one of: adding, copy, delayed-match, "
        "random-permutation, temporal-order, temporal-order-3bit, ",
    ),
    "a misspelt option of a task": (
        {"task": {"lenght": 20}},
        "task.lenght: got 20, but the task temporal-order does not take it: "
        "length, lengths, run_in",
    ),
    "an option of another task": (
        {"task": {"symbols": 3}},
        "task.symbols: got 3, but the task temporal-order does not take it, only copy",
    ),
    "an option of a synthetic task for data": (
        {"task": {"name": "pixel-digits", "symbols": 3}},
        "task.symbols: got 3, but the data pixel-digits does not take it, only .csv, .parquet",
    ),
    "a task's option out of range": (
        {"task": {"name": "copy", "alphabet": 1}},
        "task.alphabet: got 1, but it must be an integer from 2 to 65536",
    ),
    "a length too short for the task's options": (
        {"task": {"name": "copy", "length": 20}},
        "task.length: got 20, but with symbols = 10 it must be at least 21",
    ),
    "a length that is nothing": (
        {"task": {"length": None}},
        "task.length: got None, but it must be an integer of at least 10",
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
        "task.tolerance: got 0.1, but only a data set takes it, not temporal-order",
    ),
    "a file that is not there": (
        {"task": {"name": "nowhere.npz"}},
        f"task: got '{Path.cwd() / 'nowhere.npz'}', but there is no such file",
    ),
    "a file's option of another type": (
        {"task": {"name": "nowhere.npz", "held_out": "half"}},
        "task.held_out: got 'half', but it must be a finite number above 0 and below 1",
    ),
    "a file's folder that is no text": (
        {"task": {"name": "nowhere.npz", "folder": 3}},
        "task.folder: got 3, but it must be a text",
    ),
    "an unknown rule": (
        {"rule": {"name": "hebb"}},
        f"rule: got 'hebb', but {ANY_RULE}",
    ),
    "a rule that is a list": (
        {"rule": {"name": ["bptt", "tptt"]}},
        f"rule: got ('bptt', 'tptt'), but {ANY_RULE}",
    ),
    "a misspelt option of a rule": (
        {"rule": {"name": "bptt", "clpi": 1}},
        "rule.clpi: got 1, but the rule bptt does not take it: clip, hidden_noise, omega_norm, "
        "regularization",
    ),
    "an option of another rule": (
        {"rule": {"name": "bptt", "target_step": 1}},
        f"rule.target_step: got 1, but the rule bptt does not take it, {only_rules('target_step')}",
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
        f"rule.target_step: got '10', but {ABOVE_0} or unit",
    ),
    "a switch for a number": (
        {"rule": {"target_step": True}},
        f"rule.target_step: got True, but {ABOVE_0}",
    ),
    "a number that no float holds": (
        {"rule": {"target_step": 10**400}},
        f"rule.target_step: got 1{198 * '0'}…, but {ABOVE_0}",
    ),
    "a number too long to be shown": (
        {"rule": {"target_step": 10**3000}},
        f"rule.target_step: got 1{198 * '0'}…, but {ABOVE_0}",
    ),
    "a number too long to be printed": (
        {"optimizer": {"momentum": 10**5000}},
        f"optimizer.momentum: got a number of thousands of digits, but {MOMENTUM}",
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
        "rule.regularize: got 'weights', but it must be a list, "
        "like ['weights', 'inputs', 'targets']",
    ),
    "a place that is none": (
        {"rule": {"regularize": ["biases"]}},
        "rule.regularize: got 'biases', but it must be one of: inputs, recurrent, targets, weights",
    ),
    "a table for a value": (
        {"rule": {"target_step": {"from": 1}}},
        f"rule.target_step: got {{'from': 1}}, but {PLAIN}",
    ),
    "a date": (
        {"optimizer": {"learning_rate": datetime.date(2025, 1, 2)}},
        f"optimizer.learning_rate: got datetime.date(2025, 1, 2), but {PLAIN}",
    ),
    "an α that acts nowhere": (
        {"rule": {"regularization": 1, "regularize": []}},
        "rule.regularize: got nothing, but with a regularization it must name one of: "
        "weights, recurrent, inputs, targets",
    ),
    "a momentum that never fades": (
        {"optimizer": {"momentum": 1}},
        f"optimizer.momentum: got 1, but {MOMENTUM}",
    ),
    "a running mean that never fades": (
        {"optimizer": {"name": "adam", "b1": 2}},
        f"optimizer.b1: got 2, but {MOMENTUM}",
    ),
    "a momentum of the inverse that never fades": (
        {"rule": {"name": "tptt", "inverse_momentum": 1.0}},
        f"rule.inverse_momentum: got 1.0, but {MOMENTUM}",
    ),
    "an unknown optimizer": (
        {"optimizer": {"name": "gradient"}},
        "optimizer: got 'gradient', but it must be one of: adabelief, ",
    ),
    "a misspelt option of an optimizer": (
        {"optimizer": {"momentun": 0.9}},
        "optimizer: got 'momentun', but sgd takes: momentum, nesterov",
    ),
    "a text for an optimizer's number": (
        {"optimizer": {"momentum": "much"}},
        f"optimizer.momentum: got 'much', but {MOMENTUM}",
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
    "a misspelt option of the cell": (
        {"cell": {"hiden_size": 8}},
        "cell.hiden_size: got 8, but the cell elman does not take it: "
        "activation, hidden_size, initializer, input_scale, layers",
    ),
    "an option of another cell": (
        {"cell": {"name": "gru", "activation": "relu"}},
        "cell.activation: got 'relu', but the cell gru does not take it, only elman, leaky-elman",
    ),
    "an unknown cell": (
        {"cell": {"name": "gpu"}},
        "cell: got 'gpu', but it must be one of: elman, gru, leaky-elman, lstm, "
        "or a class in a file, my_cell.py:MyCell",
    ),
    "a stack of nothing": (
        {"cell": {"name": "stack"}},
        "cell.cells: got [], but there must be at least one",
    ),
    "a stack of names": (
        {"cell": {"name": "stack", "cells": ["gru"]}},
        "cell.cells: got ('gru',), but it must be a list of cells, the lowest first",
    ),
    "a stack with an option of its own": (
        {"cell": {"name": "stack", "hidden_size": 8}},
        "cell.hidden_size: got 8, but a stack takes: cells",
    ),
    "a cell that the rule does not take": (
        {"rule": {"name": "tptt"}, "cell": {"name": "gru"}},
        "cell: got gru, but its inverse is that of one layer of elman",
    ),
    "layers that the rule does not take": (
        {"rule": {"name": "tptt"}, "cell": {"layers": 2}},
        "cell: got 2 layers of elman, but its inverse is that of one layer of elman",
    ),
    "a rule's file that is not there": (
        {"rule": {"name": "nowhere.py:Rule"}},
        "rule: got 'nowhere.py:Rule', but there is no file nowhere.py",
    ),
    "an unknown decay": (
        {"optimizer": {"decay": "linear", "decay_iterations": 10}},
        "optimizer.decay: got 'linear', but it must be one of: cosine, exponential, inverse, none",
    ),
    "a decay of no length": (
        {"optimizer": {"decay": "cosine"}},
        f"optimizer.decay_iterations: got 0.0, but {ABOVE_0}",
    ),
    "a length of no decay": (
        {"optimizer": {"decay_iterations": 10.0}},
        "optimizer.decay_iterations: got 10.0, but without a decay it must be 0",
    ),
    "a mean that never moves": (
        {"optimizer": {"averaging": 1}},
        "optimizer.averaging: got 1, but it must be a finite number of at least 0 and below 1",
    ),
    "an unknown activation": (
        {"cell": {"activation": "cosine"}},
        "cell.activation: got 'cosine', but it must be one of: ",
    ),
    "no hidden units": (
        {"cell": {"hidden_size": 0}},
        "cell.hidden_size: got 0, but it must be an integer of at least 1",
    ),
    "a misspelt option of the protocol": (
        {"protocol": {"max_iteration": 8}},
        "protocol: got 'max_iteration', but it must be one of: batch_size, ",
    ),
    "negative patience": (
        {"protocol": {"patience": -1}},
        "protocol.patience: got -1, but it must be an integer of at least 0",
    ),
    "a text for diagnostics": (
        {"protocol": {"diagnostics": "yes"}},
        "protocol.diagnostics: got 'yes', but it must be true or false",
    ),
    "no iterations": (
        {"protocol": {"max_iterations": 0}},
        "protocol.max_iterations: got 0, but it must be an integer from 1 to 2147483647",
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
        "seed: got '1', but it must be an integer from 0 to 4294967295",
    ),
    "a text of two lines": (
        {"rule": {"name": "a\nb"}},
        "rule: got 'a\\nb', but " + ANY_RULE,
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
    np.savez(path, inputs=np.zeros(4), targets=np.zeros(4, int))
    with pytest.raises(ConfigurationError, match=r"task\.inputs: got float64"):
        configuration(changed(task={"name": str(path)}))
