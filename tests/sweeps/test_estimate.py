"""How long runs may take: the arithmetic, from operations to seconds."""

import pytest

from alignrnn.configuration import Configuration
from alignrnn.sweeps import Estimate, estimate, expand
from alignrnn.sweeps.estimate import COMPILE_SECONDS, OF_MATRIX_RATE, operations


def runs(**sections):
    return expand(
        {
            "task": {"name": "temporal-order", "length": 10},
            "rule": {"name": "bptt"},
            "cell": {"hidden_size": 8},
            **sections,
        }
    )


def test_operations_are_those_of_the_products_of_an_iteration():
    (one,) = runs(protocol={"batch_size": 20, "check_every": 100})
    # Three products a time step of a sample, and a slice of 500 samples forward every 100.
    assert operations(one) == 10 * (20 * 3 + 500 / 100) * 2 * 8**2


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"task": {"name": "adding", "length": 30}}, 3),
        ({"cell": {"hidden_size": 16}}, 4),
        (
            {"rule": {"name": "lra-diff", "inner_steps": 2}},
            (20 * (2 * 10 + 3 * 9) + 50) / (20 * 3 * 10 + 50),
        ),
        ({"cell": {"hidden_size": 8, "layers": 2}}, 2),
        ({"cell": {"hidden_size": 8, "name": "gru"}}, 3),
        ({"cell": {"hidden_size": 8, "name": "lstm"}}, 4),
        ({"protocol": {"batch_size": 40}}, (40 * 3 + 5) / (20 * 3 + 5)),
    ],
)
def test_operations_grow_with_what_they_are_made_of(change, factor):
    (one,), (other,) = runs(), runs(**change)
    assert operations(other) == pytest.approx(factor * operations(one))


def test_a_run_lasts_between_its_patience_and_its_iterations():
    made = runs(protocol={"max_iterations": 10_000, "patience": 9, "check_every": 100})
    seconds = operations(made[0]) / (1e9 * OF_MATRIX_RATE)
    expected = estimate(made, matrix_gigaflops=1, devices=1)
    assert expected.at_first_chance == pytest.approx(COMPILE_SECONDS + 1_000 * seconds)
    assert expected.at_most == pytest.approx(COMPILE_SECONDS + 10_000 * seconds)
    assert estimate(made, 2, 1).at_most == pytest.approx(COMPILE_SECONDS + 5_000 * seconds)


@pytest.mark.parametrize("protocol", [{"patience": 0}, {"patience": 30, "max_iterations": 50}])
def test_without_patience_all_iterations_are_used(protocol):
    expected = estimate(runs(protocol=protocol), 1, 1)
    assert expected.at_first_chance == expected.at_most


def test_runs_add_up_and_each_group_is_compiled():
    one, three = runs(), runs(seed=[0, 1, 2])
    two_groups = runs(rule={"name": "lra-diff", "inner_steps": [1, 2]})
    alone = [estimate([each], 1, 1) for each in two_groups]
    assert estimate(two_groups, 1, 1).at_most == pytest.approx(sum(e.at_most for e in alone))
    training = estimate(one, 1, 1).at_most - COMPILE_SECONDS
    assert estimate(three, 1, 1).at_most == pytest.approx(COMPILE_SECONDS + 3 * training)
    # Devices compile side by side, but a group's portions each need it.
    assert estimate(two_groups, 1, 2).at_most == pytest.approx(
        estimate(two_groups, 1, 1).at_most - COMPILE_SECONDS
    )
    assert estimate(one, 1, 2).at_most == estimate(one, 1, 1).at_most


def test_no_runs_take_no_time():
    assert estimate([], 1, 1) == Estimate(0, 0)


def test_a_task_is_built_once_a_group(monkeypatch):
    """Of a data set, it takes half a second."""
    built = []
    original = Configuration.build_task

    def counted(self):
        built.append(self)
        return original(self)

    monkeypatch.setattr(Configuration, "build_task", counted)
    estimate(runs(seed=list(range(5))), 1, 1)
    assert len(built) == 1
