"""Data that suggest another reading, or a scaling: one line; and none for what is common."""

import re
import warnings

import numpy as np
import pytest

from alignrnn import ArrayTask, load_data
from alignrnn.configuration import configuration
from alignrnn.errors import Notice
from alignrnn.tasks import named_task

DRAW = np.random.default_rng(0)
N, T = 200, 4
FEATURES = DRAW.normal(size=(N, T, 2))
LABELS = np.arange(N) % 2
VALUES = DRAW.normal(size=N)
SCALE = "training goes best near mean 0 and standard deviation 1: scale them"
TWO = (
    "targets: 2 different whole numbers, given as real ones, are read as values of a regression; "
    "if they are labels, give integers"
)

TOLD = {
    "real labels": ((FEATURES, LABELS * 1.0), TWO),
    "real labels in a column": ((FEATURES, LABELS[:, None] * 1.0), TWO),
    "one-hot labels": (
        (FEATURES, np.eye(2)[LABELS]),
        "targets: rows of one 1 and else 0 are read as values of a regression; if they are labels, "
        "give targets.argmax(axis=1)",
    ),
    "quantities as labels": (
        (FEATURES, np.arange(N) // 4 * 10),
        "targets: 50 different integers in 200 samples are read as labels; if they are quantities, "
        "give real numbers",
    ),
    "large targets": (
        (FEATURES, np.linspace(-700, 700, N)),
        f"targets, output 0: a mean of 0 and a standard deviation of 406; {SCALE}",
    ),
    "small targets": (
        (FEATURES, np.linspace(-1e-3, 1e-3, N)),
        f"targets, output 0: a mean of 0 and a standard deviation of 0.00058; {SCALE}",
    ),
    "targets far from 0": (
        (FEATURES, np.stack([VALUES, np.linspace(1000, 1001, N)], axis=1)),
        f"targets, output 1: a mean of 1e+03 and a standard deviation of 0.29; {SCALE}",
    ),
    "symbols as measurements": (
        (np.arange(N * T).reshape(N, T) % 5 * 1.0, LABELS),
        "inputs: whole numbers, given as real ones, are read as one feature; if they are symbols, "
        "give integers (N, T)",
    ),
    "large features": (
        (np.tile(np.linspace(0, 255, N * T).reshape(N, T, 1), 2), LABELS),
        f"inputs, feature 0: a mean of 127 and a standard deviation of 74.3; {SCALE}",
    ),
    "measurements as symbols": (
        (np.where(np.arange(N * T).reshape(N, T) % 2, 0, 1_000_000), LABELS),
        "inputs: of the symbols 0 to 1,000,000 only 2 occur, and W_xh has a row for each; number "
        "them from 0, or give measurements as real numbers (N, T, 1)",
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_what_may_not_be_meant_is_told_in_one_line(what):
    arrays, message = TOLD[what]
    with pytest.warns(Notice) as told:
        ArrayTask(*arrays, split_seed=3)
    (said,) = (str(each.message) for each in told)
    # Of the features the training part is measured, which the split decides.
    assert re.sub(r"[\d.]+", "#", said) == re.sub(r"[\d.]+", "#", message)
    if "features" not in what:
        assert said == message


QUIET = {
    "ordinary features and labels": ((FEATURES, LABELS), {}),
    "ordinary values": ((FEATURES, VALUES), {}),
    "a constant feature": ((np.concatenate([FEATURES, np.ones((N, T, 1))], axis=2), LABELS), {}),
    "a rare feature": ((np.concatenate([FEATURES, np.eye(N, T)[..., None]], axis=2), LABELS), {}),
    "bytes scaled to 1": ((DRAW.integers(0, 256, (N, T, 1)) / 255, LABELS), {}),
    "counts": ((FEATURES, np.round(DRAW.exponential(9, N)).clip(0, 40)), {}),
    "several labels at once": ((FEATURES, DRAW.integers(0, 2, (N, 3)) * 1.0), {}),
    "whole numbers with a tolerance": ((FEATURES, LABELS * 1.0), {"tolerance": 0.1}),
    "many classes that are said": ((FEATURES, np.arange(N) // 4 * 10), {"classes": 1000}),
    "a large alphabet that is said": (
        (np.full((N, T), 49_999), LABELS),
        {"symbols": 50_000},
    ),
    "ten classes of a few samples": ((FEATURES[:40], np.arange(40) // 4), {}),
    "who does not want to know": ((FEATURES, LABELS * 1.0), {"notices": False}),
}


@pytest.mark.parametrize("what", QUIET)
def test_what_is_common_is_not_remarked_on(what):
    arrays, options = QUIET[what]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ArrayTask(*arrays, **options)


def test_of_a_file_it_is_told_once_for_all_runs_of_a_grid(tmp_path):
    path = str(tmp_path / "mine.npz")
    np.savez(path, inputs=FEATURES, targets=LABELS * 1.0)
    with pytest.warns(Notice, match="read as values of a regression"):
        load_data(path)
    with pytest.warns(Notice, match="read as values of a regression"):
        named_task(path)
    with pytest.warns(Notice) as told:
        made = made_thrice(path)
    assert len(told) == 1
    assert "notices" not in made[0].task


def made_thrice(path):
    """Configurations of three runs, and the task of each."""
    runs = [
        configuration({"task": {"name": path}, "rule": {"name": "bptt"}, "seed": seed})
        for seed in range(3)
    ]
    for run in runs:
        run.build_task()
    return runs
