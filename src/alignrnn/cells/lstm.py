"""Long short-term memory."""

from dataclasses import KW_ONLY, dataclass

import jax
import jax.numpy as jnp

from .._types import Drive, Output, PRNGKey, SomeStates, State, StepInputs
from ..errors import check_choice, check_number
from ..names import InitializerName
from .base import Cell, Parameters, project
from .gates import gate_weights
from .initializers import INITIALIZERS


@dataclass(frozen=True)
class LSTM(Cell):
    r"""Long short-term memory (Hochreiter & Schmidhuber 1997), as `equinox.nn.LSTMCell` has it.

        i, f, o = σ(x_t W_x + z_{t-1} W_h + b),    g = tanh(x_t W_xg + z_{t-1} W_hg + b_g)
        c_t = f ⊙ c_{t-1} + i ⊙ g,    z_t = o ⊙ tanh(c_t)

    Its state is the pair (z_t, c_t), which a target displaces; its output is z_t. Shapes:
    `w_xh (I, 4H)`, `w_hh (H, 4H)` and `b_h (4H,)` hold i, f, g, o side by side, in this order.
    Biases start at zero, but for that of f.
    """

    _: KW_ONLY
    initializer: InitializerName = "orthogonal"
    """Initial weights of every gate; slow_rotation, identity and sparse_smart_tanh are for W_hh."""
    forget_bias: float = 1.0
    """Initial bias of the forget gate f; above 0 the cell begins by keeping its past."""

    def check(self) -> None:
        super().check()
        check_choice("initializer", self.initializer, INITIALIZERS)
        check_number("forget_bias", self.forget_bias)

    def init(self, input_size: int, *, key: PRNGKey) -> Parameters:
        size = self.hidden_size
        weights = gate_weights(self.initializer, 4, input_size, size, key)
        bias = weights["b_h"].at[size : 2 * size].set(self.forget_bias)
        return weights | {"b_h": bias}

    def drive(self, p: Parameters, inputs: StepInputs) -> Drive:
        return project(inputs, p["w_xh"])

    def step(self, p: Parameters, drive: Drive, previous: State) -> State:
        z, c = previous
        i, f, g, o = jnp.split(drive + z @ p["w_hh"] + p["b_h"][None], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    def output(self, z: SomeStates) -> Output:
        return z[0]

    def initial_state(self, p: Parameters, batch_size: int) -> State:
        zeros = super().initial_state(p, batch_size)
        return zeros, zeros
