"""What goes wrong around a training: its directory taken, full or gone, every run diverged."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import alignrnn
import alignrnn.cli.train
from alignrnn.cli import main
from alignrnn.errors import ConfigurationError
from alignrnn.results import new_directory
from tests.limited import limited

QUICK = [
    *("train", "temporal-order", "--length", "10", "--hidden-size", "6", "--no-diagnostics"),
    *("--max-iterations", "40", "--check-every", "20", "--validation-samples", "60"),
]

pytestmark = pytest.mark.usefixtures("compiled_once")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Where temporary files go."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def full(path, *_, **__):
    raise OSError(28, "No space left on device")


class TestAFullDisk:
    def test_what_was_reached_is_kept_elsewhere(self, tmp_path, elsewhere, monkeypatch, capsys):
        original, asked = np.savez, []

        def savez(file, **arrays):
            asked.append(file)
            full(file) if len(asked) == 1 else original(file, **arrays)

        monkeypatch.setattr(np, "savez", savez)
        out = tmp_path / "out"
        assert main([*QUICK, "--out", str(out)]) == 2
        said = capsys.readouterr()
        (kept,) = elsewhere.iterdir()
        assert said.err == (
            f"alignrnn: error: out: got '{out}', but it cannot be written (No space left on "
            f"device); what was reached is in {kept}\n"
        )
        assert "0 of 1 solved" in said.out  # who cannot keep it may still read it
        assert (kept / "learning_curves.png").is_file()
        assert alignrnn.load(kept).w_hh.shape == (6, 6)

    def test_nor_anything_elsewhere(self, tmp_path, elsewhere, monkeypatch, capsys):
        monkeypatch.setattr(np, "savez", full)
        assert main([*QUICK, "--out", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.endswith(
            "it cannot be written (No space left on device), nor can anything else\n"
        )

    @pytest.mark.slow
    def test_no_file_may_be_written_at_all(self, tmp_path):
        """As under `ulimit -f 0`: found before anything is trained."""
        done = limited("-f 0", [*QUICK, "--out", str(tmp_path / "out")])
        assert done.returncode == 2
        assert done.stderr == (
            f"alignrnn: error: out: got '{tmp_path / 'out'}', but it cannot be written "
            "(File too large)\n"
        )


def test_a_directory_removed_meanwhile_is_made_again(tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"

    class Removes(alignrnn.training.Training):
        def advance(self):
            shutil.rmtree(out, ignore_errors=True)
            return super().advance()

    monkeypatch.setattr(alignrnn.training, "Training", Removes)
    assert main([*QUICK, "--out", str(out)]) == 0
    assert capsys.readouterr().err == ""
    assert alignrnn.load(out).w_hh.shape == (6, 6)


class TestTwoAtOnce:
    def test_the_second_is_refused(self, tmp_path, capsys):
        out = tmp_path / "out"
        with new_directory(out):
            assert main([*QUICK, "--out", str(out)]) == 2
        node = os.uname().nodename
        assert capsys.readouterr().err == (
            f"alignrnn: error: out: got '{out}', but process {os.getpid()} on {node} is writing "
            "there; wait, or stop it\n"
        )

    def test_a_killed_one_holds_nothing(self, tmp_path):
        out = tmp_path / "out"
        out.mkdir()
        (out / "lock").write_text("4711 on a machine that is no more\n")
        assert main([*QUICK, "--out", str(out)]) == 0
        assert not (out / "lock").exists()

    def test_what_has_no_directory_of_its_own_finds_another(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("runs").mkdir()
        taken = Path("runs/temporal-order-T10-lra-diff")
        with new_directory(taken):
            assert main(QUICK) == 0
        assert Path("runs/temporal-order-T10-lra-diff-2/runs.csv").is_file()


def test_a_training_that_fails_leaves_no_empty_directory(tmp_path):
    with pytest.raises(ConfigurationError), new_directory(tmp_path / "out"):
        raise ConfigurationError("field", 1, "it must be another")
    assert not (tmp_path / "out").exists()


def test_where_every_run_diverged_the_exit_status_says_so(tmp_path, capsys):
    out = tmp_path / "out"
    diverging = ["--activation", "identity", "--learning-rate", "1e30", "--rule", "bptt"]
    assert main([*QUICK, *diverging, "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert said.err == "alignrnn: error: every run diverged\n"
    assert "lower the learning rate" in said.out
    assert (out / "runs.csv").is_file()
