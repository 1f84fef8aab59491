"""The picture of how far settings reach."""

from matplotlib.lines import Line2D

from alignrnn.reports.reach import ACCURACY, Reached, reach_figure


def test_more_settings_than_colours_are_still_told_apart():
    curves = {str(n): [Reached(10, 100.0, 100 + n, solved=True)] for n in range(18)}
    (legend,) = reach_figure(curves, ACCURACY).legends
    handles = [handle for handle in legend.legend_handles if isinstance(handle, Line2D)]
    assert len(handles) == 18
    looks = {(h.get_color(), h.get_linestyle(), h.get_marker()) for h in handles}
    assert len(looks) == 18
