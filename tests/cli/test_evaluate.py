"""`alignrnn evaluate` and `alignrnn predict`: of a directory of runs and of a network's file."""

import csv
import dataclasses
import json

import jax
import numpy as np
import pytest

import alignrnn as ar
from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.results import open_store
from tests.terminal import alignrnn, shown_on_terminal

from ..studies.paper.records import made_up

N, T, I = 30, 4, 2  # noqa: E741
DRAW = np.random.default_rng(0)


def saved(path, *, inputs=I, outputs=3, kind="classes", **options):
    """A network that was never trained, in a file."""
    made = ar.RNN(ar.Elman(5), inputs, outputs, output_kind=kind, key=jax.random.key(0), **options)
    ar.save_network(made, path)
    return made


def table_of(path):
    """A CSV file's heading and rows."""
    with open(path) as file:
        heading, *rows = csv.reader(file)
    return heading, rows


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where networks and data are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def arrays(home):
    """A file with texts as labels, with a test part and lengths."""
    inputs, labels = DRAW.normal(size=(N, T, I)), DRAW.choice(["a", "b", "c"], N)
    lengths = DRAW.integers(1, T + 1, N)
    np.savez(
        "my.npz",
        inputs=inputs,
        targets=labels,
        test_inputs=inputs[:7],
        test_targets=labels[:7],
        test_lengths=lengths[:7],
    )
    return inputs, labels, lengths


def test_the_test_part_is_measured_unless_another_is_named(home, arrays, capsys):
    network = saved("net.npz", labels=("a", "b", "c"))
    inputs, labels, lengths = arrays
    assert main(["evaluate", "net.npz", "my.npz", "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert "my.npz, test part: 7 answers of 7 sequences" in said
    written = json.loads((home / "out" / "evaluation.json").read_text())
    right = np.mean(network.predict(inputs[:7], lengths[:7]) == labels[:7])
    assert written["accuracy"] == pytest.approx(right)
    assert [each["label"] for each in written["classes"]] == ["a", "b", "c"]
    assert (home / "out" / "confusion.png").stat().st_size > 1000
    assert main(["evaluate", "net.npz", "my.npz", "--part", "all"]) == 0
    said = capsys.readouterr().out
    assert "my.npz, all of it: 37 answers" in said
    assert "written to" not in said


def test_what_a_training_would_hold_out_is_the_validation_part(home, arrays, capsys):
    saved("net.npz", labels=("a", "b", "c"))
    held = ar.load_data("my.npz", held_out=0.4).validation_targets.shape[0]
    words = ["evaluate", "net.npz", "my.npz", "--part", "validation", "--held-out", "0.4"]
    assert main(words) == 0
    assert f"validation part: {held} answers" in capsys.readouterr().out
    assert main([*words[:-3], "train", "--held-out", "0.4"]) == 0
    assert f"train part: {N - held} answers" in capsys.readouterr().out


def test_a_run_is_measured_on_fresh_samples_of_its_own_task(home, capsys):
    task = {"name": "temporal-order", "length": 10}
    with open_store(home / "runs", "made up") as store:
        made = configuration({"task": task, "rule": {"name": "bptt"}})
        for seed, error in ((0, 0.5), (1, 0.2)):
            record = made_up(dataclasses.replace(made, seed=seed), error)
            store.put(record)
            store.put_network(record.identity, saved("net.npz", inputs=6, outputs=4))
    assert main(["evaluate", "runs"]) == 0
    said = capsys.readouterr().out
    best = record.identity
    assert f"network: runs/networks/{best}.npz" in said
    assert "temporal-order T=10, fresh samples: 10,000 answers of 10,000 sequences" in said
    assert f"written to runs/evaluation-{best}" in said
    written = json.loads((home / f"runs/evaluation-{best}/evaluation.json").read_text())
    assert np.sum(written["confusion"]) == 10_000
    assert main(["evaluate", "runs", "--run-id", made.identity[:6]]) == 0
    assert f"networks/{made.identity}.npz" in capsys.readouterr().out
    assert main(["evaluate", "runs", "--part", "test"]) == 2
    assert "part: got 'test', but temporal-order has fresh samples" in capsys.readouterr().err


def test_classes_are_predicted_by_label_with_their_probabilities(home, arrays, capsys):
    network = saved("net.npz", labels=("a", "b", "c"))
    inputs, _, lengths = arrays
    assert main(["predict", "net.npz", "my.npz", "--part", "test", "--out", "p.csv"]) == 0
    heading, rows = table_of("p.csv")
    assert heading == ["id", "predicted", "p_a", "p_b", "p_c"]
    assert [row[0] for row in rows] == [str(n) for n in range(7)]
    assert [row[1] for row in rows] == network.predict(inputs[:7], lengths[:7]).tolist()
    chances = np.array([row[2:] for row in rows], float)
    np.testing.assert_allclose(chances, network.predict_proba(inputs[:7], lengths[:7]), rtol=1e-5)
    assert main(["predict", "net.npz", "my.npz"]) == 0
    assert "37 sequences of my.npz, predictions in predictions.csv" in capsys.readouterr().out
    heading, rows = table_of("predictions.csv")
    assert heading[:2] == ["part", "id"]
    assert [row[0] for row in rows] == ["train"] * N + ["test"] * 7


@pytest.mark.parametrize("kind", ["values", "bits"])
def test_at_every_step_a_row_is_a_step_within_its_sequence(home, kind):
    network = saved("net.npz", outputs=2, kind=kind, every_step=True)
    (home / "my.csv").write_text("id,x,y\nfirst,1,2\nfirst,3,4\nfirst,0,1\nsecond,5,6\n")
    assert main(["predict", "net.npz", "my.csv", "--out", "p.csv"]) == 0
    heading, rows = table_of("p.csv")
    names = ["y0", "y1"] if kind == "values" else ["bit0", "bit1", "p0", "p1"]
    assert heading == ["id", "step", *names]
    steps = [["first", "0"], ["first", "1"], ["first", "2"], ["second", "0"]]
    assert [row[:2] for row in rows] == steps
    said = network.predict([np.array([[1.0, 2], [3, 4], [0, 1]]), np.array([[5.0, 6]])])
    expected = np.concatenate([said[0, :3], said[1, :1]]).astype(float)
    np.testing.assert_allclose(np.array([row[2:4] for row in rows], float), expected, rtol=1e-5)


def test_its_own_preparation_is_used(home, capsys):
    made = ar.ArrayTask(
        DRAW.normal(5, 3, size=(N, T, I)), DRAW.normal(size=(N, 1)), standardize=True, notices=False
    )
    network = saved("net.npz", outputs=1, kind="values", preparation=made.preparation)
    inputs, targets = DRAW.normal(-2, 7, size=(N, T, I)), DRAW.normal(size=(N, 1))
    np.savez("new.npz", inputs=inputs, targets=targets)
    assert main(["evaluate", "net.npz", "new.npz", "--out", "out"]) == 0
    prepared = (inputs - made.preparation.offsets) / made.preparation.scales
    bare = network.speaking(None, None)
    wanted = np.mean((bare.predict(prepared) - targets) ** 2)
    written = json.loads((home / "out" / "evaluation.json").read_text())
    assert written["mse"] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.npz", "my.npz"], "run: got 'none.npz', but there is no such file or directory"),
        (["net.npz"], "data: got nothing, but a network's file says nothing of its task"),
        (["net.npz", "none.csv"], "data: got 'none.csv', but "),
        (["net.npz", "nonsense"], "data: got 'nonsense', but a data set is one of: "),
        (["net.npz", "wide.npz"], "inputs: got float32 of shape (5, 4, 7), but"),
        (["net.npz", "numbers.npz"], "targets: got labels such as 0, but the network's labels"),
        (["net.npz", "values.npz"], "targets: got float64 of shape (5,), but"),
        (["net.npz", "my.npz", "--part", "validtion"], "--part: got 'validtion', but"),
        (["net.npz", "wide.npz", "--part", "test"], "part: got 'test', but wide has no test part"),
        (["net.npz", "my.npz", "--run-id", "ab"], "run_id: got 'ab', but net.npz is no directory"),
        (["net.npz", "my.npz", "--standardize", "True"], "standardize: got 'True', but the net"),
        (["my.npz", "my.npz"], "path: got 'my.npz', but it must be a network saved by alignrnn"),
        (["net.npz", "my.npz", "--out", "net.npz"], "out: got 'net.npz', but it cannot be written"),
    ],
)
def test_a_mistake_is_told_in_one_line(words, message, home, arrays, capsys):
    saved("net.npz", labels=("a", "b", "c"))
    few = DRAW.normal(size=(5, T, I))
    np.savez("wide.npz", inputs=DRAW.normal(size=(5, 4, 7)), targets=["a", "b", "c", "a", "b"])
    np.savez("numbers.npz", inputs=few, targets=np.arange(5) % 3)
    np.savez("values.npz", inputs=few, targets=DRAW.normal(size=5))
    assert main(["evaluate", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"alignrnn: error: {message}")
    assert error.count("\n") == 1


def test_labels_never_seen_are_named(home, capsys):
    saved("net.npz", labels=("a", "b", "c"))
    np.savez("new.npz", inputs=DRAW.normal(size=(4, T, I)), targets=["a", "b", "z", "z"])
    assert main(["evaluate", "net.npz", "new.npz"]) == 0
    assert "labels the network never saw, all wrong: z" in capsys.readouterr().out


def test_a_table_that_is_not_written_whole_is_not_there(home, arrays, capsys, monkeypatch):
    saved("net.npz", labels=("a", "b", "c"))

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    assert main(["predict", "net.npz", "my.npz", "--out", "p.csv"]) == 2
    assert "out: got 'p.csv', but it cannot be written (No space" in capsys.readouterr().err
    assert not (home / "p.csv").exists()


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_on_a_terminal_no_line_is_cut(columns, home):
    labels = tuple(f"a rather long label {n}" for n in range(30))
    saved("net.npz", outputs=30, labels=labels)
    np.savez("many.npz", inputs=DRAW.normal(size=(99, T, I)), targets=DRAW.choice(labels, 99))
    shown = shown_on_terminal(alignrnn("evaluate", "net.npz", "many.npz"), columns)
    assert shown.status == 0, shown.end
    assert "confusions, the most frequent first:" in shown.text
    assert all(len(line) <= columns for line in shown.text.splitlines()), shown.text
