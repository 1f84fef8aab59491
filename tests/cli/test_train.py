"""`alignrnn train`, from the options to the directory, and back by `alignrnn.load`."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn
from alignrnn.cli import main, parse_command
from alignrnn.results import read_store

QUICK = [
    *("--hidden-size", "8", "--max-iterations", "40"),
    *("--check-every", "20", "--validation-samples", "200"),
]


def records(path):
    """Of a directory, by seed."""
    return sorted(read_store(path), key=lambda record: record.seed)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small training with everything written."""
    out = tmp_path_factory.mktemp("train") / "out"
    arguments = (
        "train temporal-order --length 10 --rule lra-diff --target-step 2 --inner-steps 2 "
        "--regularization 0.1 --regularize weights targets --momentum 0.5 --nesterov "
        f"--seeds 2 --seed 4 --out {out}"
    )
    status = main([*arguments.split(), *QUICK])
    return status, out


def test_it_writes_a_directory_with_everything(trained):
    status, out = trained
    assert status == 0
    assert {path.name for path in out.iterdir()} == {
        *("records", "networks", "checkpoints", "runs.csv", "store.json", "lock"),
        *("learning_curves.png", "local_losses.png"),
    }
    first, second = records(out)
    assert {path.name for path in (out / "networks").iterdir()} == {
        f"{record.identity}.npz" for record in (first, second)
    }
    assert first.configuration["task"] == {"name": "temporal-order", "length": 10}
    rule = second.configuration["rule"]
    assert rule["name"] == "lra-diff"
    assert rule["target_step"] == 2
    assert rule["inner_steps"] == 2
    assert rule["regularize"] == ["targets", "weights"]
    assert (first.seed, second.seed) == (4, 5)
    sgd = first.configuration["optimizer"]
    assert (sgd["name"], sgd["learning_rate"]) == ("sgd", 0.1)
    assert (sgd["momentum"], sgd["nesterov"]) == (0.5, True)
    assert first.configuration["protocol"]["max_iterations"] == 40
    assert first.software["jax"]


def test_its_histories_are_complete(trained):
    _, out = trained
    for record in records(out):
        assert record.history["iteration"] == [20, 40]
        assert np.shape(record.diagnostics["local_loss"]) == (2, 10)


def test_the_network_comes_back_ready_to_predict(trained):
    _, out = trained
    with (out / "runs.csv").open() as file:
        runs = list(csv.DictReader(file))
    best = min(runs, key=lambda run: float(run["error"]))
    task = alignrnn.TemporalOrder(10)
    batch = task.validation(200)
    symbols = np.asarray(batch.inputs).T
    for path in (out, out / "networks" / f"{best['id']}.npz"):
        network = alignrnn.load(path)
        wrong = np.mean(np.asarray(network.predict(symbols)) != np.asarray(batch.targets))
        assert wrong == pytest.approx(float(best["error"]))


def test_pictures_are_pictures(trained):
    _, out = trained
    for name in ("learning_curves.png", "local_losses.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")


def test_one_s_own_arrays_from_a_file(tmp_path, capsys):
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 90)
    inputs = np.concatenate([np.eye(3)[labels][:, None], draw.normal(size=(90, 4, 3))], axis=1)
    np.savez(tmp_path / "my.npz", inputs=inputs, targets=labels)
    out = tmp_path / "out"
    assert main(["train", str(tmp_path / "my.npz"), "--held-out", "0.3", "--rule", "bptt",
                 "--no-diagnostics", "--out", str(out), *QUICK]) == 0  # fmt: skip
    assert "my T=5" in capsys.readouterr().out
    assert not (out / "local_losses.png").exists()
    (record,) = records(out)
    assert record.configuration["task"]["held_out"] == 0.3
    assert record.best_error * 27 == pytest.approx(round(record.best_error * 27))
    assert alignrnn.load(out).predict(inputs).shape == (90,)


@pytest.mark.slow
def test_nothing_is_shown_but_the_result_where_the_output_is_no_terminal(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "alignrnn", "train", "temporal-order", "--length", "10", "--out",
         str(tmp_path / "out"), "--no-diagnostics", *QUICK],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "temporal-order T=10" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_with_what_was_reached(tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "alignrnn", "train", "random-permutation", "--seeds", "2",
         "--patience", "0", "--out", str(out), "--hidden-size", "8", "--no-diagnostics"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "stopped" in output
    assert "the same command goes on from here" in output
    assert [record.status for record in records(out)] == ["stopped", "stopped"]
    assert all(record.iterations > 0 for record in records(out))
    assert jnp.all(jnp.isfinite(alignrnn.load(out).parameters["w_hh"]))


def test_the_help_explains_every_option_with_its_symbol_and_default(capsys):
    with pytest.raises(SystemExit) as end:
        main(["train", "--help"])
    assert not end.value.code
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for words in (
        "--target-step FLOAT|unit β: step of the targets, or unit, the step that passes a "
        "displacement on at a gain of one. (default: 10.0)",
        "R: of the local loss, the mean over all B·H entries, or the sum over units and the mean "
        "over samples. (default: mean)",
        "(default: the target step; 1 where that is unit)",
        "--omega-norm {batch,sample} Ω's norms: over the whole batch, or per sample. "
        "(default: batch)",
        "--activation {tanh,sigmoid,relu,leaky_relu,softplus,identity} φ:",
        "--inner-steps INT K: inner steps",
        "--local-loss {mse,log_penalty} ℓ:",
        "c₁: bound",
        "c₂: bound",
        "α: strength of Ω",
        "T: time steps. A data set has its own. (default: the task's)",
        "(default: 100000)",
    ):
        assert words in text, words
    assert "--inverse-step" not in text


TPTT = (
    "train temporal-order --length 10 --rule tptt --target-step 0.2 --inverse-step 0.01 "
    "--clip 0.5 --noise 0.1 --reduction mean --inverse-reduction mean --inverse-momentum 0.9 "
    "--inverse-nesterov False --inverse-initializer gaussian --input-gradient bptt"
)


def test_target_propagation_gets_its_options():
    (made,) = parse_command(TPTT.split()).configurations()
    assert made.build_run().rule == (
        alignrnn.TPTT(
            0.2,
            inverse_step=0.01,
            clip=0.5,
            noise=0.1,
            reduction="mean",
            inverse_reduction="mean",
            inverse_momentum=0.9,
            inverse_nesterov=False,
            inverse_initializer="gaussian",
            input_gradient="bptt",
        )
    )


@pytest.mark.slow
def test_target_propagation_trains_and_draws(tmp_path):
    out = tmp_path / "out"
    assert main([*TPTT.split(), "--out", str(out), *QUICK]) == 0
    (record,) = records(out)
    assert record.configuration["rule"]["name"] == "tptt"
    assert (out / "local_losses.png").is_file()


def test_a_directory_of_one_s_own_choice_is_numbered_where_it_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("runs/temporal-order-T10-lra-diff").mkdir(parents=True)
    arguments = ["train", "temporal-order", "--length", "10", "--no-diagnostics"]
    assert main([*arguments, *QUICK]) == 0
    assert Path("runs/temporal-order-T10-lra-diff-2/runs.csv").is_file()
