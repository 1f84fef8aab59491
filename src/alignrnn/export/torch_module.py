"""The module that `to_torch` makes; importing it imports PyTorch."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]

from ..network import RNN
from .layers import Weights


class TorchRNN(torch.nn.Module):
    """Recurrent layers and a readout; see `to_torch`."""

    def __init__(self, network: RNN, layers: Sequence[Weights]):
        super().__init__()
        alike = [list(group) for _, group in itertools.groupby(layers, lambda each: each.form)]
        self.rnns = torch.nn.ModuleList(_rnn(group) for group in alike)
        w_hy = torch.tensor(np.asarray(network.readout.w_hy).T)
        self.readout = torch.nn.Linear(w_hy.shape[1], w_hy.shape[0], dtype=w_hy.dtype)
        b_y = torch.tensor(np.asarray(network.readout.b_y))
        self.readout.load_state_dict({"weight": w_hy, "bias": b_y})
        self.input_size, self.every_step = network.input_size, network.every_step
        preparation = network.preparation
        self.missing = None if preparation is None else preparation.missing
        if preparation is not None:
            for name in ("means", "offsets", "scales"):
                numbers = torch.tensor(getattr(preparation, name), dtype=torch.float64)
                self.register_buffer(name, numbers)

    def forward(self, x: Any, lengths: Any = None) -> Any:
        """Scores of symbols `(N, T)` or features `(N, T, I)`. Past its length a sequence's answer
        repeats its last."""
        shown = self._prepared(x)
        for rnn in self.rnns:
            shown = rnn(shown)[0]
        if lengths is not None:
            last = lengths.to(shown.device).long() - 1
            steps = torch.arange(shown.shape[1], device=shown.device)
            at = torch.minimum(steps[None], last[:, None]) if self.every_step else last[:, None]
            shown = torch.take_along_dim(shown, at[..., None], dim=1)
        return self.readout(shown if self.every_step else shown[:, -1])

    def _prepared(self, x: Any) -> Any:
        """As the first layer sees it; in double precision until then, as in training."""
        dtype = self.readout.weight.dtype
        if x.ndim == 2 and not x.is_floating_point():
            if self.missing is not None:
                raise ValueError(f"the network takes features, (N, T, {self.input_size})")
            return torch.nn.functional.one_hot(x.long(), self.input_size).to(dtype)
        x = x[..., None] if x.ndim == 2 else x
        if self.missing is None:
            return x.to(dtype)
        x = x.double()
        filled = x if self.missing == "refuse" else self._filled(x)
        return ((filled - self.offsets) / self.scales).to(dtype)

    def _filled(self, x: Any) -> Any:
        gaps = torch.isnan(x)
        by_mean = torch.where(gaps, self.means, x)
        if self.missing == "mean":
            return by_mean
        steps = torch.arange(x.shape[1], device=x.device)[None, :, None]
        last = torch.cummax(torch.where(gaps, -1, steps), dim=1).values
        previous = torch.take_along_dim(x, last.clamp(min=0), dim=1)
        return torch.where(last < 0, by_mean, previous)


def _rnn(layers: Sequence[Weights]) -> Any:
    """Layers of equal form as one module."""
    first = layers[0]
    options = {"nonlinearity": first.activation} if first.kind == "RNN" else {}
    made = getattr(torch.nn, first.kind)(
        first.weight_ih.shape[1],
        first.weight_hh.shape[1],
        num_layers=len(layers),
        batch_first=True,
        dtype=torch.tensor(first.weight_ih).dtype,
        **options,
    )
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    made.load_state_dict(
        {
            f"{name}_l{number}": torch.tensor(getattr(layer, name))
            for number, layer in enumerate(layers)
            for name in names
        }
    )
    return made
