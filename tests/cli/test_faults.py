"""Errors that are no mistake in the words: of a rule of one's own, and of too little memory."""

import re

import jax
import pytest

import alignrnn.sweeps.places
from alignrnn import ConfigurationError
from alignrnn.cli import main
from alignrnn.cli.limits import check_memory_limit
from tests.limited import limited

TRAIN = [
    *("train", "temporal-order", "--length", "10", "--hidden-size", "6", "--no-diagnostics"),
    *("--max-iterations", "40", "--check-every", "20", "--validation-samples", "60"),
]
GRID = """
task = { name = "temporal-order", length = 10 }
rule = { name = "broken" }
cell = { hidden_size = 6 }
protocol = { max_iterations = 40 }
"""


BROKEN = '''
from alignrnn import BPTT

class Raises(BPTT):
    """A rule that says what is wrong."""
    def update(self, *arguments, **options):
        raise ValueError("this rule needs\\nseven hidden units")

class BranchesOnATracer(BPTT):
    """A mistake whose message JAX makes long."""
    def update(self, *arguments, **options):
        made, state = super().update(*arguments, **options)
        assert made.loss >= 0
        return made, state

class GrowsItsState(BPTT):
    """Another."""
    def update(self, *arguments, **options):
        made, _ = super().update(*arguments, **options)
        return made, (made.loss,)
'''


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("Raises", "ValueError: this rule needs"),
        ("BranchesOnATracer", "TracerBoolConversionError: Attempted boolean conversion of traced "),
        ("GrowsItsState", "TypeError: "),
    ],
)
def test_the_message_of_a_rule_of_one_s_own_comes_first_and_last(
    rule, first, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text(BROKEN)
    (tmp_path / "grid.toml").write_text(GRID.replace("broken", f"broken.py:{rule}"))
    assert main(["sweep", "grid.toml", "--dry-run"]) == 0
    capsys.readouterr()
    assert main(["sweep", "grid.toml", "--out", "out"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("0 of")]
    assert lines[0].startswith(f"alignrnn: error: {first}")
    assert lines[-1] == lines[0]
    assert len(lines[0]) < 350
    if rule != "GrowsItsState":  # what it returns is looked at by JAX alone
        assert any("broken.py" in line for line in lines)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room for 8 bytes"),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
        jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes.\nmore"),
    ],
)
def test_too_little_memory_is_one_line(error, tmp_path, monkeypatch, capsys):
    def without_room(*_, **__):
        raise error

    monkeypatch.setattr(alignrnn.sweeps.places, "Training", without_room)
    assert main([*TRAIN, "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("alignrnn: error: ")
    assert re.search("the memory (of .* )?is too small", said)
    assert said.count("\n") == 1


@pytest.mark.parametrize("kibibytes", [1_200_000, 1_600_000, 1_900_000])
def test_a_limit_that_jax_cannot_live_with_is_one_line_before_it_starts(tmp_path, kibibytes):
    done = limited(f"-v {kibibytes}", [*TRAIN, "--out", str(tmp_path / "out")], cores=2)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"alignrnn: error: ulimit -v: got {kibibytes / 2**20:.2f} GiB, but JAX ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("cores", "gibibytes", "is_enough"),
    [(1, 1.76, False), (1, 1.8, True), (16, 4.1, False), (64, 10.9, False), (64, 16, True)],
)
def test_a_limit_is_judged_by_what_as_many_cores_were_measured_to_take(
    cores, gibibytes, is_enough, monkeypatch
):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr("resource.getrlimit", lambda _: (int(gibibytes * 2**30), -1))
    if is_enough:
        check_memory_limit()
    else:
        with pytest.raises(ConfigurationError, match=f"JAX needs at least .* {cores} core"):
            check_memory_limit()
