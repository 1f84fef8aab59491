"""Weights in PyTorch's layout, against its documented equations in plain NumPy; and what has no
counterpart there."""

import dataclasses

import numpy as np
import pytest

from alignrnn import GRU, ConfigurationError, Elman, LeakyElman, Stack, to_onnx, to_torch
from alignrnn.export.layers import weights_of

from .cases import OF_PYTORCH, each, network, unprepared


def logistic(x):
    return 1 / (1 + np.exp(-x))


def rnn(w, x, h, c):
    """h′ = φ(W_ih x + b_ih + W_hh h + b_hh)."""
    phi = {"tanh": np.tanh, "relu": lambda at: np.maximum(at, 0)}[w.activation]
    return phi(x @ w.weight_ih.T + w.bias_ih + h @ w.weight_hh.T + w.bias_hh), c


def gru(w, x, h, c):
    """r, z, n in this order; h′ = (1 - z) ⊙ n + z ⊙ h."""
    w_ir, w_iz, w_in = np.split(w.weight_ih, 3)
    w_hr, w_hz, w_hn = np.split(w.weight_hh, 3)
    b_ir, b_iz, b_in = np.split(w.bias_ih, 3)
    b_hr, b_hz, b_hn = np.split(w.bias_hh, 3)
    r = logistic(x @ w_ir.T + b_ir + h @ w_hr.T + b_hr)
    z = logistic(x @ w_iz.T + b_iz + h @ w_hz.T + b_hz)
    n = np.tanh(x @ w_in.T + b_in + r * (h @ w_hn.T + b_hn))
    return (1 - z) * n + z * h, c


def lstm(w, x, h, c):
    """i, f, g, o in this order; c′ = f ⊙ c + i ⊙ g, h′ = o ⊙ tanh(c′)."""
    gates = x @ w.weight_ih.T + w.bias_ih + h @ w.weight_hh.T + w.bias_hh
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


STEPS = {"RNN": rnn, "GRU": gru, "LSTM": lstm}


@pytest.mark.parametrize("cell", each(OF_PYTORCH))
def test_pytorch_s_equations_say_the_same_with_them(float64, cell):
    made = network(cell, every_step=True)
    shown = unprepared().astype(float)
    for layer in weights_of(made, ("tanh", "relu"), "PyTorch"):
        h = c = np.zeros((len(shown), layer.weight_hh.shape[1]))
        every = []
        for x in shown.swapaxes(0, 1):
            h, c = STEPS[layer.kind](layer, x, h, c)
            every.append(h)
        shown = np.stack(every, axis=1)
    scores = shown @ np.asarray(made.readout.w_hy) + np.asarray(made.readout.b_y)
    np.testing.assert_allclose(scores, made.scores(unprepared()), rtol=0, atol=1e-12)


@dataclasses.dataclass(frozen=True)
class MyGRU(GRU):
    """Which may do anything."""


@pytest.mark.parametrize("export", [to_torch, lambda network: to_onnx(network, "x.onnx")])
@pytest.mark.parametrize("cell", [LeakyElman(4), MyGRU(4), Stack(GRU(4), LeakyElman(4))])
def test_a_cell_without_a_counterpart_is_one_line(cell, export):
    with pytest.raises(ConfigurationError) as refused:
        export(network(cell))
    name = "MyGRU" if isinstance(cell, MyGRU) else "LeakyElman"
    allowed = "only Elman, GRU and LSTM have a counterpart there"
    assert str(refused.value) == f"cell: got a {name}, but {allowed}"


def test_an_activation_pytorch_does_not_have_is_one_line():
    with pytest.raises(ConfigurationError) as refused:
        to_torch(network(Elman(4, activation="softplus")))
    assert str(refused.value) == (
        "activation: got 'softplus', but an RNN of PyTorch has one of: relu, tanh"
    )
