"""A network as a module of PyTorch."""

from typing import TYPE_CHECKING

from ..errors import ConfigurationError, Description
from ..network import RNN
from .layers import weights_of

if TYPE_CHECKING:
    from .torch_module import TorchRNN


def to_torch(network: RNN) -> "TorchRNN":
    """The network as an `nn.Module` of PyTorch, with the same outputs up to rounding.

    Its layers are `nn.RNN`, `nn.GRU` or `nn.LSTM` in `.rnns`, equal ones above each other as one
    with `num_layers`; its readout is an `nn.Linear`. `forward(x, lengths=None)` takes symbols
    `(N, T)`, integers, or features `(N, T, I)`, and lengths `(N,)`, and returns what
    `network.scores` does: `(N, O)`, or with an answer at every step `(N, T, O)`. What the network
    does with features first, it does too; a number that is missing and not filled in stays NaN.

    Raises `ConfigurationError` where PyTorch is not installed, for a cell other than `Elman`, `GRU`
    and `LSTM`, and for an `Elman` whose activation is neither tanh nor relu.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> import torch
        >>> network = ar.to_torch(ar.RNN(ar.GRU(8), 3, 2, key=jax.random.key(0)))
        >>> network(torch.tensor([[0, 1, 2], [2, 1, 0]])).shape
        torch.Size([2, 2])
    """
    layers = weights_of(network, ("tanh", "relu"), "PyTorch")
    try:
        from .torch_module import TorchRNN
    except ImportError:
        found, allowed = Description("no PyTorch"), "it has to be installed: pip install torch"
        raise ConfigurationError("to", found, allowed) from None
    return TorchRNN(network, layers)
