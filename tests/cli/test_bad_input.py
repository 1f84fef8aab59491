"""Every mistake a user can make on the command line: one line, exit status 2, nothing written."""

import numpy as np
import pytest

from alignrnn.cli import main

from ..wording import ANY_RULE, only_rules

TO = "train temporal-order "
FR = "frontier temporal-order "

MISTAKES = {
    TO + "--length 9": "length: got 9, but it must be an integer of at least 10",
    TO + "--length x": "--length: got 'x', but it must be an integer",
    TO + "--target-step x": "--target-step: got 'x', but it must be a number or unit",
    TO + "--target-step -1": "target_step: got -1.0, but it must be a finite number above 0",
    TO + "--target-step nan": "target_step: got nan, but it must be a finite number above 0",
    TO + "--output-target-step 0": (
        "output_target_step: got 0.0, but it must be a finite number above 0"
    ),
    TO + "--inner-steps 0": "inner_steps: got 0, but it must be an integer of at least 1",
    TO + "--local-loss mae": "--local-loss: got 'mae', but it must be one of: log_penalty, mse",
    TO + "--reduction sum": "--reduction: got 'sum', but it must be one of: batch, mean",
    TO
    + "--align outputs": "--align: got 'outputs', but it must be one of: pre_activations, states",
    TO + "--gradient-bound -1": (
        "gradient_bound: got -1.0, but it must be a finite number of at least 0"
    ),
    TO + "--displacement-bound inf": (
        "displacement_bound: got inf, but it must be a finite number of at least 0"
    ),
    TO + "--normalization soft": (
        "--normalization: got 'soft', but it must be one of: clip, forced, off"
    ),
    TO + "--regularization -2": (
        "regularization: got -2.0, but it must be a finite number of at least 0"
    ),
    TO + "--omega-norm both": "--omega-norm: got 'both', but it must be one of: batch, sample",
    TO + "--rule hebb": f"rule: got 'hebb', but {ANY_RULE}",
    TO + "--rule bptt --clip -1": "clip: got -1.0, but it must be a finite number of at least 0",
    TO + "--rule bptt --target-step 1": (
        f"target_step: got '1', but the rule bptt does not take it, {only_rules('target_step')}"
    ),
    TO + "--rule tptt --clip -1": "clip: got -1.0, but it must be a finite number of at least 0",
    TO + "--rule tptt --omega-norm batch": (
        "omega_norm: got 'batch', but the rule tptt does not take it, only lra-diff, bptt"
    ),
    TO + "--rule tptt --inner-steps 2": (
        "inner_steps: got '2', but the rule tptt does not take it, only lra-diff"
    ),
    TO + "--rule tptt --inverse-step -1": (
        "inverse_step: got -1.0, but it must be a finite number of at least 0"
    ),
    TO + "--rule tptt --inverse-nesterov maybe": (
        "--inverse-nesterov: got 'maybe', but it must be one of: False, True"
    ),
    TO + "--inverse-nesterov False": (
        "inverse_nesterov: got 'False', but the rule lra-diff does not take it, only tptt"
    ),
    TO + "--optimizer-option nesterov 1": ("nesterov: got 1.0, but it must be true or false"),
    TO + "--hidden-size 0": "hidden_size: got 0, but it must be an integer of at least 1",
    TO + "--activation cosine": (
        "--activation: got 'cosine', but it must be one of: "
        "identity, leaky_relu, relu, sigmoid, softplus, tanh"
    ),
    TO + "--initializer zeros": (
        "--initializer: got 'zeros', but it must be one of: "
        "gaussian, identity, orthogonal, slow_rotation, sparse_smart_tanh, xavier_normal, "
        "xavier_uniform"
    ),
    TO + "--input-scale 0": "input_scale: got 0.0, but it must be a finite number above 0",
    TO + "--learning-rate 0": "learning_rate: got 0.0, but it must be a finite number above 0",
    TO + "--optimizer-option speed 3": (
        "optimizer: got 'speed', but sgd takes: momentum, nesterov"
    ),
    TO + "--momentum 5": (
        "momentum: got 5.0, but it must be a finite number of at least 0 and below 1"
    ),
    TO + "--optimizer adam --optimizer-option b1 2": (
        "b1: got 2.0, but it must be a finite number of at least 0 and below 1"
    ),
    TO + "--rule tptt --inverse-momentum 1": (
        "inverse_momentum: got 1.0, but it must be a finite number of at least 0 and below 1"
    ),
    TO + "--regularization 2 --regularize": (
        "regularize: got nothing, but with a regularization it must name one of: "
        "weights, recurrent, inputs, targets"
    ),
    TO + "--seeds 0": "seeds: got 0, but it must be an integer of at least 1",
    TO + "--seed -1": "seed: got -1, but it must be an integer from 0 to 4294967295",
    TO + "--batch-size 0": "batch_size: got 0, but it must be an integer of at least 1",
    TO + "--max-iterations 0": (
        "max_iterations: got 0, but it must be an integer from 1 to 2147483647"
    ),
    TO + "--check-every 0": ("check_every: got 0, but it must be an integer from 1 to 2147483647"),
    TO + "--check-every 3000000000": (
        "check_every: got 3000000000, but it must be an integer from 1 to 2147483647"
    ),
    TO + "--validation-samples 0": (
        "validation_samples: got 0, but it must be an integer of at least 1"
    ),
    TO + "--patience -1": "patience: got -1, but it must be an integer of at least 0",
    TO
    + "--solved-below -1": "solved_below: got -1.0, but it must be a finite number of at least 0",
    TO + "--devices 0": "devices: got 0, but it must be an integer of at least 1",
    TO + "--held-out 0.2": "held_out: got '0.2', but only a data set takes it, not temporal-order",
    TO
    + "--tolerance 0.2": "tolerance: got '0.2', but only a data set takes it, not temporal-order",
    "train pixel-digits --length 20": "length: got 20, but pixel-digits has its own",
    "train temporal": (
        "task: got 'temporal', but it must be one of: adding, copy, delayed-match, "
        "random-permutation, temporal-order, temporal-order-3bit, pixel-digits, japanese-vowels, "
        "basic-motions, osu-leaf, pixel-mnist, chorales, openml:NAME, a file (.npz, .csv, "
        ".parquet, .ts), or a class in a file, my_task.py:MyTask"
    ),
    "train nowhere.npz": "task: got 'nowhere.npz', but there is no such file",
    "train nowhere.csv": "task: got 'nowhere.csv', but there is no such file",
    TO + "--decay cosine": "decay_iterations: got 0.0, but it must be a finite number above 0",
    TO + "--averaging 1": (
        "averaging: got 1.0, but it must be a finite number of at least 0 and below 1"
    ),
    TO + "--decay-iterations 5": "decay_iterations: got 5.0, but without a decay it must be 0",
    TO + "--regularization 1 --omega-over-steps max": (
        "--omega-over-steps: got 'max', but it must be one of: mean, sum"
    ),
    FR + "--lengths 20 9": "length: got 9, but it must be an integer of at least 10",
    TO + "--symbols 3": (
        "symbols: got '3', but the task temporal-order does not take it, only copy"
    ),
    "train --out x --nesterov copy --stimuli=3": (
        "stimuli: got '3', but the task copy does not take it, only delayed-match"
    ),
    "train copy --length 10 --symbols 5": (
        "length: got 10, but with symbols = 5 it must be at least 11"
    ),
    "train delayed-match --distractors 0": (
        "distractors: got 0, but it must be an integer from 1 to 65536"
    ),
    "train copy --tolerance 0.2": "tolerance: got '0.2', but only a data set takes it, not copy",
    "frontier copy --symbols 0": "symbols: got 0, but it must be an integer of at least 1",
    FR + "--seeds 0": "seeds: got 0, but it must be an integer of at least 1",
    FR + "--clip -1": "clip: got -1.0, but it must be a finite number of at least 0",
    FR + "--beyond -1": "beyond: got -1, but it must be an integer of at least 0",
    "frontier pixel-digits": (
        "task: got 'pixel-digits', but it must have a length: adding, copy, delayed-match, "
        "random-permutation, temporal-order, temporal-order-3bit"
    ),
    "bench --parts speed": "parts: got 'speed', but it must be one of: batch, cores, grid, peers",
    "bench --repeats 0": "repeats: got 0, but it must be an integer of at least 1",
    "bench --lengths 5": "length: got 5, but it must be an integer of at least 10",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 2
    said = capsys.readouterr()
    assert said.err == f"alignrnn: error: {MISTAKES[command]}\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (TO + "--lenth 20", ("--lenth", "--length")),
        ("train", ("Missing", "temporal-order")),
        ("practise", ("practise", "train, sweep, runs, evaluate, predict, generalize, export")),
        (TO + "--optimizer gradient", ("optimizer: got 'gradient'", "adam", "sgd")),
    ],
)
def test_an_unknown_word_is_one_line_that_names_it_and_what_there_is(command, words, capsys):
    assert main(command.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith("alignrnn: error: ")
    assert error.count("\n") == 1
    assert all(word in error for word in words)


def test_a_directory_that_holds_something_is_refused(tmp_path, capsys):
    (tmp_path / "kept").write_text("mine")
    assert main([*TO.split(), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(
        f"alignrnn: error: out: got '{tmp_path}', but it must be new, empty, or the directory of 't"
    )
    assert (tmp_path / "kept").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    assert main([*TO.split(), "--out", str(out)]) == 2
    assert capsys.readouterr().err == (
        f"alignrnn: error: out: got '{out}/records', but it cannot be written (Not a directory)\n"
    )


def test_bad_arrays_in_a_file_are_one_line(tmp_path, capsys):
    path = tmp_path / "bad.npz"
    np.savez(path, inputs=np.zeros(4), targets=np.zeros(4, int))
    assert main(["train", str(path)]) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: inputs: got float64 of shape (4,), but it must be integers (N, T), "
        "symbols, or numbers (N, T, I), features\n"
    )


def test_more_cores_than_jax_was_started_with_is_one_line(capsys):
    assert main([*TO.split(), "--devices", "3"]) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: devices: got 3, but JAX has started already; "
        "set it before the first computation\n"
    )
