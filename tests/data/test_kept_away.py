"""A test part of data that bring none: no training sees it, and `evaluate` shows it."""

import jax
import numpy as np
import pytest

import alignrnn as ar
from alignrnn import ConfigurationError
from alignrnn.cli import main
from alignrnn.data import shown_parts
from alignrnn.network_file import save_network
from alignrnn.tasks import source_of

N, T = 40, 6
LABELS = np.repeat([3, 1, 7], [20, 12, 8])
GROUPS = np.arange(N) // 4


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a file whose sequences are constant, each its own number."""
    monkeypatch.chdir(tmp_path)
    inputs = np.broadcast_to(np.arange(N)[:, None, None], (N, T, 1)).astype(float)
    own = {"inputs": inputs, "targets": LABELS}
    np.savez("my.npz", **own)
    np.savez("groups.npz", **own, groups=GROUPS)
    np.savez("tested.npz", **own, test_inputs=inputs[:4], test_targets=LABELS[:4])
    return tmp_path


def rows(array):
    """Which sequences these are."""
    return np.asarray(array)[:, 0, 0].astype(int)


def kept_away(file, **options):
    """The rows of the test part."""
    part = shown_parts(source_of(file, options), file, "test", kind="classes", every_step=False)
    return rows(part[0].given.inputs)


def trained(file, **options):
    """The rows that a training sees, to learn from and to check by."""
    task = ar.load_data(file, **options)
    return rows(task.inputs), rows(task.validation_inputs)


@pytest.mark.filterwarnings("ignore::alignrnn.errors.Notice")
def test_no_training_sees_it_and_each_class_is_there_alike(home):
    options = {"test_fraction": 0.25, "held_out": 0.2}
    kept, held = trained("my.npz", **options)
    away = kept_away("my.npz", **options)
    assert sorted([*kept, *held, *away]) == list(range(N))
    assert [np.sum(LABELS[away] == label) for label in (3, 1, 7)] == [5, 3, 2]
    assert len(held) == 6  # of each class a fifth of the rest, in whole sequences
    assert set(kept_away("my.npz", **options, split_seed=1)) != set(away)


@pytest.mark.filterwarnings("ignore::alignrnn.errors.Notice")
def test_whole_groups_are_kept_away(home):
    options = {"test_fraction": 0.3}
    kept, held = trained("groups.npz", **options)
    away = kept_away("groups.npz", **options)
    assert sorted([*kept, *held, *away]) == list(range(N))
    assert not set(GROUPS[away]) & set(GROUPS[[*kept, *held]])
    assert not set(GROUPS[kept]) & set(GROUPS[held])


def test_by_default_there_is_none(home):
    with pytest.raises(ConfigurationError, match="part: got 'test', but my has no test part"):
        kept_away("my.npz")


def test_sequences_of_unequal_length_are_taken_apart(home):
    lengths = np.arange(N) % T + 1
    inputs = np.broadcast_to(np.arange(N)[:, None, None], (N, T, 1)).astype(float)
    np.savez("ragged.npz", inputs=inputs, targets=LABELS, lengths=lengths)
    options = {"test_fraction": 0.25}
    source = source_of("ragged.npz", options)
    part = shown_parts(source, "ragged.npz", "test", kind="classes", every_step=False)[0]
    away = rows(part.given.inputs)
    np.testing.assert_array_equal(part.given.lengths, lengths[away])
    np.testing.assert_array_equal(part.asked.values[:, 0], LABELS[away])


def test_data_with_a_test_part_of_their_own_refuse_it(home):
    with pytest.raises(ConfigurationError, match=r"test_fraction: got 0\.2, but tested has a test"):
        ar.load_data("tested.npz", test_fraction=0.2)
    for fraction in (1, -0.1):
        with pytest.raises(ConfigurationError, match="test_fraction"):
            ar.load_data("my.npz", test_fraction=fraction)


def test_a_frame_is_trained_on_as_a_whole():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"id": [0, 0, 1, 1], "x": [0.1, 0.2, 0.3, 0.4], "target": [0, 0, 1, 1]}
    )
    with pytest.raises(ConfigurationError, match="take its test rows out before"):
        ar.frame_task(frame, test_fraction=0.5)


@pytest.mark.filterwarnings("ignore::alignrnn.errors.Notice")
def test_evaluate_shows_it_to_a_network(home, capsys):
    network = ar.RNN(ar.Elman(3), 1, 3, labels=(1, 3, 7), key=jax.random.key(0))
    save_network(network, home / "net.npz")
    assert main(["evaluate", "net.npz", "my.npz", "--test-fraction", "0.25"]) == 0
    assert "my.npz, test part: 10 answers of 10 sequences" in capsys.readouterr().out
