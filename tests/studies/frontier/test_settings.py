"""What settings are called, and what tells them apart."""

import pytest

from alignrnn.configuration import configuration
from alignrnn.studies.frontier.settings import names_of, options_of, setting_id, unusual


def options(rule=None, seed=0, length=10, task="temporal-order", **sections):
    rule = {"name": "lra-diff"} | (rule or {})
    protocol = {"patience": 0} | sections.pop("protocol", {})
    data = {"task": {"name": task, "length": length}, "rule": rule, "seed": seed, **sections}
    return options_of(configuration({**data, "protocol": protocol}).as_dict())


def test_one_of_a_rule_is_called_by_the_rule():
    rules = ["lra-diff", "bptt", "tptt"]
    assert names_of([options({"name": rule}) for rule in rules]) == ["LRA-diff", "BPTT", "TPTT"]


def test_the_fewest_options_that_tell_a_rules_settings_apart_are_named_in_words():
    fast = {"learning_rate": 0.03, "decay": "exponential", "decay_iterations": 4000}
    settings = [
        options({"regularization": 4, "omega_over_steps": "mean"}, optimizer=fast),
        options({"align": "pre_activations"}, optimizer=fast),
        options({"align": "pre_activations"}, optimizer=fast | {"learning_rate": 0.01}),
        options({"name": "bptt", "clip": 1}, optimizer=fast),
    ]
    names = names_of(settings)
    assert names[3] == "BPTT"
    assert names == ["LRA-diff, states aligned, lr 0.03", *names[1:]]
    assert names[1:3] == [
        "LRA-diff, pre-activations aligned, lr 0.03",
        "LRA-diff, pre-activations aligned, lr 0.01",
    ]


def test_tptts_step_has_its_own_symbol_and_an_optimiser_its_name():
    tptt = [options({"name": "tptt", "target_step": step}) for step in (1, 10)]
    assert names_of(tptt) == ["TPTT, α_i 1", "TPTT, α_i 10"]
    adam = options(optimizer={"name": "adam", "learning_rate": 0.1})
    assert names_of([options(), adam]) == ["LRA-diff, sgd", "LRA-diff, adam"]


def test_a_regulariser_is_there_or_not_and_a_switch_on_or_off():
    bptt = [options({"name": "bptt", "regularization": alpha}) for alpha in (0, 0.3)]
    assert names_of(bptt) == ["BPTT, without Ω", "BPTT, with Ω"]
    more = [*bptt, options({"name": "bptt", "regularization": 4})]
    assert names_of(more) == ["BPTT, α 0", "BPTT, α 0.3", "BPTT, α 4"]
    plain, unit = options(), options({"target_step": "unit"})
    assert names_of([plain, unit])[1] == "LRA-diff, unit step"
    fast = {"learning_rate": 0.1, "momentum": 0.9}
    momentum = [options(optimizer={**fast, "nesterov": on}) for on in (True, False)]
    assert names_of(momentum) == ["LRA-diff, nesterov", "LRA-diff, no nesterov"]


@pytest.mark.parametrize(
    "other",
    [
        {"optimizer": {"learning_rate": 0.1000001}},
        {"cell": {"hidden_size": 99}},
        {"protocol": {"check_every": 50}},
        {"rule": {"clip": 1}},
        {"rule": {"target_step": "unit"}},
    ],
)
def test_settings_that_differ_have_other_names_and_identities(other):
    one, two = options(), options(**other)
    assert setting_id(one) != setting_id(two)
    assert len(set(names_of([one, two]))) == 2


def test_a_setting_is_the_same_on_every_task_at_every_length_with_every_seed():
    ids = {
        setting_id(options(seed=seed, length=length, task=task))
        for seed, length, task in ((0, 10, "adding"), (5, 20, "adding"), (0, 10, "temporal-order"))
    }
    assert len(ids) == 1


def test_a_record_from_before_an_option_was_there_is_of_the_same_setting():
    data = configuration(
        {"task": {"name": "adding", "length": 10}, "rule": {"name": "lra-diff", "align": "states"}}
    ).as_dict()
    old = {**data, "rule": {k: v for k, v in data["rule"].items() if k != "omega_over_steps"}}
    assert setting_id(options_of(old)) == setting_id(options_of(data))
    assert unusual(options_of(old)) == {"protocol.patience"}


def test_a_record_of_what_is_refused_today_still_has_a_setting():
    data = configuration({"task": {"name": "adding", "length": 10}, "rule": {"name": "bptt"}})
    refused = {**data.as_dict(), "rule": {"name": "bptt", "clip": -1.0}}
    assert setting_id(options_of(refused)) != setting_id(options_of(data.as_dict()))
