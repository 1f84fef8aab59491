"""What a configuration builds: the task, rule, network, optimiser and protocol it names."""

import json

import equinox as eqx
import numpy as np
import pytest

import alignrnn.configuration
from alignrnn import (
    BPTT,
    GRU,
    LSTM,
    TPTT,
    ArrayTask,
    ConfigurationError,
    Elman,
    LRADiff,
    Optimizer,
    Protocol,
    Run,
    Stack,
    Stopping,
    TemporalOrder,
)
from alignrnn.configuration import configuration

from .cases import MINIMAL, changed, rewrite


def test_what_it_builds_is_what_one_makes_by_hand():
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
            "cell": {"hidden_size": 9, "activation": "relu"},
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
        Elman(9, activation="relu"),
        5,
    )
    assert run.rule == rule
    assert (run.optimizer, run.cell, run.seed) == (
        by_hand.optimizer,
        by_hand.cell,
        by_hand.seed,
    )
    assert run.structure == by_hand.structure
    assert made.build_protocol() == Protocol(
        batch_size=7, check_every=13, stopping=Stopping(patience=4), diagnostics=True
    )


def test_it_takes_what_goes_beyond_the_paper():
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
    assert run.rule == rule
    assert run.optimizer.decay == "exponential"
    assert run.optimizer.decay_iterations == 1000
    assert configuration(json.loads(json.dumps(made.as_dict()))).identity == made.identity


@pytest.mark.parametrize(
    ("name", "rule"), [("lra-diff", LRADiff()), ("bptt", BPTT()), ("tptt", TPTT())]
)
def test_its_defaults_are_those_of_what_it_builds(name, rule):
    made = configuration(changed(rule={"name": name}))
    assert made.build_run().rule == rule
    assert made.build_run().cell == Elman()
    assert made.build_protocol() == Protocol()
    assert eqx.tree_equal(made.build_task(), TemporalOrder(20))


@pytest.mark.parametrize(
    ("section", "cell"),
    [
        ({"name": "gru", "layers": 2, "hidden_size": 8}, GRU(8, layers=2)),
        ({"name": "lstm", "forget_bias": 2}, LSTM(forget_bias=2.0)),
        (
            {"name": "stack", "cells": [{"name": "gru", "hidden_size": 8}, {"name": "elman"}]},
            Stack(GRU(8), Elman()),
        ),
    ],
)
def test_a_cell_is_the_one_made_by_hand(section, cell):
    made = configuration(changed(cell=section))
    assert made.build_run().cell == cell
    assert configuration(json.loads(json.dumps(made.as_dict()))) == made


def test_0_means_never():
    made = configuration(changed(protocol={"patience": 0, "solved_below": 0}))
    assert made.build_protocol().stopping == Stopping(solved_below=None, patience=None)


def test_a_file_s_task_is_that_of_its_arrays(arrays):
    made = configuration(changed(task={"name": str(arrays), "held_out": 0.4}))
    with np.load(arrays) as file:
        by_hand = ArrayTask(file["inputs"], file["targets"], held_out=0.4, name="my")
    assert eqx.tree_equal(made.build_task(), by_hand)


def test_a_file_is_found_from_wherever_one_is_then(arrays, monkeypatch, tmp_path):
    """On a worker of a cluster too."""
    monkeypatch.chdir(arrays.parent)
    made = configuration(changed(task={"name": "my.npz"}))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert made.task["name"] == "my.npz"
    assert made.build_task().name == "my"
    arrays.unlink()
    with pytest.raises(ConfigurationError, match=f"task: got '{arrays}', but it cannot be read"):
        made.build_task()


def test_a_file_that_has_changed_is_refused(arrays):
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


def test_a_file_is_read_once_for_many_runs(arrays, monkeypatch):
    reads = []
    original = alignrnn.configuration.task_of

    def counted(*arguments, **options):
        reads.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(alignrnn.configuration, "task_of", counted)
    for seed in range(5):
        configuration({**changed(task={"name": str(arrays)}), "seed": seed})
    assert len(reads) == 1


def test_runs_of_one_group_differ_only_in_numbers_and_seed():
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
        {"cell": {"hidden_size": 50}},
        {"protocol": {"check_every": 50}},
    ):
        assert configuration(changed(**other)).group != base.group, other
