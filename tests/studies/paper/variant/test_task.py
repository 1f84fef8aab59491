"""Validation from the state after the first symbol; training as it was."""

import jax
import jax.numpy as jnp
import pytest

from alignrnn import RNN, ConfigurationError, Elman
from alignrnn.configuration import configuration
from alignrnn.registry import RULES, TASKS
from alignrnn.studies.paper.variant import FirstSymbolTwice
from alignrnn.tasks import named_task

from ....tolerances import assert_close

NAMES = ("temporal-order", "temporal-order-3bit", "random-permutation")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("float64")
def test_validation_begins_with_the_state_after_the_first_symbol(name):
    task, plain = FirstSymbolTwice(name, 10), named_task(name, {"length": 10})
    network = RNN(Elman(5), task.input_size, task.output_size, key=jax.random.key(1))
    ours, own = task.validation(7), plain.validation(7)
    p = network.parameters
    z = jnp.tanh(p["w_xh"][own.inputs[0]] + p["b_h"][None])
    for symbols in own.inputs:
        z = jnp.tanh(p["w_xh"][symbols] + z @ p["w_hh"] + p["b_h"][None])
    expected = (z @ p["w_hy"] + p["b_y"][None])[None]
    assert_close(network.outputs(ours.inputs, ours.lengths), expected, 1e-12)
    assert (ours.targets == own.targets).all()


@pytest.mark.parametrize("name", NAMES)
def test_training_is_the_task_s_own(name):
    task, plain = FirstSymbolTwice(name, 12), named_task(name, {"length": 12})
    key = jax.random.key(4)
    ours, own = task.batch(key, jnp.asarray(3), 5), plain.batch(key, jnp.asarray(3), 5)
    assert (ours.inputs == own.inputs).all()
    assert (ours.targets == own.targets).all()
    assert task.draws_validation
    for size in ("input_size", "output_size", "output_kind", "tolerance"):
        assert getattr(task, size) == getattr(plain, size)


@pytest.mark.parametrize(("of", "length"), [("adding", 20), ("temporal-order", 9)])
def test_another_task_or_too_short_a_length_is_named(of, length):
    with pytest.raises(ConfigurationError, match="must be"):
        FirstSymbolTwice(of, length)


def test_it_and_the_rule_have_names_that_no_list_shows():
    assert "first-symbol-twice" not in TASKS.names
    assert "published-lra-diff" not in RULES.names
    run = configuration(
        {
            "task": {"name": "first-symbol-twice", "of": "random-permutation", "length": 10},
            "rule": {"name": "published-lra-diff", "unrolled": True},
        }
    )
    assert run.task == {"name": "first-symbol-twice", "of": "random-permutation", "length": 10}
    assert run.rule["unrolled"] is True
    assert run.build_task().name == "random-permutation, first symbol twice"
    with pytest.raises(ConfigurationError, match="must be one of") as wrong:
        RULES.of("published")
    assert "published-lra-diff" not in str(wrong.value)
    with pytest.raises(ConfigurationError, match="true or false"):
        configuration(
            {"task": {"name": NAMES[0]}, "rule": {"name": "published-lra-diff", "unrolled": 1}}
        )
