"""examples/optuna_search.py runs, searches and ends what is hopeless early."""

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "optuna_search.py"


@pytest.mark.slow
def test_the_search_finds_a_better_setting_than_its_first(capsys):
    pytest.importorskip("optuna", reason="optuna is not installed")
    study = runpy.run_path(str(EXAMPLE))["main"](["--trials", "12"])
    assert study.best_value < study.trials[0].values[0]
    assert {trial.state.name for trial in study.trials} == {"COMPLETE", "PRUNED"}
    assert "alignrnn train temporal-order --length 30" in capsys.readouterr().out
