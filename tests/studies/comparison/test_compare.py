"""Cosines and ratios with BPTT's gradient, against numbers made by hand in float64."""

import csv
import itertools
import math
import re
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn as ar
from alignrnn.reports import OverSteps, OverTraining, steps_figure, training_figure
from alignrnn.studies.comparison import entrant_of, pictures, usual_entrants
from alignrnn.studies.comparison.agreement import agreement, measured
from alignrnn.studies.comparison.pictures import _in_words

from ...rules.cases import random_case
from ...thinned import thinned

TASK = ar.TemporalOrder(length=10)
SMALL = {"cell": ar.Elman(6), "batches": 2, "batch_size": 5}


def by_hand(own, exact):
    own, exact = (np.concatenate([np.ravel(leaf) for leaf in leaves]) for leaves in (own, exact))
    norms = np.linalg.norm(own), np.linalg.norm(exact)
    return own @ exact / (norms[0] * norms[1]), norms[0] / norms[1]


@pytest.mark.usefixtures("float64")
def test_cosine_and_ratio_are_those_of_all_arrays_together():
    rng = np.random.default_rng(0)
    own = [jnp.asarray(rng.normal(size=size)) for size in ((3, 4), 5)]
    exact = [jnp.asarray(rng.normal(size=size)) for size in ((3, 4), 5)]
    np.testing.assert_allclose(agreement(own, exact), by_hand(own, exact), rtol=1e-12)


def test_a_gradient_too_small_to_square_has_an_angle_too():
    own = [jnp.array([3e-30, 4e-30], jnp.float32)]
    exact = [jnp.array([3e-25, 0.0], jnp.float32)]
    np.testing.assert_allclose(agreement(own, exact), (0.6, 5e-30 / 3e-25), rtol=1e-6)


@pytest.mark.parametrize(("own", "exact", "ratio"), [(0.0, 1.0, 0.0), (1.0, 0.0, math.nan)])
def test_a_gradient_of_zero_has_no_angle(own, exact, ratio):
    cosine, found = agreement([jnp.full(3, own)], [jnp.full(3, exact)])
    assert math.isnan(cosine)
    np.testing.assert_equal(float(found), ratio)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("name", "every_step"),
    thinned(itertools.product(["lra-diff,target-step=unit", "tptt", "bptt"], [True, False]), 2),
)
def test_what_the_steps_add_is_the_whole_gradient(name, every_step):
    case, rule = random_case(3, cell="elman", every_step=every_step, padded=True), entrant_of(name)
    key = jax.random.key(0)
    state = rule.init(case.network, key=key)
    (steps,) = rule.gradients_by_step(case.network, state, case.batch, key=key)
    update, _ = rule.update(case.network, state, case.batch, key=key)
    (whole,) = update.gradients.layers
    for parameter, each in steps.parameters.items():
        np.testing.assert_allclose(each.sum(0), whole.parameters[parameter], rtol=1e-9, atol=1e-13)


@pytest.mark.usefixtures("float64")
def test_of_every_step_and_parameter_it_is_what_the_gradients_say():
    case, key = random_case(1), jax.random.key(0)
    rule = ar.LRADiff(target_step="unit")
    found = measured(rule, case.network, (), case.batch, key)
    own, exact = (
        each.gradients_by_step(case.network, (), case.batch, key=key)[0].parameters
        for each in (rule, ar.BPTT())
    )
    assert found.steps is not None
    for step in range(case.batch.inputs.shape[0]):
        hand = by_hand([own["w_xh"][step]], [exact["w_xh"][step]])
        at = jax.tree.map(lambda leaf, step=step: leaf[step], found.steps["w_xh"])
        np.testing.assert_allclose(at, hand, rtol=1e-9)
        names = sorted(own)
        hand = by_hand([own[n][step] for n in names], [exact[n][step] for n in names])
        at = jax.tree.map(lambda leaf, step=step: leaf[step], found.steps["layers"])
        np.testing.assert_allclose(at, hand, rtol=1e-9)
    # z_0 is 0: the first step adds nothing to W_hh, whatever the rule.
    assert np.isnan(found.steps["w_hh"].cosine[0])
    own, exact = (
        each.update(case.network, (), case.batch, key=key)[0].gradients.layers[0].parameters
        for each in (rule, ar.BPTT())
    )
    names = sorted(own)
    hand = by_hand([own[n] for n in names], [exact[n] for n in names])
    np.testing.assert_allclose(found.parameters["layers"], hand, rtol=1e-9)


def test_bptt_and_rtrl_lie_on_bptt_and_a_readout_alone_nowhere():
    found = ar.compare(TASK, ["bptt", "rtrl", "readout"], **SMALL)
    for rule in ("bptt", "rtrl"):
        for row in found.at(rule, 0).values():
            np.testing.assert_allclose((row.cosine, row.ratio), 1, atol=1e-4)
    alone = found.at("readout", 0)
    assert math.isnan(alone["layers"].cosine)
    assert alone["layers"].ratio == 0
    np.testing.assert_allclose((alone["w_hy"].cosine, alone["w_hy"].ratio), 1, atol=1e-5)
    assert {row.rule for row in found.steps} == {"bptt"}  # rtrl goes forward, a readout not at all
    assert {row.step for row in found.steps} == set(range(1, 11))


def test_a_shared_training_leads_all_rules_past_the_same_networks():
    """The feedback weights stay: so two rules of one kind are one, at every check."""
    rules = {"first": "lra-e", "second": ar.LRAE(), "third": "lra-diff"}
    found = ar.compare(TASK, rules, trained_by="bptt", iterations=40, check_every=20, **SMALL)
    assert [row.iteration for row in found.progress if row.rule == "first"] == [0, 20, 40]
    assert {row.trained_by for row in found.progress} == {"bptt"}
    for iteration in (0, 20, 40):
        first, second = (found.at(rule, iteration)["layers"] for rule in ("first", "second"))
        np.testing.assert_allclose(first[3:], second[3:], rtol=1e-5, atol=1e-6)
    losses = {row.loss for row in found.progress if row.iteration == 40}
    assert len(losses) == 1


def test_the_way_of_a_training_is_that_of_train():
    """The networks that are looked at are those that the same run trains."""
    found = ar.compare(
        TASK, ["bptt"], iterations=20, check_every=20, optimizer=ar.Optimizer("sgd", 0.3), **SMALL
    )
    protocol = ar.Protocol(batch_size=5, check_every=20, validation_samples=50,
                           stopping=ar.Stopping(max_iterations=20))  # fmt: skip
    trained = ar.train(
        TASK, "bptt", optimizer=ar.Optimizer("sgd", 0.3), cell=ar.Elman(6), protocol=protocol
    )
    np.testing.assert_allclose(found.progress[-1].loss, trained.history.loss[-1], rtol=1e-5)


@pytest.mark.slow
def test_each_on_its_own_way_ends_apart():
    found = ar.compare(TASK, ["bptt", "lra-diff"], iterations=20, check_every=20, **SMALL)
    assert {row.trained_by for row in found.progress} == {"itself"}
    bptt, local = (row.loss for row in found.progress if row.iteration == 20)
    assert bptt != local


def test_a_training_that_diverges_ends_with_what_was_found():
    found = ar.compare(
        TASK, ["bptt"], iterations=60, check_every=20, optimizer=ar.Optimizer("sgd", 1e38), **SMALL
    )
    assert found.checks("bptt")[0] == 0
    assert 60 not in found.checks("bptt")


def test_it_can_be_ended_from_outside():
    told = []
    found = ar.compare(
        TASK, ["bptt"], iterations=60, check_every=20, **SMALL,
        on_progress=lambda now: told.append(now) or len(told) == 2,
    )  # fmt: skip
    assert found.checks("bptt") == (0, 20)


def test_from_a_trained_network_it_begins_there():
    protocol = ar.Protocol(check_every=30, stopping=ar.Stopping(max_iterations=30))
    network = ar.train(TASK, "bptt", cell=ar.Elman(6), protocol=protocol).network
    options = {**SMALL, "cell": None}
    fresh = ar.compare(TASK, ["lra-diff"], **SMALL).at("lra-diff", 0)["layers"]
    trained = ar.compare(TASK, ["lra-diff"], start=network, **options).at("lra-diff", 0)["layers"]
    assert fresh != trained


@pytest.mark.slow
def test_layers_of_a_stack_are_told_apart():
    options = {**SMALL, "cell": ar.Stack(ar.Elman(5), ar.Elman(4))}
    found = ar.compare(TASK, ["lra-diff,target-step=unit"], **options)
    names = {row.parameter for row in found.steps}
    assert {"0.layers", "1.layers", "0.w_hh", "1.w_xh"} <= names
    assert [name for name, _ in pictures(found)] == ["steps.png"]


def test_usual_entrants_are_those_that_take_the_cell():
    elman, gru = usual_entrants(ar.Elman(4)), usual_entrants(ar.GRU(4))
    assert {"lra-diff", "lra-diff,target-step=unit", "tptt", "lra-e", "uoro"} <= set(elman)
    assert not {"bptt", "rtrl"} & set(elman)
    assert "lra-diff" in gru
    assert "feedback-alignment" not in gru


def test_the_tables_are_written_as_they_were_found(tmp_path):
    found = ar.compare(TASK, ["lra-diff", "e-prop"], iterations=20, check_every=20, **SMALL)
    found.write(tmp_path)
    with open(tmp_path / "parameters.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.parameters)
    for row, known in zip(rows, found.parameters, strict=True):
        assert row["rule"] == known.rule
        assert row["cosine"] == ("" if math.isnan(known.cosine) else f"{known.cosine:.6g}")
    with open(tmp_path / "steps.csv") as file:
        assert {row["rule"] for row in csv.DictReader(file)} == {"lra-diff"}
    assert (tmp_path / "progress.csv").is_file()
    lines = found.lines()
    assert lines[0].startswith("at the start")
    assert sum(line.startswith("e-prop") for line in lines) == 2
    assert [name for name, _ in pictures(found)] == ["steps.png", "training.png"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"rules": ["lra-dif"]}, "rule"),
        ({"rules": ["lra-diff,target"]}, "rules"),
        ({"rules": ["lra-diff,leak=1"]}, "leak"),
        ({"rules": ["lra-diff,target-step=-1"]}, "target_step"),
        ({"rules": ["tptt", "tptt"]}, "rules"),
        ({"rules": [3]}, "rules"),
        ({"rules": ["feedback-alignment"], "cell": "gru"}, "cell"),
        ({"rules": ["tptt"], "batches": 0}, "batches"),
        ({"rules": ["tptt"], "iterations": -1}, "iterations"),
    ],
)
@pytest.mark.usefixtures("without_type_checker")
def test_what_cannot_be_compared_is_refused(arguments, field):
    with pytest.raises(ar.ConfigurationError) as caught:
        ar.compare(TASK, **arguments)
    assert caught.value.field == field


def test_values_of_options_are_read_as_what_they_are():
    rule = entrant_of("lra-diff,target-step=0.5,align=pre_activations")
    assert (rule.target_step, rule.align) == (0.5, "pre_activations")
    assert entrant_of("lra-diff,target-step=unit").target_step == "unit"


def test_the_pictures_show_every_rule_and_step():
    over = OverSteps([0.5, math.nan, -1.0], [1.0, math.nan, 1e-9])
    figure = steps_figure({"at the start": {"a": over, "b": over}})
    left, right = figure.axes[:2]
    assert [text.get_text() for text in left.get_yticklabels()] == ["a", "b"]
    shown = left.collections[0].get_array()
    assert shown.shape == (2, 3)
    assert shown.mask[0].tolist() == [False, True, False]
    assert right.collections[0].get_array().min() == 1e-3  # less is shown as that
    curves = {
        "a": OverTraining([0, 10], [0.2, 0.4], [1.0, 2.0]),
        "none": OverTraining([0, 10], [math.nan, math.nan], [0.0, 0.0]),
    }
    figure = training_figure(curves)
    cosines, norms = figure.axes
    assert list(norms.lines[0].get_ydata()) == [1.0, 2.0]
    assert list(cosines.lines[0].get_ydata()) == [0.2, 0.4]
    assert [text.get_text() for text in cosines.texts if text.get_text()] == ["a"]


def test_pictures_call_a_rule_by_words():
    assert _in_words("lra-diff,target-step=unit") == "lra-diff, unit step"
    assert _in_words("tptt,target_step=10,clip=1") == "tptt, target step 10, clip 1"
    assert _in_words("a,x=true,y=false") == "a, x, no y"
    assert _in_words("bptt") == "bptt"


def test_a_rule_of_ones_own_is_compared_too():
    class Halved(ar.BPTT):
        def update(self, network, state, batch, *, key, diagnostics=False):
            update, state = super().update(network, state, batch, key=key)
            halved = jax.tree.map(lambda leaf: leaf / 2, update.gradients)
            return eqx.tree_at(lambda update: update.gradients, update, halved), state

    row = ar.compare(TASK, {"half": Halved()}, **SMALL).at("half", 0)["layers"]
    np.testing.assert_allclose((row.cosine, row.ratio), (1, 0.5), rtol=1e-5)


def test_what_carries_a_signal_back_is_laid_beside_the_transpose():
    rules = {
        "at the transpose": ar.LRAFdbk(0.3, feedback_initializer="transpose", gain=0.5),
        "drawn": ar.FeedbackAlignment(),
        "an inverse": ar.TPTT(inverse_initializer="transpose", inverse_step=0.0),
        "none": ar.LRADiff(),
    }
    found = ar.compare(TASK, rules, **SMALL, iterations=2, check_every=2, trained_by="bptt")
    at = {(row.rule, row.iteration): row for row in found.progress}
    for name, ratio in (("at the transpose", 0.5), ("an inverse", 1.0)):
        start, after = at[name, 0], at[name, 2]
        np.testing.assert_allclose(start[-2:], (1.0, ratio), rtol=1e-5)
        assert 0.9 < after.feedback_cosine < 1 - 1e-9  # W_hh has moved
    assert abs(at["drawn", 0].feedback_cosine) < 0.7
    assert math.isnan(at["none", 0].feedback_cosine)
    assert "feedback" in str(found).splitlines()[0]


GUIDE = (Path(__file__).parents[3] / "docs" / "guide.md").read_text()


@pytest.mark.slow
def test_the_three_lines_of_the_guide_do_it(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    (code,) = (each for each in blocks if "ar.compare" in each)
    assert len([line for line in code.splitlines() if line]) == 3
    exec(code, {})
    assert "tptt" in capsys.readouterr().out
