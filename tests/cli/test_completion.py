"""`alignrnn completion`: a script that its shell takes, and that completes in bash."""

import shutil
import subprocess

import pytest

from alignrnn.cli import COMMANDS, main
from alignrnn.cli.completion import script

ASKED = """
source {file}
COMP_WORDS=(alignrnn {words} "{last}") COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_alignrnn
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("completion") / "alignrnn.bash"
    made.write_text(script(COMMANDS, "bash"))
    return made


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_its_shell_takes_it(shell, capsys):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert main(["completion", shell]) == 0
    said = capsys.readouterr().out
    done = subprocess.run([shell, "-n"], input=said, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "last", "offered"),
    [
        ("", "ev", {"evaluate"}),
        ("train", "--target-s", {"--target-step"}),  # of the rule
        ("frontier", "--leak", {"--leak"}),  # of a cell
        ("evaluate runs/my", "--time", {"--time"}),  # of a kind of data
        ("train adding --rule", "lra-", {"lra-diff", "lra-fdbk", "lra-e"}),
        ("train adding --align", "", {"states", "pre_activations"}),
        ("train", "temporal", {"temporal-order", "temporal-order-3bit"}),
        ("train --seeds", "c", set()),
        ("runs", "c", set()),  # and so files, which are bash's
    ],
)
def test_what_is_offered(file, words, last, offered):
    asked = ASKED.format(file=file, words=words, last=last)
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == offered


def test_a_shell_that_it_does_not_know_is_one_line(capsys):
    assert main(["completion", "sh"]) == 2
    error = capsys.readouterr().err
    assert error == "alignrnn: error: shell: got 'sh', but it must be one of: bash, fish, zsh\n"
