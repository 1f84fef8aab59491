"""The picture of scores: a panel a data set, a row a way, a dot a run."""

import math

from alignrnn.reports import ScoresPanel, save_figure, scores_figure

SCORES = {
    "this": {"Elman": [90.0, 92.0], "GRU": [95.0]},
    "that": {"Elman": [80.0, math.inf]},
}


def dots(axis):
    """Where each dot is, by row."""
    points = [
        (x, round(y))
        for line in axis.lines
        if line.get_linestyle() == "None"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    return sorted(points)


def test_every_finite_score_is_a_dot_in_the_row_of_its_way(tmp_path):
    panels = [ScoresPanel(name, "accuracy (%)", SCORES, (99.0,)) for name in ("A", "B", "C")]
    figure = scores_figure(panels)
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_title("left") for axis in shown] == ["A", "B", "C"]
    for axis in shown:
        assert dots(axis) == [(80.0, 1), (90.0, 0), (92.0, 0), (95.0, 0)]
        dashed = [line.get_xdata()[0] for line in axis.lines if line.get_linestyle() == "--"]
        assert dashed == [99.0]
    assert [text.get_text() for text in shown[0].get_yticklabels()] == ["this", "that"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["Elman", "GRU"]
    save_figure(figure, tmp_path / "scores.png")


def test_one_panel_needs_no_second_column():
    figure = scores_figure([ScoresPanel("A", "accuracy (%)", SCORES, ())])
    assert len(figure.axes) == 1
