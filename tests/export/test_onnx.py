"""Networks as ONNX files, run by ONNX's own reference implementation."""

import json

import numpy as np
import pytest

from alignrnn import GRU, ConfigurationError, Elman, to_onnx
from alignrnn.cli import main
from alignrnn.results import save_network

from .cases import (
    LENGTHS,
    OF_ONNX,
    OF_PYTORCH,
    SYMBOLS,
    each,
    network,
    preparation,
    unprepared,
    unscaled,
)

try:
    import onnx
    import onnx.reference
except ImportError:
    onnx = None

needs_onnx = pytest.mark.skipif(onnx is None, reason="onnx is not installed")


def said(file, **given):
    """By the model of a file."""
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    return onnx.reference.ReferenceEvaluator(model).run(None, given)[0]


@needs_onnx
@pytest.mark.parametrize("every_step", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("cell", each(OF_ONNX))
def test_the_outputs_are_the_same_in_double_precision(float64, tmp_path, cell, every_step):
    made, file = network(cell, every_step=every_step), tmp_path / "network.onnx"
    x, close = unprepared().astype(float), {"rtol": 0, "atol": 1e-12}
    to_onnx(made, file, inputs="features")
    np.testing.assert_allclose(said(file, x=x), made.scores(x), **close)
    to_onnx(made, file, inputs="features", lengths=True)
    np.testing.assert_allclose(said(file, x=x, lengths=LENGTHS), made.scores(x, LENGTHS), **close)
    to_onnx(made, file, inputs="symbols")
    np.testing.assert_allclose(said(file, x=SYMBOLS), made.scores(SYMBOLS), **close)


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("cell", each(OF_PYTORCH)[-1:])
def test_and_to_a_millionth_in_single_precision(tmp_path, cell):
    made, file = network(cell), tmp_path / "network.onnx"
    to_onnx(made, file, inputs="features")
    np.testing.assert_allclose(
        said(file, x=unprepared()), made.scores(unprepared()), rtol=0, atol=1e-6
    )


@needs_onnx
@pytest.mark.parametrize("missing", ["mean", "previous", "refuse"])
def test_what_is_done_with_features_first_goes_with_it(tmp_path, missing):
    made, file = network(GRU(5), preparation=preparation(missing)), tmp_path / "network.onnx"
    to_onnx(made, file)
    x = unscaled(gaps=missing != "refuse")
    np.testing.assert_allclose(said(file, x=x), made.scores(x), rtol=0, atol=1e-6)
    with pytest.raises(ConfigurationError, match="inputs: got 'symbols', but the network was"):
        to_onnx(made, file, inputs="symbols")


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "leaky_relu", "softplus"])
def test_other_activations_are_the_standard_s(tmp_path, activation):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    made, file = network(Elman(5, activation=activation)), tmp_path / "network.onnx"
    to_onnx(made, file, inputs="features")
    (scores,) = runtime.InferenceSession(file).run(None, {"x": unprepared()})
    np.testing.assert_allclose(scores, made.scores(unprepared()), rtol=1e-6, atol=1e-6)


@needs_onnx
@pytest.mark.slow
def test_the_command_knows_what_a_run_was_trained_on(tmp_path, capsys):
    out, file = tmp_path / "out", tmp_path / "network.onnx"
    quick = ["--max-iterations", "20", "--check-every", "20", "--validation-samples", "60"]
    words = ["train", "temporal-order", "--length", "10", "--hidden-size", "6", *quick]
    assert main([*words, "--no-diagnostics", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["export", str(out), "--to", "onnx", "--lengths", "--out", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"{file}, a model of ONNX:\n  x: symbols (N, T)\n  lengths: (N)\n  scores: classes (N, 4)\n"
    )


@needs_onnx
def test_a_file_by_itself_does_not_say_and_labels_go_with_it(tmp_path, capsys):
    made = network(GRU(5), output_kind="classes", labels=("up", "down", "left", "right"))
    save_network(made, tmp_path / "network.npz")
    file = tmp_path / "network.onnx"
    words = ["export", str(tmp_path / "network.npz"), "--to", "onnx", "--out", str(file)]
    assert main(words) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: inputs: got nothing, but it must be symbols or features: a network by "
        "itself does not say which\n"
    )
    assert main([*words, "--inputs", "features"]) == 0
    about = {each.key: each.value for each in onnx.load(file).metadata_props}
    assert about["output_kind"] == "classes"
    assert json.loads(about["labels"]) == ["up", "down", "left", "right"]


@pytest.mark.skipif(onnx is not None, reason="onnx is installed")
def test_without_onnx_one_line_says_what_to_install(tmp_path):
    with pytest.raises(ConfigurationError, match=r"pip install 'alignrnn\[export\]'"):
        to_onnx(network(GRU(5)), tmp_path / "network.onnx", inputs="features")
