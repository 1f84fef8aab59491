"""`alignrnn train --grow-to`: longer sequences, once shorter ones are solved."""

import json

import numpy as np
import pytest

from alignrnn import load, load_network
from alignrnn.cli import main
from alignrnn.configuration import configuration
from alignrnn.training import initial_state

SMALL = ["--hidden-size", "4", "--max-iterations", "10", "--check-every", "5", "--patience", "0"]
SMALL += ["--validation-samples", "40", "--no-diagnostics", "--rule", "bptt"]
AT_ONCE = ["--solved-below", "1"]
"""Solved at the first check, whatever the answers."""


def records(out):
    """By length and seed."""
    made = {}
    for file in (out / "records").iterdir():
        record = json.loads(file.read_text())
        configuration = record["configuration"]
        made[configuration["task"]["length"], configuration["seed"]] = record
    return made


def test_each_stage_goes_on_from_the_networks_of_the_one_before(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["train", "temporal-order", "--lengths", "10..12", "--run-in", *SMALL, *AT_ONCE]
    words += ["--out", str(out)]
    assert main([*words, "--grow-to", "15"]) == 0
    said = capsys.readouterr().out
    assert said.index("temporal-order T=10..12, bptt: 1 of 1 solved") < said.index("T=10..15, bptt")
    assert (out / "learning_curves.png").is_file()
    assert set(records(out)) == {(12, 0), (15, 0)}

    assert main([*words, "--grow-to", "15", "20"]) == 0  # and what is there is not made again
    assert capsys.readouterr().out.count("all of it is recorded already") == 2
    found = records(out)
    assert len(found) == 3
    for shorter, longer in ((12, 15), (15, 20)):
        before, after = found[shorter, 0], found[longer, 0]
        task = after["configuration"]["task"]
        assert (task["lengths"], task["run_in"]) == (f"10..{longer}", True)
        assert after["configuration"]["start"]["name"] == f"networks/{before['identity']}.npz"
        again = configuration(after["configuration"])
        begin = initial_state(again.build_task(), again.build_run()).network
        kept = load_network(out / "networks" / f"{before['identity']}.npz")
        for name, leaf in kept.parameters.items():
            np.testing.assert_array_equal(begin.parameters[name], leaf)

    out = out.rename(tmp_path / "moved")
    assert main(["evaluate", str(out)]) == 0  # of the last stage, for the others were gone on from
    assert "temporal-order T=10..20" in capsys.readouterr().out
    last = load_network(out / "networks" / f"{found[20, 0]['identity']}.npz")
    for name, leaf in load(out).parameters.items():
        np.testing.assert_array_equal(last.parameters[name], leaf)
    looks = ["--lengths", "10", "--samples", "20", "--states-at", "0"]
    assert main(["generalize", str(out), *looks]) == 0
    assert "temporal-order, trained on T = 10..20: wrong" in capsys.readouterr().out
    assert len((out / "generalization.csv").read_text().splitlines()) == 2


def test_what_has_one_length_grows_too_and_ends_where_it_is_not_solved(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["train", "temporal-order", "--length", "10", *SMALL, "--solved-below", "1e-9"]
    assert main([*words, "--grow-to", "12", "--out", str(out)]) == 0
    assert set(records(out)) == {(10, 0)}
    assert "0 of 1 solved" in capsys.readouterr().out


def test_lengths_before_the_last_may_be_left_with_errors(tmp_path, capsys):
    """`--grow-below` is the limit of every length but the last."""
    out = tmp_path / "out"
    words = ["train", "temporal-order", "--length", "10", *SMALL, "--solved-below", "1e-9"]
    words += ["--grow-to", "12", "14", "--grow-below", "1"]
    assert main([*words, "--out", str(out)]) == 0
    limits = {
        length: record["configuration"]["protocol"]["solved_below"]
        for (length, _), record in records(out).items()
    }
    assert limits == {10: 1, 12: 1, 14: 1e-9}
    said = capsys.readouterr().out
    assert "T=12, bptt: 1 of 1 solved" in said
    assert "T=14, bptt: 0 of 1 solved" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["temporal-order", "--grow-to", "20"], "grow_to: got 20, but it must be an integer of at"),
        (["temporal-order", "--grow-to", "40", "30"], "grow_to: got 30"),
        (["pixel-digits", "--grow-to", "20"], "grow_to: got [20], but pixel-digits has its own"),
        (["temporal-order", "--grow-below", "0.1"], "grow_below: got 0.1, but it needs --grow-to"),
        (["copy", "--grow-to", "40", "--grow-below", "0"], "grow_below: got 0.0, but it must be a"),
    ],
)
def test_a_mistake_is_one_line(words, said, tmp_path, capsys):
    assert main(["train", *words, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert said in shown.err
    assert not (tmp_path / "out").exists()
