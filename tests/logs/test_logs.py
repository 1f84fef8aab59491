"""Logs of a training from Python: what they hold is its history, each check once."""

import csv
import importlib.util

import numpy as np
import pytest

import alignrnn as ar
from alignrnn.logs.tensorboard import TensorBoardLog
from alignrnn.training import Training
from alignrnn.training.ledger import Ledger

from .reading import scalars

pytestmark = pytest.mark.usefixtures("compiled_once")

TASK = ar.TemporalOrder(10)
PROTOCOL = ar.Protocol(
    check_every=20,
    validation_samples=60,
    diagnostics=True,
    stopping=ar.Stopping(max_iterations=60, patience=None),
)
RUNS = [ar.Run(ar.BPTT(), ar.Optimizer("sgd", 0.1), ar.Elman(6), seed) for seed in range(2)]
needs_tensorboardx = pytest.mark.skipif(
    importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed"
)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_csv_log_is_the_history(tmp_path):
    results = ar.train_many(TASK, RUNS, PROTOCOL, on_check=ar.CSVLog(tmp_path / "log.csv"))
    found = rows(tmp_path / "log.csv")
    assert [(row["run"], row["iteration"]) for row in found] == [
        (run, at) for at in ("20", "40", "60") for run in ("run-0", "run-1")
    ]
    for place, result in enumerate(results):
        own, history = found[place::2], result.history
        assert [float(row["loss"]) for row in own] == history.loss.tolist()
        assert [float(row["error"]) for row in own] == history.error.tolist()
        means = history.diagnostics["error_norm"].mean(axis=1)
        assert [float(row["error_norm"]) for row in own] == means.tolist()
    assert {row["learning_rate"] for row in found} == {"0.1"}


def test_the_learning_rate_of_a_check_is_that_of_the_update_before_it():
    ledger = Ledger()
    ledger.entries = [(20, 1.0, 0.5), (40, 0.9, 0.4)]
    halving = ar.Optimizer("sgd", 0.1, decay="exponential", decay_iterations=20)
    (check,) = ledger.checks(ar.Run(ar.BPTT(), halving), place=3, after=20)
    assert (check.run, check.iteration, check.loss, check.error) == (3, 40, 0.9, 0.4)
    # The first update is that of iteration 0.
    assert check.learning_rate == pytest.approx(0.1 * 2 ** (-39 / 20))


def test_rows_are_there_while_it_trains_and_an_exception_ends_it(tmp_path):
    class EnoughError(Exception):
        pass

    log = ar.CSVLog(tmp_path / "log.csv", names=["mine"])

    def follow(check):
        log(check)
        assert rows(tmp_path / "log.csv")[-1]["iteration"] == str(check.iteration)
        if check.iteration == 40:
            raise EnoughError

    with pytest.raises(EnoughError):
        ar.train(TASK, ar.BPTT(), cell=ar.Elman(6), protocol=PROTOCOL, on_check=follow)
    assert [row["run"] for row in rows(tmp_path / "log.csv")] == ["mine", "mine"]


@pytest.mark.parametrize("cut", [0, 1, 30, 10_000])
def test_from_a_checkpoint_it_goes_on_and_leaves_each_check_once(tmp_path, cut):
    """Killed after the check at 40 was logged, in the middle of a row perhaps, with a checkpoint
    of before; or the log is gone."""
    path = tmp_path / "log.csv"
    ar.train_many(TASK, RUNS, PROTOCOL, on_check=ar.CSVLog(tmp_path / "whole.csv"))
    training, log = Training(TASK, RUNS, PROTOCOL), ar.CSVLog(path)
    checkpoint = None
    while training.iteration < 40:
        if training.iteration and checkpoint is None and training.checked:
            checkpoint = training.checkpoint()
        training.advance()
    for check in training.checks():
        log(check)
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - cut)])
    ar.train_many(
        *(TASK, RUNS, PROTOCOL),
        on_check=ar.CSVLog(path, append=True),
        start_from=checkpoint,
    )
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_nothing_is_written_over_by_mistake(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("mine\n")
    with pytest.raises(ar.ConfigurationError, match=r"it is there already; append=True goes on"):
        ar.CSVLog(path)
    with pytest.raises(ar.ConfigurationError, match=r"it is no log of alignrnn"):
        ar.CSVLog(path, append=True)(_check())
    path.write_text("run,iteration,loss\nrun-0,20,1.0\n")
    with pytest.raises(ar.ConfigurationError, match=r"columns run, iteration, loss, but they must"):
        ar.CSVLog(path, append=True)(_check())
    assert path.read_text() == "run,iteration,loss\nrun-0,20,1.0\n"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ar.ConfigurationError, match=r"log.csv', but it cannot be written"):
        ar.CSVLog(tmp_path / "file" / "log.csv")(_check())


def _check():
    return ar.Check(0, 40, 1.0, 0.5, 0.1, {})


@needs_tensorboardx
def test_event_files_hold_the_history_one_run_a_folder(tmp_path):
    results = ar.train_many(TASK, RUNS, PROTOCOL, on_check=TensorBoardLog(tmp_path / "events"))
    found = scalars(tmp_path / "events")
    assert list(found) == ["run-0", "run-1"]
    for tags, result in zip(found.values(), results, strict=True):
        history = result.history
        for name in ("loss", "error"):
            steps, values = zip(*tags[name], strict=True)
            assert steps == (20, 40, 60)
            np.testing.assert_array_equal(values, np.float32(getattr(history, name)))
        _, norms = zip(*tags["diagnostics/error_norm"], strict=True)
        means = history.diagnostics["error_norm"].mean(axis=1)
        np.testing.assert_array_equal(norms, np.float32(means))
    assert "learning_rate" in tags


@needs_tensorboardx
@pytest.mark.parametrize("cut", [0, 1, 60])
def test_an_event_file_that_was_cut_short_is_gone_on_with(tmp_path, cut):
    checks = [ar.Check(0, 20 * n, 1.0 / n, 0.5, 0.1, {}) for n in (1, 2, 3)]
    log = TensorBoardLog(tmp_path)
    for check in checks[:2]:
        log(check)
    (file,) = tmp_path.glob("run-0/*")
    file.write_bytes(file.read_bytes()[: file.stat().st_size - cut])
    log = TensorBoardLog(tmp_path, append=True)
    for check in checks:
        log(check)
    losses = scalars(tmp_path)["run-0"]["loss"]
    assert losses == [(20 * n, np.float32(1 / n)) for n in (1, 2, 3)]


def test_without_the_package_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ar.ConfigurationError) as refused:
        TensorBoardLog(tmp_path)
    assert str(refused.value) == (
        "log: got 'tensorboard', but it needs the extra: pip install 'alignrnn[tensorboard]'"
    )
