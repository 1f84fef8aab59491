"""`alignrnn sweep` and `alignrnn runs`: from a grid file to records, and back out of them."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

import alignrnn.sweeps.places
from alignrnn.cli import main
from alignrnn.results import read_store
from alignrnn.training import Training

pytestmark = pytest.mark.usefixtures("compiled_once")

SHARED = """
task = { name = "temporal-order", length = 10 }
rule = { name = "bptt" }
cell = { hidden_size = 8, activation = "identity", initializer = "xavier_uniform" }
"""
GRID = f"""
name = "example"
seed = [0, 1]
{SHARED}
optimizer = {{ learning_rate = [0.01, 1e6] }}
protocol = {{ max_iterations = 40, check_every = 20, validation_samples = 100 }}
"""
"""Four runs of one group, of which two diverge."""


class Speed:
    """In place of a measurement, which takes seconds."""

    def __init__(self, devices):
        pass

    def gigaflops(self):
        return 10.0


@pytest.fixture(scope="module", autouse=True)
def speed():
    """The machine's speed is measured in the subprocesses alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("alignrnn.cli.preview.MatrixProduct", Speed)
        yield


@pytest.fixture
def grid(tmp_path, monkeypatch):
    """The grid file, in a directory of its own, where the command is run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="module")
def swept(tmp_path_factory, compiled_once, speed):
    """The directory of a sweep of the grid."""
    path = tmp_path_factory.mktemp("sweep")
    (path / "grid.toml").write_text(GRID)
    assert main(["sweep", str(path / "grid.toml"), "--out", str(path / "out")]) == 0
    return path / "out"


def said(capsys, *arguments):
    """What the command says on standard output, as lines."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out.splitlines()


def as_csv(lines):
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


class TestSweep:
    def test_a_dry_run_says_how_many_runs_and_how_long_and_writes_nothing(self, grid, capsys):
        lines = said(capsys, "sweep", grid, "--dry-run", "--out", "out")
        assert [line.split() for line in lines[:6]] == [
            ["option", "values"],
            ["task", "temporal-order"],
            ["rule", "bptt"],
            ["optimizer", "sgd"],
            ["optimizer.learning_rate", "0.01,", "1e+06"],
            ["seed", "0,", "1"],
        ]
        assert re.fullmatch(
            r"4 runs, in 1 group on 2 devices: about \d+ s if each ends as soon as its patience "
            r"allows, at most \d+ s, compiling included",
            lines[6],
        )
        assert [path.name for path in grid.parent.iterdir()] == ["grid.toml"]

    def test_what_it_writes(self, swept):
        assert {path.name for path in swept.iterdir()} == {
            "checkpoints",
            "lock",
            "networks",
            "records",
            "runs.csv",
            "store.json",
        }
        records = list(read_store(swept))
        assert sorted(record.status for record in records) == [
            *["diverged"] * 2,
            *["max_iterations"] * 2,
        ]
        with (swept / "runs.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["id"] for row in rows} == {record.identity for record in records}
        assert {row["id"] for row in rows} == {path.stem for path in (swept / "records").iterdir()}
        assert json.loads((swept / "store.json").read_text())["name"] == "example"

    def test_again_it_trains_nothing_and_adding_to_the_grid_only_what_is_new(
        self, grid, swept, capsys, monkeypatch
    ):
        trained = []

        class Counted(Training):
            def __init__(self, task, runs, *arguments, **options):
                trained.extend(run.seed for run in runs)
                super().__init__(task, runs, *arguments, **options)

        monkeypatch.setattr(alignrnn.sweeps.places, "Training", Counted)
        lines = said(capsys, "sweep", grid, "--out", swept)
        assert "all 4 runs are recorded already" in lines
        assert f"4 records and runs.csv in {swept}" in lines
        assert trained == []

        grid.write_text(GRID.replace("seed = [0, 1]", "seed = [0, 1, 2, 3]"))
        assert said(capsys, "sweep", grid, "--out", swept, "--dry-run")[-1].startswith(
            "4 runs, besides 4 recorded already, in 1 group on 2 devices: about "
        )
        assert trained == []
        assert f"8 records and runs.csv in {swept}" in said(capsys, "sweep", grid, "--out", swept)
        assert sorted(trained) == [2, 2, 3, 3]

    def test_a_damaged_record_is_told_of_in_one_line_and_made_again(
        self, grid, tmp_path, swept, capsys
    ):
        shutil.copytree(swept, tmp_path / "out")
        before = {record.identity: record.status for record in read_store(swept)}
        records = sorted((tmp_path / "out" / "records").iterdir())
        files = [path.relative_to(tmp_path) for path in records[:4]]
        for file in files:
            file.write_text("half a rec")
        capsys.readouterr()
        assert main(["runs", "out"]) == 0
        whole = "it is cut short, or no record"
        assert capsys.readouterr().err.splitlines() == [
            f"alignrnn: warning: {file}: {whole}; not used" for file in files
        ]
        grid.write_text(GRID.replace("seed = [0, 1]", "seed = [0, 1, 2, 3]"))
        assert main(["sweep", str(grid), "--out", "out"]) == 0
        assert capsys.readouterr().err.splitlines()[: len(files)] == [
            f"alignrnn: warning: {file}: {whole}; set aside as {file.stem}.damaged, "
            "its run will be made again"
            for file in files
        ]
        after = {record.identity: record.status for record in read_store(tmp_path / "out")}
        assert before.items() <= after.items()


class TestRuns:
    def test_the_table_shows_how_runs_ended_and_in_what_they_differ(self, swept, capsys):
        lines = said(capsys, "runs", swept, "--where", "seed<2")
        assert " ".join(lines[:2]).startswith(
            "all runs: task=temporal-order length=10 rule=bptt optimizer=sgd "
            "hidden_size=8 activation=identity "
        )
        header = next(place for place, line in enumerate(lines) if line.startswith("id"))
        assert lines[header].split() == [
            *("id", "status", "iterations", "accuracy", "error", "seconds"),
            *("learning_rate", "seed"),
        ]
        assert [line.split()[1] for line in lines[header + 1 : header + 5]] == [
            *["max_iterations"] * 2,
            *["diverged"] * 2,
        ]

    def test_filters_sorting_and_columns(self, swept, capsys):
        chosen = ["--columns", "seed", "optimizer.learning_rate", "status", "--csv"]
        rows = as_csv(
            said(
                capsys,
                "runs",
                swept,
                "--where",
                "seed<2",
                "status=diverged",
                "--sort=-seed",
                *chosen,
            )
        )
        assert [list(row.values()) for row in rows] == [
            [seed, "1000000.0", "diverged"] for seed in ("1", "0")
        ]
        lines = said(capsys, "runs", swept, "--where", "status=solved", "--columns", "id")
        assert re.fullmatch(r"0 of \d runs", lines[-1])

    def test_csv_is_all_there_is(self, swept, capsys):
        lines = said(capsys, "runs", swept, "--csv", "--sort", "id")
        with (swept / "runs.csv").open(newline="") as file:
            assert as_csv(lines) == list(csv.DictReader(file))

    @pytest.mark.parametrize("form", [[], ["--csv"]])
    def test_the_most_lines(self, swept, capsys, form):
        def shown(*limit):
            lines = said(capsys, "runs", swept, "--where", "seed<2", *limit, *form)
            return len(
                [line for line in lines if re.search(r"[ ,](max_iter\w+|diverged)[ ,]", line)]
            )

        assert shown() == 4
        assert shown("--limit", "3") == 3
        assert shown("--limit", "0") == 4


MISTAKES = {
    "sweep no.toml --out out": (
        "grid: got 'no.toml', but it cannot be read (No such file or directory)"
    ),
    "sweep grid.toml": "out: got nothing, but a sweep needs a directory: --out DIR",
    "sweep no-toml.toml --out out": "grid: got 'no-toml.toml', but it must be TOML (Expected '=' "
    "after a key in a key/value pair (at line 1, column 6))",
    "sweep misspelt.toml --dry-run": (
        "misspelt.toml, rule.taget_step: got 1, but the rule lra-diff does not take it: align, "
        "clip, displacement_bound, gradient_bound, hidden_noise, inner_steps, local_loss, "
        "normalization, omega_norm, omega_over_steps, output_target_step, reduction, "
        "regularization, regularization_by, regularize, target_step"
    ),
    "sweep grid.toml --out foreign": (
        "out: got 'foreign', but it must be new, empty, or the directory of 'example'"
    ),
    "sweep grid.toml --out other": (
        "out: got other, the directory of 'another', but it must be new, or that of 'example'"
    ),
    "sweep grid.toml --out grid.toml": (
        "out: got 'grid.toml', but it must be new, empty, or the directory of 'example'"
    ),
    "sweep grid.toml --out grid.toml/out": (
        "out: got 'grid.toml/out/records', but it cannot be written (Not a directory)"
    ),
    "sweep grid.toml --out out --devices 3": (
        "devices: got 3, but JAX has started already; set it before the first computation"
    ),
    "runs foreign": (
        "directory: got 'foreign', but it must be one that alignrnn has written runs into"
    ),
    "runs nowhere": (
        "directory: got 'nowhere', but it must be one that alignrnn has written runs into"
    ),
    "runs OUT --where status": (
        "where: got 'status', but it must be a column, one of = != < <= > >=, and a value"
    ),
    "runs OUT --where iterations=many": (
        "where: got 'iterations=many', but iterations takes one of = == != <= >= < >, "
        "and then a number"
    ),
    "runs OUT --where statsu=solved": "where: got 'statsu', but it must be one of: accuracy, ",
    "runs OUT --sort statsu": "sort: got 'statsu', but it must be one of: accuracy, ",
    "runs OUT --columns id statsu": "columns: got 'statsu', but it must be one of: accuracy, ",
    "runs OUT --limit -1": "limit: got -1, but it must be an integer of at least 0",
    "runs OUT --limit few": "--limit: got 'few', but it must be an integer",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(command, grid, swept, capsys):
    (grid.parent / "no-toml.toml").write_text("task name")
    (grid.parent / "misspelt.toml").write_text(
        "task = { name = 'adding' }\nrule = { name = 'lra-diff', taget_step = 1 }"
    )
    (grid.parent / "foreign").mkdir()
    (grid.parent / "foreign" / "kept").write_text("mine")
    (grid.parent / "other").mkdir()
    (grid.parent / "other" / "store.json").write_text('{"format": 1, "name": "another"}')
    capsys.readouterr()
    assert main(command.replace("OUT", str(swept)).split()) == 2
    output = capsys.readouterr()
    expected = f"alignrnn: error: {MISTAKES[command]}"
    if expected.endswith(", "):
        assert output.err.startswith(expected)
    else:
        assert output.err == f"{expected}\n"
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert not (grid.parent / "out").exists()
    assert [path.name for path in (grid.parent / "foreign").iterdir()] == ["kept"]


LONG = f"""
seed = [0, 1, 2]
{SHARED}
optimizer = {{ learning_rate = [1e-12, 1e6] }}
protocol = {{ max_iterations = 40000, patience = 0, check_every = 1000, validation_samples = 100 }}
"""
"""Six runs; three end at once, for they diverge, and three take seconds."""


@pytest.mark.slow
def test_ctrl_c_keeps_what_has_ended_and_the_same_command_goes_on(grid):
    grid.write_text(LONG)
    command = [sys.executable, "-m", "alignrnn", "sweep", str(grid), "--out", "out"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    records = grid.parent / "out" / "records"
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and not (records.exists() and list(records.glob("*.json"))):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "stopped; the same command goes on from here" in output
    kept = {path.name: path.read_bytes() for path in records.iterdir()}
    assert 0 < len(kept) < 6
    with (grid.parent / "out" / "runs.csv").open(newline="") as file:
        assert {f"{row['id']}.json" for row in csv.DictReader(file)} == set(kept)

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert f"{6 - len(kept)} runs, besides {len(kept)} recorded already" in done.stdout
    assert "6 of 6 runs" in done.stderr
    assert sorted(record.status for record in read_store(grid.parent / "out")) == [
        *["diverged"] * 3,
        *["max_iterations"] * 3,
    ]
    # What was there has not been touched.
    assert {name: (records / name).read_bytes() for name in kept} == kept


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "..", "a/b"])
def test_a_name_in_a_grid_file_is_never_a_path(grid, capsys, name):
    grid.write_text(GRID.replace('"example"', f'"{name}"'))
    before = {path.name for path in grid.parent.iterdir()}
    assert main(["sweep", str(grid), "--out", "out"]) == 0
    assert {path.name for path in grid.parent.iterdir()} - before == {"out"}
    assert not any(path.name == "outside" for path in grid.parent.parent.iterdir())
    capsys.readouterr()
    records = [path.name for path in (grid.parent / "out" / "records").iterdir()]
    assert all(re.fullmatch(r"[0-9a-f]{16}\.json", record) for record in records)
    assert len(records) == 4


def test_ctrl_c_where_nothing_has_begun_is_no_traceback(monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("alignrnn.cli.runs.Runs.run", interrupted)
    assert main(["runs", "out"]) == 130
