"""What a user gives: a name where a name is enough, and one line for what is of another type."""

import re
from typing import Any

import jax
import numpy as np
import optax
import pytest

from alignrnn import (
    BPTT,
    RNN,
    TPTT,
    ArrayTask,
    ConfigurationError,
    Elman,
    LRADiff,
    Optimizer,
    Protocol,
    Run,
    Stopping,
    TemporalOrder,
    train,
    train_many,
)

from ..wording import ANY_RULE

pytestmark = pytest.mark.usefixtures("without_type_checker")

SHORT = Protocol(
    4, validation_samples=20, check_every=2, stopping=Stopping(max_iterations=2, patience=None)
)
SMALL = Elman(4)
NETWORK = RNN(Elman(4), 6, 4, key=jax.random.key(0))


def test_a_name_is_enough_for_task_rule_and_optimizer():
    options: Any = {"cell": SMALL, "protocol": SHORT}
    with jax.numpy_dtype_promotion("standard"):  # Optax itself mixes counts with floats
        named = train("temporal-order", "bptt", optimizer="adam", **options)
        made = train(TemporalOrder(20), BPTT(), optimizer=Optimizer("adam"), **options)
    assert named.run == made.run
    np.testing.assert_array_equal(named.network.parameters["w_hh"], made.network.parameters["w_hh"])


def test_a_run_takes_names_too():
    run: Any = Run("lra-diff", "adam")  # pyright: ignore[reportArgumentType]
    assert isinstance(run.rule, LRADiff)
    assert run.optimizer == Optimizer("adam")


def test_a_task_has_its_name_in_train_many_too():
    (result,) = train_many("adding", [Run(BPTT(), cell=SMALL)], SHORT)
    assert result.iterations == 2


@pytest.mark.parametrize("places", ["recurrent", ["recurrent"], {"recurrent"}, ("recurrent",) * 2])
def test_places_to_regularize_are_one_or_several(places):
    rule = LRADiff(regularization=0.1, regularize=places)
    assert rule.regularize == ("recurrent",)


A_RULE = "it must be a rule, such as LRADiff(), or the name of one"
AN_OPTIMIZER = 'it must be an Optimizer, such as Optimizer("adam", 0.001), or the name of one'
CELLS = "it must be a cell, such as GRU(64), or the name of one; training starts anew from it"
A_TASK = "it must be a task, such as TemporalOrder(length=20), or the name of one"


def of_train(**changes: Any):
    """A training that would be right but for the changes."""
    right = {"task": TemporalOrder(10), "rule": BPTT(), "cell": SMALL, "protocol": SHORT}
    return lambda: train(**right | changes)


MISTAKES = {
    "a class for a task": (
        of_train(task=TemporalOrder),
        f"task: got the class TemporalOrder, but {A_TASK}",
    ),
    "data for a task": (of_train(task=(1, 2)), f"task: got a tuple, but {A_TASK}"),
    "an unknown rule": (of_train(rule="hebb"), f"rule: got 'hebb', but {ANY_RULE}"),
    "a class for a rule": (of_train(rule=BPTT), f"rule: got the class BPTT, but {A_RULE}"),
    "nothing for a rule": (of_train(rule=None), f"rule: got None, but {A_RULE}"),
    "Optax for an optimizer": (
        of_train(optimizer=optax.adam(0.1)),
        f"optimizer: got a GradientTransformationExtraArgs, but {AN_OPTIMIZER}",
    ),
    "a number for an optimizer": (
        of_train(optimizer=0.0),
        f"optimizer: got 0.0, but {AN_OPTIMIZER}",
    ),
    "a number for a cell": (of_train(cell=64), f"cell: got 64, but {CELLS}"),
    "nothing much for a cell": (of_train(cell={}), f"cell: got a dict, but {CELLS}"),
    "a trained network": (of_train(cell=NETWORK), f"cell: got an RNN, but {CELLS}"),
    "a text for a seed": (
        of_train(seed="0"),
        "seed: got '0', but it must be an integer from 0 to 4294967295",
    ),
    "a table for a protocol": (
        of_train(protocol={}),
        "protocol: got a dict, but it must be a Protocol, such as Protocol()",
    ),
    "a table for stopping": (
        lambda: Protocol(stopping={"patience": 3}),  # pyright: ignore[reportArgumentType]
        "stopping: got a dict, but it must be a Stopping, such as Stopping()",
    ),
    "a text for a switch": (
        lambda: Protocol(diagnostics="no"),  # pyright: ignore[reportArgumentType]
        "diagnostics: got 'no', but it must be true or false",
    ),
    "a run for a list": (
        lambda: train_many("adding", Run(BPTT())),  # pyright: ignore[reportArgumentType]
        "runs: got a Run, but it must be a list of runs",
    ),
    "rules for runs": (
        lambda: train_many("adding", [BPTT()]),  # pyright: ignore[reportArgumentType]
        "runs: got a BPTT, but each must be a Run",
    ),
    "an optimizer's number without its name": (
        lambda: Optimizer("sgd", 0.1, 0.9),  # pyright: ignore[reportArgumentType]
        'options: got 0.9, but it must map Optax\'s names to values, such as {"momentum": 0.9}',
    ),
    "a place that is none": (
        lambda: LRADiff(regularize="weight"),  # pyright: ignore[reportArgumentType]
        "regularize: got 'weight', but it must be one of: inputs, recurrent, targets, weights",
    ),
    "a number for places": (
        lambda: LRADiff(regularize=1),  # pyright: ignore[reportArgumentType]
        "regularize: got 1, but it must be a list of places",
    ),
    "a text for a rule's switch": (
        lambda: TPTT(inverse_momentum=0.9, inverse_nesterov="no"),  # pyright: ignore[reportArgumentType]
        "inverse_nesterov: got 'no', but it must be true or false",
    ),
    "targets of unequal length": (
        lambda: ArrayTask([[0, 1], [1, 0]], [[0.5], [0.5, 1.0]]),
        "targets: got a list, but all its rows must be of one length",
    ),
    "a fraction for validation arrays": (
        lambda: ArrayTask([[0, 1], [1, 0]], [0, 1], validation=0.2),  # pyright: ignore[reportArgumentType]
        "validation: got 0.2, but it must be (inputs, targets); held_out is the fraction",
    ),
    "texts to predict": (
        lambda: NETWORK.predict(np.full((1, 2, 6), "a")),
        "inputs: got <U1 of shape (1, 2, 6), but it must be integers (N, T), symbols, or numbers "
        "(N, T, I), features",
    ),
    "nan to predict": (
        lambda: NETWORK.predict(np.full((1, 2, 6), np.nan)),
        "inputs: got nan, but all must be finite",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_value_of_another_type_is_one_line(mistake):
    given, message = MISTAKES[mistake]
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        given()


@pytest.mark.parametrize("value", [np.eye(3), NETWORK, {"a": np.zeros((2, 500))}])
def test_whatever_is_shown_is_shown_on_one_line(value):
    said = str(ConfigurationError("field", value, "it must be another"))
    assert "\n" not in said
    assert len(said) < 600
