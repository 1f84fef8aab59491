"""The picture and the table of what flowed through a network's layers."""

import numpy as np
import pytest

from alignrnn.reports import flow_figure, flow_rows, layers_of, of_layer, signal_of

CHECKS, STEPS = 3, 5
HISTORY = {"iteration": [10, 20, 30], "loss": [1.5, 1.0, 0.5]}


def diagnostics():
    """Each layer ten times the one below it; the lowest exactly 0."""
    values = np.tile(10.0 ** np.arange(-STEPS, 0), (CHECKS, 1))
    values[:, 0] = 0
    names = ("local_loss", "gradient_norm_w_hh", "gradient_norm_w_xh", "displacement_norm")
    return {name: values.tolist() for name in names}


def test_a_curve_for_each_layer_but_the_last_step():
    figure = flow_figure(HISTORY, diagnostics())
    panels = figure.axes[:4]
    for panel in panels[:3]:
        assert len(panel.lines) == STEPS - 1
        assert panel.get_yscale() == "log"
    for layer, line in enumerate(panels[0].lines):
        expected = [10.0 ** (layer - STEPS)] * CHECKS if layer else [np.nan] * CHECKS
        np.testing.assert_allclose(line.get_ydata(), expected)
    assert list(panels[3].lines[0].get_ydata()) == HISTORY["loss"]


def test_what_is_16_decades_below_the_top_is_not_drawn():
    tiny = diagnostics()
    tiny["local_loss"] = [[1e-18, 1e-15, 1e-3, 1.0, 2.0]] * CHECKS
    first, second, *_ = flow_figure(HISTORY, tiny).axes[0].lines
    assert np.all(np.isnan(first.get_ydata()))
    assert np.all(np.isfinite(second.get_ydata()))


def test_a_row_for_each_layer_the_last_first():
    heading, *rows = flow_rows(diagnostics())
    assert heading[0] == "layer"
    assert [row[0] for row in rows] == ["L5", "L4", "L3", "L2", "L1"]
    assert rows[0] == ("L5", "0.1", "0.1", "0.1", "0.1", "0.1")
    assert float(rows[-2][-1]) == pytest.approx(0)
    assert rows[-1][-1] == ""  # below the first layer there is none


def test_an_error_stands_where_there_is_no_local_loss():
    """BPTT reports no displacements."""
    errors = {"error_norm": [[0.25, 0.5, 1.0]] * CHECKS, "gradient_norm_w_hh": [[0, 1, 2]] * CHECKS}
    heading, *rows = flow_rows(errors)
    assert heading == ("layer", "‖δ‖", "‖ΔW_hh‖", "gain to the layer below")
    assert [row[-1] for row in rows] == ["0.5", "0.5", ""]
    assert len(flow_figure(HISTORY, errors).axes[0].lines) == 2


def test_layers_are_told_apart():
    two = {f"{layer}.{name}": values for layer in (0, 1) for name, values in diagnostics().items()}
    assert layers_of(two) == [1, 0]
    assert layers_of(diagnostics()) == []
    assert of_layer(two, 1) == diagnostics()
    assert signal_of(of_layer(two, 0)) == "local_loss"
    assert signal_of({"gradient_norm_w_hh": []}) is None
