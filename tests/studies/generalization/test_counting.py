"""Errors at any length: counted by a slow network over the same samples, and in memory that does
not grow with the length."""

import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn.studies.generalization.counting as module
from alignrnn import (
    GRU,
    RNN,
    Adding,
    ArrayTask,
    ConfigurationError,
    Copy,
    Elman,
    TemporalOrder,
    generalize,
)
from alignrnn.losses import answer_losses
from alignrnn.registry import TASKS
from alignrnn.studies.generalization import AtLength, errors_at

QUICK = ("temporal-order", "adding", "copy")
"""One of symbols, one of features, one of answers at every step."""
BY_KIND = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in TASKS.names
]


def network_of(task, cell=None, seed=0) -> RNN:
    return RNN(
        cell or Elman(7),
        task.input_size,
        task.output_size,
        output_kind=task.output_kind,
        every_step=task.every_step,
        key=jax.random.key(seed),
    )


def slow_wrong(network: RNN, batch, kind: str, tolerance) -> np.ndarray:
    """`(S, B)`: an Elman network step by step, in double precision."""
    p = {name: np.asarray(leaf, np.float64) for name, leaf in network.parameters.items()}
    inputs, targets = np.asarray(batch.inputs), np.asarray(batch.targets)
    samples = inputs.shape[1]
    z, said = np.zeros((samples, p["w_hh"].shape[0])), []
    for x in inputs:
        drive = p["w_xh"][x] if x.ndim == 1 else x @ p["w_xh"]
        z = np.tanh(z @ p["w_hh"] + drive + p["b_h"])
        said.append(z @ p["w_hy"] + p["b_y"])
    outputs = np.array(said[-len(targets) :])
    if kind == "classes":
        return outputs.argmax(axis=-1) != targets
    return np.square(outputs - targets).sum(axis=-1) > tolerance


@pytest.mark.parametrize("name", BY_KIND)
@pytest.mark.parametrize("samples", [23, pytest.param(40, marks=pytest.mark.slow)])
def test_the_count_is_that_of_a_slow_network(name, samples, monkeypatch):
    length = 25
    monkeypatch.setattr(module, "_STEPS_AT_ONCE", 10 * length)  # slices of at most 10
    task = TASKS.of(name)(**({"symbols": 5, "length": 15} if name == "copy" else {}))
    network = network_of(task)
    found = errors_at(network, task, length, samples)
    own = module.of_length(task, length)
    slices = -(-samples // 10)
    size = -(-samples // slices)
    wrong = answers = 0.0
    for index in range(slices):
        batch = own.sample(jax.random.fold_in(jax.random.key(module._SEED), index), size)
        each = slow_wrong(network, batch, task.output_kind, task.tolerance)
        weights = np.ones(each.shape) if batch.weights is None else np.asarray(batch.weights)
        count = min(size, samples - index * size)
        wrong += (each * weights)[:, :count].sum()
        answers += weights[:, :count].sum()
    assert found == AtLength(length, wrong, answers)
    assert answers == samples * (5 if name == "copy" else 1)
    assert 0 < found.error <= 1


def test_slices_do_not_share_samples_nor_are_they_of_training():
    task = TemporalOrder()
    keys = [jax.random.fold_in(jax.random.key(module._SEED), index) for index in range(2)]
    first, second = (task.sample(key, 50).inputs for key in keys)
    assert np.any(np.asarray(first) != np.asarray(second))
    assert np.any(np.asarray(first) != np.asarray(task.validation(50).inputs))


@pytest.mark.usefixtures("float64")
def test_bits_and_values_without_a_tolerance_are_measured_by_their_loss():
    class Free(Adding):
        tolerance = None  # pyright: ignore[reportAssignmentType]

    task = Free()
    network = network_of(task)
    found = errors_at(network, task, 12, 30)
    batch = module.of_length(task, 12).sample(
        jax.random.fold_in(jax.random.key(module._SEED), 0), 30
    )
    losses = answer_losses(network.outputs(batch.inputs), batch.targets, "values")
    np.testing.assert_allclose(found.wrong, jnp.sum(losses), rtol=1e-12)
    table = generalize(network, task, [12], 30)
    assert "mean loss" in str(table)


def test_networks_are_side_by_side_and_see_the_same_samples(tmp_path):
    task = TemporalOrder(lengths="10..20", run_in=True)
    nets = {"a": network_of(task), "b": network_of(task, GRU(5), seed=1), "c": network_of(task)}
    told = []

    def on_found(name, at):
        told.append((name, at.length))
        return False

    found = generalize(nets, task, [30, 10, 30], 40, trained_on="10..20", on_found=on_found)
    assert found.lengths == (10, 30)
    assert sorted(told) == sorted((name, length) for name in nets for length in (10, 30))
    assert found.found["a"] == found.found["c"]
    assert found.found["a"] != found.found["b"]
    head, columns, *rows = found.lines()
    assert "trained on T = 10..20" in head
    assert columns.split() == ["T", "10", "30"]
    assert [row.split()[0] for row in rows] == ["a", "b", "c"]
    found.write(tmp_path / "found.csv")
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines[0] == "network,length,samples,answers,wrong,error"
    at = found.found["a"][0]
    assert lines[1] == f"a,10,40,40,{at.wrong:g},{at.error:.6g}"
    assert len(lines) == 7


def test_enough_wrong_answers_end_a_length():
    task = TemporalOrder()
    network = network_of(task)  # untrained: about three in four are wrong
    whole = errors_at(network, task, 12, 3500)
    part = errors_at(network, task, 12, 3500, enough=500)
    assert whole.answers == 3500
    assert part.answers == 875  # a slice of four
    assert part.wrong >= 500
    assert errors_at(network, task, 12, 3500, enough=3500) == whole
    assert f"{part.error:.0%}" in str(generalize(network, task, [12], 3500, enough=500))


def test_it_ends_where_it_is_told_to():
    task = TemporalOrder()
    found = generalize(network_of(task), task, range(10, 40), 5, on_found=lambda *_: True)
    assert 1 <= len(found.found["network"]) < 30


MISTAKES = {
    "no lengths": ({"lengths": []}, "lengths: got [], but there must be one at least"),
    "a length without room": (
        {"lengths": [100, 5]},
        "lengths: got 5, but it must be an integer of at least 10",
    ),
    "no samples": ({"samples": 0}, "samples: got 0, but it must be an integer of at least 1"),
    "not enough": ({"enough": 0}, "enough: got 0, but it must be an integer of at least 1"),
    "no networks": ({"networks": {}}, "networks: got [], but there must be one at least"),
    "another task": ({"task": Copy(symbols=2)}, "a network with input size 6"),
    "finite data": (
        {"task": ArrayTask(np.arange(400).reshape(80, 5) % 6, np.arange(80) % 4, notices=False)},
        "its sequences must be of any length",
    ),
    "no network": ({"networks": {"a": 1}}, "network: got 1, but it must be a network"),
}


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake):
    options, said = MISTAKES[mistake]
    task = TemporalOrder()
    given = {"networks": network_of(task), "task": task, "lengths": [10]} | options
    with pytest.raises(ConfigurationError) as caught:
        generalize(**given)
    assert said in str(caught.value)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length():
    """Beside a process that measures a tenth of the length: 16 MiB are less than the inputs alone
    of all samples at once."""

    def peak(length: int) -> float:
        program = f"""
            import resource
            import alignrnn, jax
            task = alignrnn.TemporalOrder()
            network = alignrnn.RNN(alignrnn.Elman(4), 6, 4, key=jax.random.key(0))
            alignrnn.generalize(network, task, [{length}], 1000, devices=jax.devices()[:1])
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        return int(done.stdout) / 1024

    assert peak(100_000) < peak(10_000) + 16
