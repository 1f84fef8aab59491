"""Chorales as piano rolls: what sounds in a frame, and in the next."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from alignrnn import ConfigurationError, load_data
from alignrnn.configuration import configuration
from alignrnn.data import chorales
from alignrnn.errors import Notice
from alignrnn.sweeps.grid import expand
from alignrnn.tasks import check_numbers, check_task, read_data

MUSIC = {
    "train": [[[60, 64], [21], []], [[108], [60, 61], [62], [60]]],
    "valid": [[[60], [61]]],
    "test": [[[70], [71], [72]]],
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "music.json"
    path.write_text(json.dumps(MUSIC))
    return path


def test_targets_are_the_next_frame(file):
    data = read_data("chorales", file=str(file))
    for part, chorales_of in (
        (data.training, MUSIC["train"]),
        (data.validation, MUSIC["valid"]),
        (data.test, MUSIC["test"]),
    ):
        assert len(part.inputs) == len(part.targets) == len(chorales_of)
        for inputs, targets, frames in zip(part.inputs, part.targets, chorales_of, strict=True):
            assert inputs.shape == targets.shape == (len(frames) - 1, 88)
            for step in range(len(frames) - 1):
                assert {21 + key for key in np.flatnonzero(inputs[step])} == set(frames[step])
                assert {21 + key for key in np.flatnonzero(targets[step])} == set(frames[step + 1])


def test_it_is_a_task_of_bits_at_every_step_of_each_length(file):
    task = load_data("chorales", file=str(file))
    assert (task.output_kind, task.every_step, task.input_size, task.output_size) == (
        *("bits", True),
        *(88, 88),
    )
    assert task.lengths.tolist() == [2, 3]
    assert task.validation_lengths.tolist() == [1]
    np.testing.assert_array_equal(task.weights, [[1, 1, 0], [1, 1, 1]])
    check_task(task, 3, 3)
    check_numbers(task, 3, task.validation(1))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "it has no train"),
        ('{"valid": []}', "it has no train"),
        ('{"train": 3}', "train is no list of chorales"),
        ('{"train": []}', "train is no list of chorales"),
        ('{"train": [[[60], [61]]], "dev": []}', "not 'dev'"),
        ('{"train": [[[60]]]}', "train[0] is no list of two frames or more"),
        ('{"train": [[[60], [61]], 3]}', "train[1] is no list of two frames or more"),
        ('{"train": [[[60], 61]]}', "a frame of train[0] is no list of notes from 21 to 108"),
        ('{"train": [[[60], [20]]]}', "a frame of train[0] is no list of notes from 21 to 108"),
        ('{"train": [[[60], [109]]]}', "a frame of train[0] is no list of notes from 21 to 108"),
        ('{"train": [[[60], [60.0]]]}', "a frame of train[0] is no list of notes from 21 to 108"),
        ('{"train": [[[60], [true]]]}', "a frame of train[0] is no list of notes from 21 to 108"),
        ("[" * 100_000, ""),
        (b"\xff\xfe", "can't decode"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path, content, why):
    path = tmp_path / "music.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError) as caught:
        load_data("chorales", file=str(path))
    message = str(caught.value)
    assert message.startswith(f"file: got '{path}', but it must be chorales as JSON")
    assert why in message
    assert "\n" not in message


def test_the_file_is_looked_for_beside_the_grid_file(file, monkeypatch):
    monkeypatch.chdir("/")
    given = {"task": {"name": "chorales", "file": file.name}, "rule": {"name": "bptt"}}
    (made,) = expand(given, file.parent)
    assert made.task["folder"] == str(file.parent)
    assert made.build_task().inputs.shape == (2, 3, 88)
    with pytest.raises(ConfigurationError, match="there is no such file"):
        expand(given)


def voice(*notes):
    """Of (onset, quarters, MIDI): what music21 has of a voice."""
    made = [
        SimpleNamespace(offset=at, quarterLength=long, pitches=[SimpleNamespace(midi=midi)])
        for at, long, midi in notes
    ]
    end = max(at + long for at, long, _ in notes)
    return SimpleNamespace(highestTime=end, flatten=lambda: SimpleNamespace(notes=made))


def test_a_frame_is_what_sounds_at_the_beginning_of_its_quarter():
    soprano = voice((0, 1, 72), (1, 0.5, 74), (1.5, 0.5, 76), (2, 2, 77))
    bass = voice((0.5, 1, 40), (1.75, 0.25, 41), (2, 1, 43))
    assert chorales._frames([soprano, bass]) == [[72], [40, 74], [43, 77], [77]]


@pytest.fixture
def music(monkeypatch, tmp_path):
    """A corpus of ten pieces, each in two keys, and where it is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked = []

    def pieces():
        asked.append(1)
        for piece in range(10):
            for key in (0, 5):
                each = [(at, 1, 50 + key + (piece * at) % 11) for at in range(4)]
                yield [voice(*each)] * 4

    monkeypatch.setattr(chorales, "_music", pieces)
    return asked


def test_without_a_file_they_are_taken_from_music21_once(music, tmp_path):
    with pytest.warns(Notice, match=r"of our own .*\(6 to train on, 2 to validate, 2 to test"):
        task = load_data("chorales")
    assert (len(task.inputs), len(task.validation_inputs)) == (6, 2)
    again = read_data("chorales")
    assert len(again.test.inputs) == 2
    assert music == [1]
    assert len(list((tmp_path / "cache" / "alignrnn").iterdir())) == 1


def test_a_piece_in_two_keys_is_in_one_part_alone(music):
    data = read_data("chorales")
    every = [part.inputs for part in (data.training, data.validation, data.test)]
    tunes = [tuple(np.diff(np.argmax(roll, axis=1))) for rolls in every for roll in rolls]
    assert len(tunes) == len(set(tunes)) == 10


def test_without_music21_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(ConfigurationError) as caught:
        load_data("chorales")
    assert str(caught.value).endswith("it needs music21: pip install 'alignrnn[music]'")


def test_where_its_file_is_changes_no_run(file, tmp_path):
    def identity(place):
        task = {"name": "chorales", "file": str(place)}
        return configuration({"task": task, "rule": {"name": "bptt"}}).identity

    elsewhere = tmp_path / "elsewhere" / file.name
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(file.read_bytes())
    assert identity(elsewhere) == identity(file)
    elsewhere.write_text(json.dumps(json.loads(file.read_text())) + " ")
    assert identity(elsewhere) != identity(file)
