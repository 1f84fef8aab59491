"""`alignrnn gradients`: of a training's directory, and of a run of a sweep."""

import dataclasses

import pytest

from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.results import open_store, read_store

from ..studies.paper.records import made_up

GRID = """
name = "tiny"
[task]
name = "temporal-order"
length = 10
[cell]
hidden_size = 5
[protocol]
max_iterations = 40
check_every = 20
validation_samples = 50
[rule]
name = "lra-diff"
[optimizer]
learning_rate = 0.1
"""


@pytest.fixture
def sweep(tmp_path):
    """The directory of a sweep of two runs, the first with diagnostics; made up, not trained."""
    with open_store(tmp_path / "out", "made up") as store:
        for seed in (0, 1):
            options = {"task": {"name": "temporal-order", "length": 10}, "rule": {"name": "bptt"}}
            record = made_up(configuration({**options, "seed": seed}))
            store.put(record if seed == 0 else dataclasses.replace(record, diagnostics={}))
    return tmp_path / "out"


def shown(capsys):
    return capsys.readouterr().out


@pytest.mark.slow
def test_of_a_training(tmp_path, capsys):
    out = tmp_path / "training"
    options = ["--length", "10", "--hidden-size", "5", "--max-iterations", "40"]
    options += ["--check-every", "20", "--validation-samples", "50"]
    assert main(["train", "temporal-order", *options, "--out", str(out)]) == 0
    shown(capsys)
    assert main(["gradients", str(out)]) == 0
    text = shown(capsys)
    assert "at iteration 40:" in text
    (record,) = read_store(out)
    assert (out / f"gradients-{record.identity}.png").is_file()
    last = record.diagnostics["local_loss"][-1]
    assert f"{last[-1]:.3g}" in text
    assert "gain per time step: " in text
    assert "the unit step of this loss, batch and width is 50)" in text
    picture = tmp_path / "one.pdf"
    assert main(["gradients", str(out), "--id", record.identity[:6], "--out", str(picture)]) == 0
    assert picture.is_file()


def test_of_a_sweep_s_run_with_diagnostics(sweep, capsys):
    record = next(record for record in read_store(sweep) if record.diagnostics)
    assert main(["gradients", str(sweep), "--id", record.identity[:8]]) == 0
    text = shown(capsys)
    assert "at iteration 300:" in text
    assert "L10" in text
    assert (sweep / f"gradients-{record.identity}.png").is_file()
    assert "gain per time step: 0.1 (geometric mean of 9 steps)" in text
    assert "the signal vanishes" in text
    assert "target step" not in text


@pytest.mark.parametrize(
    ("step", "reduction", "used", "would"),
    [(10, "mean", "10", "100"), ("unit", "mean", "1000", "1e+04"), ("unit", "batch", "10", "100")],
)
def test_of_lra_diff_the_step_that_would_carry_the_signal_is_named(
    step, reduction, used, would, tmp_path, capsys
):
    rule = {"name": "lra-diff", "target_step": step, "reduction": reduction}
    with open_store(tmp_path / "out", "made up") as store:
        task = {"name": "temporal-order", "length": 10}
        store.put(made_up(configuration({"task": task, "rule": rule})))
    assert main(["gradients", str(tmp_path / "out")]) == 0
    text = shown(capsys)
    assert f"β = {used} makes it so; at β = {would} the gain would be about 1" in text
    unit = 1000 if reduction == "mean" else 10
    assert f"the unit step of this loss, batch and width is {unit})" in text


@pytest.mark.slow
def test_of_a_sweep_s_run_without_them_the_same_training_is_made_once_more(tmp_path, capsys):
    (tmp_path / "tiny.toml").write_text(GRID)
    out = tmp_path / "out"
    assert main(["sweep", str(tmp_path / "tiny.toml"), "--out", str(out)]) == 0
    (record,) = read_store(out)
    assert not record.diagnostics
    assert main(["gradients", str(out)]) == 0
    assert f"at iteration {record.iterations}:" in shown(capsys)
    assert (out / f"gradients-{record.identity}.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--id", "zz"],
            "id: got 'zz', but it must be the beginning of one run's id, and none of ",
        ),
        (
            ["--id", ""],
            "id: got '', but it must be the beginning of one run's id, and 2 of the 2 runs ",
        ),
    ],
)
def test_which_run_must_be_clear(sweep, arguments, message, capsys):
    assert main(["gradients", str(sweep), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.endswith(f"; alignrnn runs {sweep} lists them\n")


def test_without_an_id_it_is_the_best_run(sweep, capsys):
    with open_store(sweep, "made up") as store:
        (recorded,) = (each for each in store if each.diagnostics)
        better = configuration({**recorded.configuration, "seed": 7})
        store.put(dataclasses.replace(made_up(better), best_error=recorded.best_error / 2))
    assert main(["gradients", str(sweep)]) == 0
    assert f"run {better.identity} at iteration 300:" in shown(capsys)


def test_a_directory_without_runs_is_named(tmp_path, capsys):
    assert main(["gradients", str(tmp_path)]) == 2
    assert f"directory: got '{tmp_path}', but it must be" in capsys.readouterr().err
