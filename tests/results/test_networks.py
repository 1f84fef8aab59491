"""Networks to files and back; what is damaged is named."""

import dataclasses
import json
import os
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn
from alignrnn import (
    BPTT,
    GRU,
    LSTM,
    RNN,
    ConfigurationError,
    Elman,
    LeakyElman,
    Protocol,
    Stack,
    Stopping,
)
from alignrnn.configuration import configuration
from alignrnn.errors import Notice
from alignrnn.files import atomic
from alignrnn.registry import CELLS
from alignrnn.results import network_file, open_store

from ..studies.paper.records import made_up


def network(cell=None, **options):
    return RNN(cell or Elman(7), 5, 3, key=jax.random.key(1), **options)


@pytest.mark.parametrize(
    "cell",
    [
        Elman(7, activation="relu", input_scale=0.5),
        LeakyElman(6, leak=0.3),
        GRU(4, layers=2),
        Stack(LSTM(4, forget_bias=2.0), Elman(3)),
    ],
    ids=lambda cell: type(cell).__name__,
)
@pytest.mark.parametrize("options", [{}, {"output_kind": "values", "every_step": True}])
def test_a_network_comes_back_bit_by_bit(tmp_path, cell, options):
    saved = network(cell, **options)
    alignrnn.save_network(saved, tmp_path / "n.npz")
    loaded = alignrnn.load(tmp_path / "n.npz")
    assert jax.tree.structure(loaded) == jax.tree.structure(saved)
    for a, b in zip(jax.tree.leaves(saved), jax.tree.leaves(loaded), strict=True):
        np.testing.assert_array_equal(a, b)


def damaged(path, how):
    alignrnn.save_network(network(), path)
    if how == "cut short":
        path.write_bytes(path.read_bytes()[:300])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "a flipped byte":
        content = bytearray(path.read_bytes())
        content[content.index(b"w_hh.npy") + 150] ^= 0xFF
        path.write_bytes(bytes(content))
    else:
        with np.load(path) as file:
            arrays = dict(file)
        description = json.loads(str(arrays["alignrnn"]))
        if how == "another format":
            description["format"] = 99
        elif how == "another shape":
            arrays["w_hy"] = arrays["w_hy"][:4]
        elif how == "not finite":
            arrays["w_xh"][0, 0] = np.nan
        elif how == "an unknown activation":
            description["cell"]["activation"] = "__import__('os')"
        elif how == "an array missing":
            del arrays["b_y"]
        text = {"no table": "[1]", "lists too deep": 100_000 * "["}.get(how)
        arrays["alignrnn"] = np.array(text or json.dumps(description))
        np.savez(path, **arrays)


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "empty",
        "a flipped byte",
        "another format",
        "another shape",
        "not finite",
        "an unknown activation",
        "an array missing",
        "no table",
        "lists too deep",
    ],
)
def test_a_damaged_file_is_named_and_never_trusted(tmp_path, how, without_type_checker):
    path = tmp_path / "n.npz"
    damaged(path, how)
    with pytest.raises(ConfigurationError) as error:
        alignrnn.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_cell_of_one_s_own_comes_back_from_its_file_unless_that_has_changed(tmp_path):
    own = Path(__file__).parents[2] / "examples" / "own" / "my_cell.py"
    (tmp_path / "my_cell.py").write_text(own.read_text())
    saved = network(CELLS.of("my_cell.py:MinimalGated", tmp_path)(6))
    alignrnn.save_network(saved, tmp_path / "n.npz")
    loaded = alignrnn.load(tmp_path / "n.npz")
    np.testing.assert_array_equal(loaded.parameters["w_hh"], saved.parameters["w_hh"])
    (tmp_path / "my_cell.py").write_text(own.read_text() + "\n")
    with pytest.raises(ConfigurationError, match="it has changed"):
        alignrnn.load(tmp_path / "n.npz")


def changed(where, change):
    return eqx.tree_at(where, network(), replace_fn=change)


def trained():
    """The result of a short training."""
    task = alignrnn.TemporalOrder(10)
    protocol = Protocol(validation_samples=20, check_every=2, stopping=Stopping(max_iterations=2))
    return alignrnn.train(task, BPTT(), cell=Elman(4), protocol=protocol)


UNREADABLE = {
    "a cell in no file": (
        lambda: network(type("Nowhere", (Elman,), {"__module__": "nowhere"})(7)),
        "got a Nowhere, but its class must be in a file, or no other program knows it",
    ),
    "not finite": (
        lambda: changed(lambda n: n.layers[0].parameters["b_h"], lambda b: b.at[2].set(jnp.nan)),
        "got an RNN, but only what can be read back is written (b_h is not finite)",
    ),
    "another shape": (
        lambda: changed(lambda n: n.readout.w_hy, lambda w: w[:4]),
        "got an RNN, but only what can be read back is written (w_hy is float32 of shape (4, 3))",
    ),
    "a type NumPy cannot write": (
        lambda: changed(lambda n: n.readout.w_hy, lambda w: w.astype(jnp.bfloat16)),
        "got an RNN, but only what can be read back is written (w_hy is bfloat16 of shape (7, 3))",
    ),
    "a result": (
        trained,
        "got a RunResult, but it must be a network; that of a result is its .network",
    ),
}


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("what", UNREADABLE)
def test_what_could_not_be_read_back_is_not_written(tmp_path, what):
    make, message = UNREADABLE[what]
    with pytest.raises(ConfigurationError) as error:
        alignrnn.save_network(make(), tmp_path / "n.npz")
    assert str(error.value).endswith(message)
    assert list(tmp_path.iterdir()) == []


def test_leaves_that_share_a_name_have_a_key_each():
    two = network(GRU(4, layers=2))
    arrays = network_file._arrays(two)
    assert {"0.w_hh", "1.w_hh", "w_hy"} < set(arrays)
    assert len(arrays) == len(jax.tree.leaves(two))


@pytest.mark.usefixtures("without_type_checker")
def test_a_place_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "missing" / "n.npz"
    with pytest.raises(ConfigurationError) as error:
        alignrnn.save_network(network(), path)
    assert str(error.value) == (
        f"path: got '{path}', but it cannot be written (its directory is not there)"
    )
    with pytest.raises(ConfigurationError, match="path: got an RNN, but it must be the path"):
        alignrnn.save_network(network(), network())  # pyright: ignore[reportArgumentType]


class TestOfADirectory:
    """`load` of runs that kept their networks."""

    def run(self, seed, error, iterations=20):
        data = {"task": {"name": "temporal-order"}, "rule": {"name": "bptt"}, "seed": seed}
        made = made_up(configuration(data))
        return dataclasses.replace(made, best_error=error, iterations=iterations)

    def test_it_is_the_best_run_s_of_those_that_have_one(self, tmp_path):
        best, slower, worse = (self.run(0, 0.1), self.run(1, 0.1, 30), self.run(2, 0.2))
        networks = {
            each.identity: RNN(Elman(7), 5, 3, key=jax.random.key(each.seed))
            for each in (best, slower, worse)
        }
        with open_store(tmp_path, "example") as store:
            store.put(worse, slower, best, self.run(3, 0.0))
            for identity, kept in networks.items():
                store.put_network(identity, kept)
        np.testing.assert_array_equal(
            alignrnn.load(tmp_path).parameters["w_hh"],
            networks[best.identity].parameters["w_hh"],
        )

    def test_a_network_that_is_not_finite_is_named_and_not_written(self, tmp_path):
        bad = changed(lambda n: n.layers[0].parameters["w_xh"], lambda w: w * jnp.inf)
        with open_store(tmp_path, "example") as store:
            with pytest.warns(Notice, match=r"abc\.npz is not written: network: got an RNN"):
                store.put_network("abc", bad)
            assert not store.network("abc").exists()

    def test_one_without_networks_is_named(self, tmp_path):
        with open_store(tmp_path, "example") as store:
            store.put(self.run(0, 0.1))
        with pytest.raises(ConfigurationError, match="must have runs that kept their networks"):
            alignrnn.load(tmp_path)


def test_nothing_in_a_file_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made by loading"),)

    np.savez(tmp_path / "n.npz", alignrnn=np.array(Evil(), dtype=object))
    with pytest.raises(ConfigurationError):
        alignrnn.load(tmp_path / "n.npz")
    assert not (tmp_path / "made by loading").exists()


def test_what_is_not_there_or_no_training_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no such file"):
        alignrnn.load(tmp_path / "no.npz")
    with pytest.raises(ConfigurationError, match="must have runs that kept their networks"):
        alignrnn.load(tmp_path)


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def interrupted():
        with atomic(path) as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
