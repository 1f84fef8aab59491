"""Networks to files and back; what is damaged is named."""

import dataclasses
import json
import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import alignrnn
from alignrnn import BPTT, ConfigurationError, ElmanRNN, NetworkOptions, Protocol, Stopping
from alignrnn.configuration import configuration
from alignrnn.errors import Notice
from alignrnn.files import atomic
from alignrnn.results import network_file, open_store

from ..studies.paper.records import made_up


def network(**options):
    return ElmanRNN(5, 7, 3, key=jax.random.key(1), **options)


@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
@pytest.mark.parametrize("output_kind", ["classes", "values"])
def test_a_network_comes_back_bit_by_bit(tmp_path, activation, output_kind):
    saved = network(activation=activation, output_kind=output_kind)
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
            description["activation"] = "__import__('os')"
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
def test_a_damaged_file_is_named_and_never_trusted(tmp_path, how):
    path = tmp_path / "n.npz"
    damaged(path, how)
    with pytest.raises(ConfigurationError) as error:
        alignrnn.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_of_the_first_format_is_still_read(tmp_path):
    """Written as version 0.1.0 did."""
    saved = network(activation="relu")
    description = {"format": 1, "cell": "ElmanRNN", "activation": "relu", "output_kind": "classes"}
    np.savez(
        tmp_path / "n.npz",
        alignrnn=np.array(json.dumps(description)),
        **{
            name: np.asarray(getattr(saved, name))
            for name in ("w_xh", "w_hh", "w_hy", "b_h", "b_y")
        },
    )
    loaded = alignrnn.load(tmp_path / "n.npz")
    assert jax.tree.structure(loaded) == jax.tree.structure(saved)
    np.testing.assert_array_equal(loaded.w_hh, saved.w_hh)


def changed(where, change):
    return eqx.tree_at(where, network(), replace_fn=change)


class Twice(ElmanRNN):
    """Another class, with leaves that share their names."""

    inner: ElmanRNN

    def __init__(self):
        super().__init__(5, 7, 3, key=jax.random.key(0))
        self.inner = network()


def trained():
    """The result of a short training."""
    task = alignrnn.TemporalOrder(10)
    protocol = Protocol(validation_samples=20, check_every=2, stopping=Stopping(max_iterations=2))
    return alignrnn.train(task, BPTT(), network=NetworkOptions(4), protocol=protocol)


UNREADABLE = {
    "another class": (Twice, "got a Twice, but a file can hold: ElmanRNN"),
    "not finite": (
        lambda: changed(lambda n: n.b_h, lambda b: b.at[2].set(jnp.nan)),
        "got an ElmanRNN, but only what can be read back is written (b_h is not finite)",
    ),
    "another shape": (
        lambda: changed(lambda n: n.w_hy, lambda w: w[:4]),
        "got an ElmanRNN, but only what can be read back is written "
        "(w_hy is float32 of shape (4, 3))",
    ),
    "a type NumPy cannot write": (
        lambda: changed(lambda n: n.w_hy, lambda w: w.astype(jnp.bfloat16)),
        "got an ElmanRNN, but only what can be read back is written "
        "(w_hy is bfloat16 of shape (7, 3))",
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
    assert str(error.value) == f"network: {message}"
    assert list(tmp_path.iterdir()) == []


def test_leaves_that_share_a_name_have_a_key_each():
    arrays = network_file._arrays(Twice())
    assert {"w_hh", "inner.w_hh"} < set(arrays)
    assert len(arrays) == len(jax.tree.leaves(Twice()))


@pytest.mark.usefixtures("without_type_checker")
def test_a_place_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "missing" / "n.npz"
    with pytest.raises(ConfigurationError) as error:
        alignrnn.save_network(network(), path)
    assert str(error.value) == (
        f"path: got '{path}', but it cannot be written (its directory is not there)"
    )
    with pytest.raises(ConfigurationError, match="path: got an ElmanRNN, but it must be the path"):
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
            each.identity: ElmanRNN(5, 7, 3, key=jax.random.key(each.seed))
            for each in (best, slower, worse)
        }
        with open_store(tmp_path, "example") as store:
            store.put(worse, slower, best, self.run(3, 0.0))
            for identity, kept in networks.items():
                store.put_network(identity, kept)
        np.testing.assert_array_equal(alignrnn.load(tmp_path).w_hh, networks[best.identity].w_hh)

    def test_a_network_that_is_not_finite_is_named_and_not_written(self, tmp_path):
        bad = changed(lambda n: n.w_xh, lambda w: w * jnp.inf)
        with open_store(tmp_path, "example") as store:
            with pytest.warns(Notice, match=r"abc\.npz is not written: network: got an ElmanRNN"):
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
