"""Training that goes on from a network: from Python, from a configuration, and as a command."""

import json
import pickle
from pathlib import Path

import jax
import numpy as np
import pytest

import alignrnn as ar
from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.network import named
from alignrnn.results import read_store
from alignrnn.sweeps import load_grid
from alignrnn.training import initial_state

DRAW = np.random.default_rng(1)
INPUTS, LABELS = DRAW.normal(3, 2, size=(40, 4, 2)), DRAW.choice(["a", "b"], 40)
QUICK = [*("--max-iterations", "20"), *("--check-every", "10"), *("--rule", "bptt")]


def task(**options):
    return ar.ArrayTask(INPUTS, LABELS, notices=False, **options)


def network(given, cell=None):
    return ar.RNN(
        cell or ar.GRU(5),
        given.input_size,
        given.output_size,
        output_kind=given.output_kind,
        labels=given.labels,
        preparation=given.preparation,
        key=jax.random.key(7),
    )


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A directory with data, and a network of them."""
    monkeypatch.chdir(tmp_path)
    np.savez("my.npz", inputs=INPUTS, targets=LABELS)
    ar.save_network(network(task(standardize=True)), "net.npz")
    return tmp_path


def sections(**others):
    return {
        "task": {"name": "my.npz"},
        "rule": {"name": "bptt"},
        "start": {"name": "net.npz"},
        **others,
    }


def assert_same_weights(one, other):
    for name, leaf in named(one).items():
        np.testing.assert_array_equal(leaf, named(other)[name], err_msg=name)


def test_it_begins_at_its_weights_with_its_cell_whatever_the_seed():
    given = task(standardize=True)
    start = network(given)
    run = ar.Run(ar.BPTT(), seed=3, start=start)
    assert run.cell == start.cell
    assert_same_weights(initial_state(given, run).network, start)


def test_labels_and_preparation_of_the_network_hold_for_new_data():
    start = network(task(standardize=True))
    only_b = ar.ArrayTask(
        INPUTS * 5,
        np.full(40, "b"),
        labels=start.labels,
        preparation=start.preparation,
        notices=False,
    )
    assert only_b.labels == ("a", "b")
    assert set(np.asarray(only_b.targets).ravel()) == {1}
    stopping = ar.Stopping(max_iterations=2)
    protocol = ar.Protocol(check_every=2, stopping=stopping)
    made = ar.train(only_b, "bptt", start=start, protocol=protocol).network
    assert made.labels == start.labels
    assert made.preparation == start.preparation


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (task, "start: got a network with another preparation than the task"),
        (
            lambda: ar.TemporalOrder(length=10),
            "start: got a network with input size 2, but the task temporal-order has 6",
        ),
    ],
)
def test_a_task_it_does_not_fit_is_refused(other, message):
    with pytest.raises(ar.ConfigurationError) as refused:
        ar.train(other(), "bptt", start=network(task(standardize=True)))
    assert str(refused.value).startswith(message)


def test_another_cell_is_refused(without_type_checker):
    start = network(task())
    with pytest.raises(ar.ConfigurationError, match=r"cell: got GRU.*, but the network it starts"):
        ar.Run("bptt", cell=ar.GRU(6), start=start)
    with pytest.raises(ar.ConfigurationError, match="but it must be a network"):
        ar.Run("bptt", start="net.npz")  # pyright: ignore[reportArgumentType]


def test_it_is_part_of_the_identity_by_its_content_and_only_where_given(home):
    without = sections()
    del without["start"]
    assert "start" not in configuration(without).as_dict()
    made = configuration(sections())
    assert made.identity != configuration({**without, "cell": {"name": "gru"}}).identity
    again = configuration(json.loads(json.dumps(made.as_dict())))
    assert again == made
    assert pickle.loads(pickle.dumps(made)).identity == made.identity
    assert made.cell["hidden_size"] == 5
    assert_same_weights(made.build_run().start, ar.load("net.npz"))
    ar.save_network(ar.load("net.npz").speaking(("a", "b"), None), "net.npz")
    with pytest.raises(ar.ConfigurationError, match="it has changed"):
        made.build_run()
    assert configuration(sections()).identity != made.identity


def test_a_grid_file_finds_it_beside_itself(home, monkeypatch):
    (home / "grid.toml").write_text(
        'seed = [0, 1]\ntask = { name = "my.npz" }\nrule = { name = "bptt" }\n'
        'start = { name = "net.npz" }\n'
    )
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    one, other = load_grid(home / "grid.toml").configurations
    assert one.group == other.group
    assert one.build_task().preparation == ar.load(home / "net.npz").preparation


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start": {}}, "start.name: got nothing, but it must be the name of a network's"),
        ({"start": {"name": "no.npz"}}, "start.name: got "),
        ({"start": {"name": "my.npz"}}, "start.path: got "),
        ({"start": {"nme": "net.npz"}}, "start.nme: got 'net.npz', but a start takes: name"),
        ({"start": "net.npz"}, "start: got 'net.npz', but it must be a table, [start]"),
        ({"start": {"name": "."}}, "start.name: got '.', but it must be a network's .npz file"),
        ({"cell": {"name": "elman"}}, "cell: got 'elman', but the network it starts from has 'gru"),
        ({"cell": {"hidden_size": 6}}, "cell.hidden_size: got 6, but the network it starts from"),
        ({"task": {"name": "adding"}}, "start: got a network with output size 2, but the task"),
        ({"task": {"name": "other.npz"}}, "task.targets: got 'c', but the labels are: 'a', 'b'"),
        (
            {"task": {"name": "my.npz", "standardize": True}},
            "task.standardize: got True, but a network's own preparation is given",
        ),
    ],
)
def test_what_does_not_fit_is_one_line_before_anything_is_trained(given, message, home):
    np.savez("other.npz", inputs=INPUTS, targets=np.where(LABELS == "a", "c", "b"))
    with pytest.raises(ar.ConfigurationError) as refused:
        configuration(sections(**given))
    assert str(refused.value).startswith(message)


@pytest.mark.slow
def test_the_command_goes_on_from_a_directory_and_stops_and_resumes(home, capsys):
    assert main(["train", "my.npz", *QUICK, "--from", "net.npz", "--out", "one"]) == 0
    assert main(["train", "my.npz", *QUICK, "--from", "one", "--out", "two"]) == 0
    (first,), (second,) = read_store(Path("one")), read_store(Path("two"))
    assert second.configuration["start"]["name"] == f"one/networks/{first.identity}.npz"
    assert second.configuration["cell"]["name"] == "gru"
    # With more iterations it goes on from there, to the same as in one go.
    more = ["--max-iterations", "40", *QUICK[2:], "--from", "one"]
    assert main(["train", "my.npz", *more, "--out", "two"]) == 0
    assert main(["train", "my.npz", *more, "--out", "three"]) == 0
    (resumed,) = (each for each in read_store(Path("two")) if each.iterations == 40)
    (whole,) = read_store(Path("three"))
    assert resumed.history == whole.history
    assert "alignrnn evaluate three " in capsys.readouterr().out
    assert main(["train", "my.npz", *QUICK, "--from", "one", "--cell", "elman"]) == 2
    error = capsys.readouterr().err
    assert error == (
        "alignrnn: error: cell: got 'elman', but the network it starts from has 'gru'\n"
    )
