"""Long short-term memory."""

from dataclasses import KW_ONLY, dataclass

import jax.numpy as jnp

from .._types import Drive, Output, PRNGKey, Residuals, SomeStates, State, StepInputs
from ..errors import check_choice, check_number
from ..names import InitializerName
from .activations import activated
from .base import Cell, Parameters, project
from .gates import gate_weights
from .initializers import INITIALIZERS
from .products import multiplied


@dataclass(frozen=True)
class LSTM(Cell):
    r"""Long short-term memory (Hochreiter & Schmidhuber 1997), as `equinox.nn.LSTMCell` has it.

        i, f, o = σ(x_t W_x + z_{t-1} W_h + b),    g = tanh(x_t W_xg + z_{t-1} W_hg + b_g)
        c_t = f ⊙ c_{t-1} + i ⊙ g,    z_t = o ⊙ tanh(c_t)

    Its state is the pair (z_t, c_t), which a target displaces; its output is z_t. Shapes:
    `w_xh (I, 4H)`, `w_hh (H, 4H)` and `b_h (4H,)` hold i, f, g, o side by side, in this order.
    Biases start at zero, but for that of f.

    Examples:
        >>> import alignrnn as ar
        >>> ar.LSTM(64).state_size  # z and c
        128
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
        return self.step_with_residuals(p, drive, previous)[0]

    def step_with_residuals(
        self, p: Parameters, drive: Drive, previous: State, residuals: Residuals = None
    ) -> tuple[State, Residuals]:
        """The residuals are i, f, g, o and tanh(c_t)."""
        z, c = previous
        known = (None,) * 5 if residuals is None else residuals
        i, f, g, o = jnp.split(drive + multiplied(z, p["w_hh"]) + p["b_h"][None], 4, axis=-1)
        i, f = activated("sigmoid", i, known[0]), activated("sigmoid", f, known[1])
        g, o = activated("tanh", g, known[2]), activated("sigmoid", o, known[3])
        c = f * c + i * g
        shown = activated("tanh", c, known[4])
        return (o * shown, c), (i, f, g, o, shown)

    def output(self, z: SomeStates) -> Output:
        return z[0]

    def initial_state(self, p: Parameters, batch_size: int) -> State:
        zeros = super().initial_state(p, batch_size)
        return zeros, zeros
