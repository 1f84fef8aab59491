"""The Elman or simple RNN."""

from dataclasses import KW_ONLY, dataclass

import jax.numpy as jnp

from .._types import Drive, PRNGKey, Residuals, State, StepInputs
from ..errors import check_choice, check_number
from ..names import ActivationName, InitializerName
from .activations import ACTIVATIONS, Activation
from .base import Cell, Parameters, PullBack, keys, project
from .initializers import INITIALIZERS
from .products import transposed


@dataclass(frozen=True)
class Elman(Cell):
    r"""The simple RNN of the paper (eq. 1-2), in the row-vector convention.

        h_t = x_t W_xh + z_{t-1} W_hh + b_h,    z_t = φ(h_t)

    Shapes: `w_xh (I, H)`, `w_hh (H, H)`, `b_h (H,)`; biases start at zero. Raises
    `ConfigurationError` for a size below 1, a scale that is not positive, or an unknown name.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4, activation="relu"), 3, 2, key=jax.random.key(0))
        >>> {name: values.shape for name, values in network.parameters.items()}
        {'b_h': (4,), 'w_hh': (4, 4), 'w_xh': (3, 4), 'w_hy': (4, 2), 'b_y': (2,)}
    """

    _: KW_ONLY
    activation: ActivationName = "tanh"
    """φ: activation of the hidden units."""
    initializer: InitializerName = "orthogonal"
    """Initial weights; slow_rotation, identity and sparse_smart_tanh are for W_hh."""
    input_scale: float = 1.0
    """Factor on the initial W_xh; below 1 the states begin small, and the past lasts longer."""

    def check(self) -> None:
        super().check()
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("initializer", self.initializer, INITIALIZERS)
        check_number("input_scale", self.input_scale, above=0)

    def init(self, input_size: int, *, key: PRNGKey) -> Parameters:
        scheme = INITIALIZERS[self.initializer]
        input_key, recurrent_key = keys(key)
        size = self.hidden_size
        return {
            "w_xh": self.input_scale * scheme.projection(input_key, (input_size, size)),
            "w_hh": scheme.recurrent(recurrent_key, (size, size)),
            "b_h": jnp.zeros(size),
        }

    @property
    def phi(self) -> Activation:
        """φ with its derivatives."""
        return ACTIVATIONS[self.activation]

    def drive(self, p: Parameters, inputs: StepInputs) -> Drive:
        return project(inputs, p["w_xh"])

    def step(self, p: Parameters, drive: Drive, previous: State) -> State:
        return drive + previous @ p["w_hh"] + p["b_h"][None]

    def activate(self, h: State) -> State:
        return self.phi.value(h)

    # The closed forms below save the second tanh that differentiating `activate` costs: some 15%
    # of an iteration (docs/performance.md). tests/cells holds them to the derivatives.

    def pull_back(
        self,
        p: Parameters,
        drive: Drive,
        h: State,
        z: State,
        error: State,
        residuals: Residuals = None,
    ) -> PullBack:
        """u = (v W_hhᵀ) ⊙ φ′(h)."""
        return self.pull_back_output(h, z, error @ transposed(p["w_hh"]))

    def pull_back_output(self, h: State, z: State, error: State) -> PullBack:
        """u = v ⊙ φ′(h), and ∂⟨ū, u⟩/∂h = ū ⊙ v ⊙ φ″(h)."""
        return PullBack(
            error * self.phi.derivative(h, z),
            lambda cotangent: cotangent * error * self.phi.second_derivative(h, z),
        )

    def pull_back_step(
        self, p: Parameters, drive: Drive, z: State, error: State, residuals: Residuals = None
    ) -> State:
        """error W_hhᵀ."""
        return error @ transposed(p["w_hh"])

    def pull_back_activation(self, h: State, z: State, error: State) -> State:
        """error ⊙ φ′(h)."""
        return error * self.phi.derivative(h, z)
