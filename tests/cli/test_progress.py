"""Where live lines go, and where not."""

from alignrnn.cli.progress import TrainingProgress


def test_a_pipe_that_is_called_a_terminal_gets_no_live_lines(monkeypatch, capsys):
    """As in a notebook, where they would be written one below the other."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with TrainingProgress("temporal order", True) as progress:
        assert not progress.is_live
    assert capsys.readouterr().err == ""
