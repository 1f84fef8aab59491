"""Layers with their weights laid out as PyTorch has them; ONNX has the gates in another order."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from ..cells import GRU, LSTM, Elman
from ..errors import ConfigurationError, check_type, kind_of
from ..names import ActivationName
from ..network import RNN, Layer


class Weights(NamedTuple):
    """A layer as an `nn.RNN`, `nn.GRU` or `nn.LSTM` of one layer has it: G gates below each other,
    and two biases. G is 1; 3, in the order r, z, n; or 4, in the order i, f, g, o.

        pre-activations = weight_ih x_t + bias_ih + weight_hh h_{t-1} + bias_hh
    """

    kind: str
    """RNN, GRU or LSTM."""
    activation: ActivationName
    """Of an RNN; of the others always tanh."""
    weight_ih: np.ndarray
    """`(G·H, I)`."""
    weight_hh: np.ndarray
    """`(G·H, H)`."""
    bias_ih: np.ndarray
    """`(G·H,)`."""
    bias_hh: np.ndarray
    """`(G·H,)`."""

    @property
    def form(self) -> tuple[str, ActivationName, int]:
        """Layers of equal form, one above the other, are one `nn.RNN`, `nn.GRU` or `nn.LSTM`."""
        return self.kind, self.activation, self.weight_hh.shape[1]


def weights_of(network: RNN, activations: Collection[str], whose: str) -> list[Weights]:
    """Of each layer, the lowest first.

    Raises `ConfigurationError` for a cell that has no counterpart, and for an activation of an RNN
    that is not among those of whoever it is for.
    """
    check_type("network", network, RNN, "it must be a network; that of a result is its .network")
    made = [_weights(layer) for layer in network.layers]
    for each in made:
        if each.activation not in activations:
            allowed = f"an RNN of {whose} has one of: {', '.join(sorted(activations))}"
            raise ConfigurationError("activation", each.activation, allowed)
    return made


def _weights(layer: Layer) -> Weights:
    """The states are those of PyTorch; the gates too, in the same order."""
    cell, p = layer.cell, {name: np.asarray(each) for name, each in layer.parameters.items()}
    kinds = {Elman: "RNN", GRU: "GRU", LSTM: "LSTM"}
    kind = kinds.get(type(cell))  # of a derived class nobody knows what it does
    if kind is None:
        allowed = "only Elman, GRU and LSTM have a counterpart there"
        raise ConfigurationError("cell", kind_of(cell), allowed)
    bias_hh = np.zeros_like(p["b_h"])
    if isinstance(cell, GRU):
        bias_hh[2 * cell.hidden_size :] = p["b_n"]  # within what r multiplies
    activation = cell.activation if isinstance(cell, Elman) else "tanh"
    return Weights(kind, activation, p["w_xh"].T, p["w_hh"].T, p["b_h"], bias_hh)
