"""Networks to files and back; what is damaged is named."""

import json
import os

import jax
import numpy as np
import pytest

import alignrnn
from alignrnn import ConfigurationError, ElmanRNN
from alignrnn.results import load_config
from alignrnn.results.files import atomic


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
    with pytest.raises(ConfigurationError, match="one that alignrnn train has written"):
        alignrnn.load(tmp_path)


def test_a_config_json_of_lists_too_deep_is_named(tmp_path):
    (tmp_path / "config.json").write_text(100_000 * "[")
    with pytest.raises(ConfigurationError, match="it must be of a training"):
        load_config(tmp_path)


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
