"""What goes wrong around a training: its directory taken, full or gone, every run diverged."""

import dataclasses
import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import alignrnn
import alignrnn.sweeps.places
from alignrnn.cli import main
from alignrnn.results import open_store, read_store
from tests.limited import limited

QUICK = [
    *("train", "temporal-order", "--length", "10", "--hidden-size", "6", "--no-diagnostics"),
    *("--max-iterations", "40", "--check-every", "20", "--validation-samples", "60"),
]

pytestmark = pytest.mark.usefixtures("compiled_once")


def outcome(path):
    """All that came out but for the times: records, and networks by identity."""
    records = {
        record.identity: dataclasses.replace(record, seconds=0.0) for record in read_store(path)
    }
    networks = {}
    for identity in records:
        with np.load(path / "networks" / f"{identity}.npz") as file:
            networks[identity] = {name: file[name].tobytes() for name in file.files}
    return records, networks


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert main([*QUICK, "--out", str(out)]) == 0
    return outcome(out)


class TestAFullDisk:
    @pytest.mark.parametrize("kind", ["networks", "records", "checkpoints", "runs.csv"])
    def test_it_is_one_line_and_the_same_command_goes_on_once_there_is_room(
        self, tmp_path, monkeypatch, capsys, undisturbed, kind
    ):
        out, real, refused = tmp_path / "out", os.replace, []

        def replace(source, target):
            if kind in str(target):
                refused.append(target)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", replace)
            assert main([*QUICK, "--out", str(out), "--checkpoint-every", "0"]) == 2
        assert refused
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"alignrnn: error: out: got '{out}/{kind}")
        assert line.endswith("but it cannot be written (No space left on device)")
        assert not list(out.rglob(".*"))  # nothing half-written
        assert main([*QUICK, "--out", str(out)]) == 0
        assert outcome(out) == undisturbed

    def test_a_picture_that_cannot_be_written_costs_nothing_else(
        self, tmp_path, monkeypatch, capsys, undisturbed
    ):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        out = tmp_path / "out"
        monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
        assert main([*QUICK, "--out", str(out)]) == 2
        said = capsys.readouterr()
        assert "learning_curves.png', but it cannot be written (No space left" in said.err
        assert "0 of 1 solved" in said.out  # who cannot see it may still read it
        assert outcome(out) == undisturbed

    @pytest.mark.slow
    def test_no_file_may_be_written_at_all(self, tmp_path):
        """As under `ulimit -f 0`: found before anything is trained."""
        done = limited("-f 0", [*QUICK, "--out", str(tmp_path / "out")])
        assert done.returncode == 2
        assert done.stderr == (
            f"alignrnn: error: out: got '{tmp_path / 'out' / 'records'}', but it cannot be written "
            "(File too large)\n"
        )


def test_a_directory_removed_meanwhile_is_made_again(tmp_path, monkeypatch, capsys, undisturbed):
    out = tmp_path / "out"

    class Removes(alignrnn.training.Training):
        def advance(self):
            shutil.rmtree(out, ignore_errors=True)
            return super().advance()

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", Removes)
    assert main([*QUICK, "--out", str(out)]) == 0
    assert capsys.readouterr().err == ""
    assert outcome(out) == undisturbed


class TestTwoAtOnce:
    def test_the_second_is_refused(self, tmp_path, capsys):
        out = tmp_path / "out"
        with open_store(out, "another"):
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

    def test_what_has_no_directory_of_its_own_finds_another(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with open_store(Path("runs/temporal-order-T10-lra-diff"), "another"):
            assert main(QUICK) == 0
        assert Path("runs/temporal-order-T10-lra-diff-2/runs.csv").is_file()

    def test_but_not_beside_the_same(self, tmp_path, monkeypatch, capsys):
        """It would train the same once more."""
        monkeypatch.chdir(tmp_path)
        assert main(QUICK) == 0
        (out,) = Path("runs").iterdir()
        with open_store(out, read_store(out).name):
            assert main(QUICK) == 2
        assert "is writing there; wait, or stop it" in capsys.readouterr().err
        assert list(Path("runs").iterdir()) == [out]


def test_where_every_run_diverged_the_exit_status_says_so(tmp_path, capsys):
    out = tmp_path / "out"
    diverging = ["--activation", "identity", "--learning-rate", "1e30", "--rule", "bptt"]
    assert main([*QUICK, *diverging, "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert said.err == "alignrnn: error: every run diverged\n"
    assert "lower the learning rate" in said.out
    assert (out / "runs.csv").is_file()
