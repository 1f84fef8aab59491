"""In: parameters and a batch of inputs. Out: a Trajectory (pre-activations, states, outputs)."""

from .activations import ACTIVATIONS as ACTIVATIONS
from .base import Network as Network
from .base import PullBack as PullBack
from .base import Trajectory as Trajectory
from .elman import ElmanRNN as ElmanRNN
from .initializers import INITIALIZERS as INITIALIZERS
