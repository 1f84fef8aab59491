"""The gated recurrent unit."""

from dataclasses import KW_ONLY, dataclass

import jax.numpy as jnp

from .._types import Drive, PRNGKey, Residuals, State, StepInputs
from ..errors import check_choice
from ..names import InitializerName
from .activations import activated
from .base import Cell, Parameters, project
from .gates import gate_weights
from .initializers import INITIALIZERS
from .products import multiplied


@dataclass(frozen=True)
class GRU(Cell):
    r"""The gated recurrent unit (Cho et al. 2014), as `equinox.nn.GRUCell` has it.

        r = σ(x_t W_xr + z_{t-1} W_hr + b_r)                     reset
        i = σ(x_t W_xi + z_{t-1} W_hi + b_i)                     how much is kept
        n = tanh(x_t W_xn + b_n′ + r ⊙ (z_{t-1} W_hn + b_n))     new
        z_t = n + i ⊙ (z_{t-1} - n)

    Shapes: `w_xh (I, 3H)`, `w_hh (H, 3H)` and `b_h (3H,)` hold the three side by side, in this
    order; `b_n (H,)`. Biases start at zero. A target displaces z_t.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> parameters = ar.GRU(4).init(3, key=jax.random.key(0))  # of three inputs
        >>> {name: values.shape for name, values in sorted(parameters.items())}
        {'b_h': (12,), 'b_n': (4,), 'w_hh': (4, 12), 'w_xh': (3, 12)}
    """

    _: KW_ONLY
    initializer: InitializerName = "orthogonal"
    """Initial weights of every gate; slow_rotation, identity and sparse_smart_tanh are for W_hh."""

    def check(self) -> None:
        super().check()
        check_choice("initializer", self.initializer, INITIALIZERS)

    def init(self, input_size: int, *, key: PRNGKey) -> Parameters:
        weights = gate_weights(self.initializer, 3, input_size, self.hidden_size, key)
        return weights | {"b_n": jnp.zeros(self.hidden_size)}

    def drive(self, p: Parameters, inputs: StepInputs) -> Drive:
        return project(inputs, p["w_xh"])

    def step(self, p: Parameters, drive: Drive, previous: State) -> State:
        return self.step_with_residuals(p, drive, previous)[0]

    def step_with_residuals(
        self, p: Parameters, drive: Drive, previous: State, residuals: Residuals = None
    ) -> tuple[State, Residuals]:
        """The residuals are r, i, n and what r multiplies."""
        known = (None,) * 4 if residuals is None else residuals
        x_r, x_i, x_n = jnp.split(drive + p["b_h"][None], 3, axis=-1)
        z_r, z_i, z_n = jnp.split(multiplied(previous, p["w_hh"]), 3, axis=-1)
        reset = activated("sigmoid", x_r + z_r, known[0])
        kept = activated("sigmoid", x_i + z_i, known[1])
        past = activated("identity", z_n + p["b_n"][None], known[3])
        new = activated("tanh", x_n + reset * past, known[2])
        return new + kept * (previous - new), (reset, kept, new, past)
