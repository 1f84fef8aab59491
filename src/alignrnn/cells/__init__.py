"""In: an input and a state, (B, I) and (B, H). Out: the next state. One file a cell."""

from .activations import ACTIVATIONS as ACTIVATIONS
from .activations import LEAK as LEAK
from .activations import Activation as Activation
from .activations import activated as activated
from .base import Cell as Cell
from .base import Parameters as Parameters
from .base import PullBack as PullBack
from .base import differentiated as differentiated
from .base import keys as keys
from .base import project as project
from .elman import Elman as Elman
from .gates import gate_weights as gate_weights
from .gru import GRU as GRU
from .initializers import INITIALIZERS as INITIALIZERS
from .leaky_elman import LeakyElman as LeakyElman
from .lstm import LSTM as LSTM
from .stack import Stack as Stack
