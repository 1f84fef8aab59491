"""The Elman or simple RNN."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Labels, OutputKind, Outputs, PRNGKey, State
from ..errors import ConfigurationError, check_choice, check_integer, check_number
from ..names import ActivationName, InitializerName
from .activations import ACTIVATIONS, Activation
from .base import Network, PullBack
from .initializers import INITIALIZERS


class ElmanRNN(Network):
    r"""The simple RNN of the paper (eq. 1-2), in the row-vector convention.

        h_t = x_t W_xh + z_{t-1} W_hh + b_h,    z_t = φ(h_t),    y = z_T W_hy + b_y,    z_0 = 0

    Shapes: `w_xh (I, H)`, `w_hh (H, H)`, `w_hy (H, O)`, `b_h (H,)`, `b_y (O,)`. Symbols are never
    made one-hot: x_t W_xh is a row of W_xh.

    **Arguments:** sizes I, H and O; `activation` φ; `initializer`, a scheme of
    `networks/initializers.py` (the paper's is orthogonal), biases start at zero; `input_scale`, a
    factor on the initial W_xh: with less of every input the states stay small, φ′ near 1, and the
    past lasts longer; `output_kind`, whether y are logits of classes or real values; `labels`, what
    each class is called, where that is not 0 to O - 1. Raises `ConfigurationError` for a size below
    1, a scale that is not positive, an unknown name, or labels that are not O.
    """

    w_xh: Float[Array, "input hidden"]
    w_hh: Float[Array, "hidden hidden"]
    w_hy: Float[Array, "hidden output"]
    b_h: Float[Array, " hidden"]
    b_y: Float[Array, " output"]
    activation: ActivationName = eqx.field(static=True)
    output_kind: OutputKind = eqx.field(static=True)
    labels: Labels | None = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        activation: ActivationName = "tanh",
        initializer: InitializerName = "orthogonal",
        input_scale: float = 1.0,
        output_kind: OutputKind = "classes",
        labels: Labels | None = None,
        key: PRNGKey,
    ):
        check_integer("input_size", input_size, 1)
        check_integer("hidden_size", hidden_size, 1)
        check_integer("output_size", output_size, 1)
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("initializer", initializer, INITIALIZERS)
        check_number("input_scale", input_scale, above=0)
        check_choice("output_kind", output_kind, ("classes", "values"))
        _check_labels(labels, output_size if output_kind == "classes" else 0)
        scheme = INITIALIZERS[initializer]
        input_key, recurrent_key, output_key = jax.random.split(key, 3)
        self.w_xh = input_scale * scheme.projection(input_key, (input_size, hidden_size))
        self.w_hh = scheme.recurrent(recurrent_key, (hidden_size, hidden_size))
        self.w_hy = scheme.projection(output_key, (hidden_size, output_size))
        self.b_h = jnp.zeros(hidden_size)
        self.b_y = jnp.zeros(output_size)
        self.activation = activation
        self.output_kind = output_kind
        self.labels = labels

    @property
    def input_size(self) -> int:
        return self.w_xh.shape[0]

    @property
    def hidden_size(self) -> int:
        return self.w_hh.shape[0]

    @property
    def output_size(self) -> int:
        return self.w_hy.shape[1]

    @property
    def _phi(self) -> Activation:
        return ACTIVATIONS[self.activation]

    def drive(self, inputs: Int[Array, "*lead"] | Float[Array, "*lead input"]) -> Array:
        if jnp.issubdtype(inputs.dtype, jnp.integer):
            return self.w_xh[inputs]
        return inputs @ self.w_xh

    def step(self, drive: State, previous: State) -> State:
        return drive + previous @ self.w_hh + self.b_h[None]

    def activate(self, pre_activation: State) -> State:
        return self._phi.value(pre_activation)

    def readout(self, state: State) -> Outputs:
        return state @ self.w_hy + self.b_y[None]

    def initial_state(self, batch_size: int) -> State:
        return jnp.zeros((batch_size, self.hidden_size), self.w_hh.dtype)

    # The closed forms below save the second tanh that differentiating `activate` costs: some 15%
    # of an iteration (docs/performance.md). tests/networks holds them to the derivatives.

    def pull_back(self, drive: State, h: State, z: State, error: State) -> PullBack:
        """u = (v W_hhᵀ) ⊙ φ′(h)."""
        return self._through_activation(h, z, error @ _transposed(self.w_hh))

    def pull_back_output(self, h: State, z: State, error: Outputs) -> PullBack:
        """u = (v W_hyᵀ) ⊙ φ′(h)."""
        return self._through_activation(h, z, error @ self.w_hy.T)

    def pull_back_step(self, drive: State, z: State, error: State) -> State:
        """error W_hhᵀ."""
        return error @ _transposed(self.w_hh)

    def pull_back_activation(self, h: State, z: State, error: State) -> State:
        """error ⊙ φ′(h)."""
        return error * self._phi.derivative(h, z)

    def _through_activation(self, h: State, z: State, at_state: State) -> PullBack:
        """From a = v Wᵀ, an error at z: u = a ⊙ φ′(h), and ∂⟨ū, u⟩/∂h = ū ⊙ a ⊙ φ″(h)."""
        return PullBack(
            at_state * self._phi.derivative(h, z),
            lambda cotangent: cotangent * at_state * self._phi.second_derivative(h, z),
        )


def _check_labels(labels: Labels | None, classes: int) -> None:
    if labels is None:
        return
    if len(labels) != classes or not all(isinstance(each, int | str) for each in labels):
        raise ConfigurationError(
            "labels", labels, f"there must be {classes} of them, integers or texts"
        )


def _transposed(matrix: Float[Array, "rows columns"]) -> Float[Array, "columns rows"]:
    """The transpose, laid out as such.

    Without the barrier XLA folds it into every product, which takes 1.7 times as long on a CPU;
    with it, it is made once and kept outside of the loop over time.
    """
    return jax.lax.optimization_barrier(matrix.T)
