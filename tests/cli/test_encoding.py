"""Terminals that know no Unicode get the same words in ASCII."""

import os
import subprocess
import sys

import pytest

from alignrnn.cli.encoding import spell


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("α, β and Ω", "alpha, beta and Omega"),
        ("c₁ = c₂", "c1 = c2"),
        ("‖ΔW_hh‖", "||DeltaW_hh||"),
        ("ℓ(z, z̄)", "l(z, z_bar)"),
        ("best 99% · at most 3 s…", "best 99% - at most 3 s..."),
        ("╭─ options ─╮", "+- options -+"),
        ("h̄", "h_bar"),
        ("日", "?"),
    ],
)
def test_spelled(text, expected):
    assert spell(text) == expected


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["train", "adding", "--rule", "é"]]
)
def test_an_ascii_output_does_not_fail(words):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "alignrnn", *words],
        capture_output=True,
        env=os.environ | ascii_only,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("ascii")
    assert "Traceback" not in said
    if words[-1] == "--help":
        assert done.returncode == 0
    if words == ["train", "--help"]:
        assert "--target-step FLOAT|unit" in said
        assert "beta: step of the targets" in said


def test_utf_8_is_left_alone():
    done = subprocess.run(
        [sys.executable, "-m", "alignrnn", "train", "--help"],
        capture_output=True,
        env=os.environ | {"PYTHONUTF8": "1"},
        check=True,
    )
    assert "β: step of the targets" in done.stdout.decode()
