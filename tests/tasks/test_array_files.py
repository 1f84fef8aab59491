"""One's own sequences from a file: what it may hold, and that nothing in it is ever run."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alignrnn import ArrayTask, ConfigurationError, load_data

from .own_arrays import FEATURES, LABELS, SYMBOLS, VALUES, N, T, held_out_rows


def test_a_file_gives_the_task_of_its_arrays(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, inputs=SYMBOLS, targets=LABELS)
    for given in (path, str(path)):
        task = load_data(given, held_out=0.4)
        assert (task.name, task.input_size, task.output_size) == ("mine", N * T, 3)
        assert held_out_rows(task) == held_out_rows(ArrayTask(SYMBOLS, LABELS, held_out=0.4))


def test_a_file_may_bring_its_validation_arrays(tmp_path):
    path = tmp_path / "values.npz"
    np.savez_compressed(
        path,
        inputs=FEATURES[:30],
        targets=VALUES[:30],
        validation_inputs=FEATURES[30:],
        validation_targets=VALUES[30:],
    )
    task = load_data(path, tolerance=0.5)
    assert task.tolerance == 0.5
    assert task.inputs.shape == (30, T, 2)
    np.testing.assert_allclose(task.validation(1).targets[0], VALUES[30:, None], rtol=1e-6)


def loading_error(path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_data(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "missing.npz"
    assert loading_error(path) == f"task: got '{path}', but there is no such file"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "it is a directory"),
        (os.mkfifo, "it is no plain file"),
        (lambda path: path.write_text("inputs\ntargets\n"), "it is no archive of np.savez"),
    ],
    ids=["directory", "pipe", "text"],
)
def test_what_is_no_npz_file_is_told_what_it_is(tmp_path, make, reason):
    path = tmp_path / "mine.npz"
    make(path)
    assert loading_error(path) == (
        f"task: got '{path}', but it must be an .npz file of plain arrays ({reason})"
    )


@pytest.mark.parametrize(
    ("names", "given", "allowed"),
    [
        (
            ("inputs", "targets", "weight", "extra"),
            " with extra, weight",
            "its arrays must be among: inputs, targets, lengths, weights, groups, "
            "validation_inputs, validation_targets, validation_lengths, validation_weights, "
            "test_inputs, test_targets, test_lengths, test_weights",
        ),
        (("inputs",), "", "it must hold an array named targets"),
        (("targets",), "", "it must hold an array named inputs"),
        ((), "", "it must hold an array named inputs"),
        (
            ("inputs", "targets", "validation_inputs"),
            " with validation_inputs alone",
            "both or neither of the two must be",
        ),
        (
            ("inputs", "targets", "validation_targets"),
            " with validation_targets alone",
            "both or neither of the two must be",
        ),
    ],
)
def test_a_file_with_the_wrong_arrays_is_named(tmp_path, names, given, allowed):
    path = tmp_path / "file.npz"
    arrays: dict[str, Any] = {name: LABELS if "targets" in name else SYMBOLS for name in names}
    np.savez(path, **arrays)
    assert (
        loading_error(path)
        == f"task: got {f'{path}{given}' if given else repr(str(path))}, but {allowed}"
    )


class Trap:
    """Unpickling it would raise a flag."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def write_npz_of_objects(path):
    np.savez(path, inputs=np.array([Trap()], object), targets=LABELS)


def write_pickle(path):
    path.write_bytes(pickle.dumps(Trap()))


def write_npy(path):
    with path.open("wb") as file:
        np.save(file, SYMBOLS)


@pytest.mark.parametrize(
    "write",
    [
        write_npz_of_objects,
        write_pickle,
        write_npy,
        lambda path: path.write_text("inputs\ntargets\n"),
        lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
        lambda path: path.write_bytes(b""),
    ],
    ids=["npz of objects", "pickle", "npy", "text", "broken zip", "empty"],
)
def test_a_file_of_anything_else_is_refused_and_never_run(tmp_path, write):
    path = tmp_path / "file.npz"
    write(path)
    message = loading_error(path)
    # The reason at the end is numpy's own.
    start = f"task: got '{path}', but it must be an .npz file of plain arrays ("
    assert message.startswith(start)
    assert message.endswith(")")
    assert len(message) > len(start) + 1
    assert not Trap.sprung
