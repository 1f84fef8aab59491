"""Networks as modules of PyTorch, with the outputs that they have here."""

import numpy as np
import pytest

from alignrnn import GRU, LSTM, ConfigurationError, Elman, to_torch
from alignrnn.cli import main
from alignrnn.results import save_network

from .cases import LENGTHS, OF_PYTORCH, SYMBOLS, each, network, preparation, unprepared, unscaled

try:
    import torch  # pyright: ignore[reportMissingImports]
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")


def said(module, x, lengths=None):
    """By the module, of NumPy's arrays."""
    given = None if lengths is None else torch.tensor(lengths)
    with torch.no_grad():
        return module(torch.tensor(x), given).numpy()


@needs_torch
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("cell", each(OF_PYTORCH))
def test_the_outputs_are_the_same_in_double_precision(float64, cell, every_step):
    made = network(cell, every_step=every_step)
    module = to_torch(made)
    close = {"rtol": 0, "atol": 1e-12}
    x = unprepared().astype(float)
    np.testing.assert_allclose(said(module, x), made.scores(x), **close)
    np.testing.assert_allclose(said(module, x, LENGTHS), made.scores(x, LENGTHS), **close)
    np.testing.assert_allclose(said(module, SYMBOLS), made.scores(SYMBOLS), **close)


@needs_torch
@pytest.mark.parametrize("cell", each(OF_PYTORCH))
def test_and_to_a_millionth_in_single_precision(cell):
    made = network(cell)
    np.testing.assert_allclose(
        said(to_torch(made), unprepared()), made.scores(unprepared()), rtol=0, atol=1e-6
    )


@needs_torch
@pytest.mark.parametrize("missing", ["mean", "previous", "refuse"])
def test_what_is_done_with_features_first_goes_with_it(missing):
    made = network(GRU(5), preparation=preparation(missing))
    module, x = to_torch(made), unscaled(gaps=missing != "refuse")
    np.testing.assert_allclose(said(module, x), made.scores(x), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match=r"takes features, \(N, T, 3\)"):
        module(torch.tensor(SYMBOLS))
    assert np.isnan(said(module, unscaled(gaps=True))).any() == (missing == "refuse")


@needs_torch
def test_equal_layers_are_one_module_and_learn():
    module = to_torch(network(GRU(5, layers=2)))
    assert [str(each) for each in module.rnns] == ["GRU(3, 5, num_layers=2, batch_first=True)"]
    module(torch.tensor(unprepared())).sum().backward()
    assert all(each.grad is not None for each in module.parameters())


@needs_torch
def test_the_command_writes_what_plain_pytorch_reads(tmp_path, capsys):
    made, out = network(LSTM(5)), tmp_path / "network.pt"
    save_network(made, tmp_path / "network.npz")
    assert main(["export", str(tmp_path / "network.npz"), "--to", "torch", "--out", str(out)]) == 0
    assert capsys.readouterr().out == (
        f"the weights of these modules are in {out}, a state_dict:\n"
        "  rnns.0   torch.nn.LSTM(3, 5, batch_first=True)\n"
        "  readout  torch.nn.Linear(5, 4)\n"
    )
    plain = torch.nn.ModuleDict(
        {
            "rnns": torch.nn.ModuleList([torch.nn.LSTM(3, 5, batch_first=True)]),
            "readout": torch.nn.Linear(5, 4),
        }
    )
    plain.load_state_dict(torch.load(out))
    with torch.no_grad():
        scores = plain["readout"](plain["rnns"][0](torch.tensor(unprepared()))[0][:, -1]).numpy()
    np.testing.assert_allclose(scores, made.scores(unprepared()), rtol=0, atol=1e-6)


@pytest.mark.skipif(torch is not None, reason="PyTorch is installed")
def test_without_pytorch_one_line_says_what_to_install(tmp_path, capsys):
    with pytest.raises(ConfigurationError, match="got no PyTorch, but it has to be installed: pip"):
        to_torch(network(Elman(4)))
    save_network(network(Elman(4)), tmp_path / "network.npz")
    assert main(["export", str(tmp_path / "network.npz"), "--to", "torch"]) == 2
    assert capsys.readouterr().err == (
        "alignrnn: error: to: got no PyTorch, but it has to be installed: pip install torch\n"
    )
