"""E-prop: eligibility traces of each unit, and an error that reaches it from the outputs."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

from jaxtyping import Array, Float

from .._types import PRNGKey, State
from ..cells import INITIALIZERS
from ..errors import check_choice
from ..names import OutputFeedback
from ..network import RNN, Layer
from .unit_traces import UnitTraces, leak_of


@dataclass(frozen=True)
class EProp(UnitTraces):
    r"""E-prop (Bellec et al. 2020; docs/algorithms.md, 12).

        P_t,i = (1 - a) P_{t-1},i + a φ′(h_t,i) x̂_t
        Δθ_i = Σ_t Σ_B q_t,i P_t,i,    q_t = (∂L_t/∂y_t) W_hyᵀ, or (∂L_t/∂y_t) B

    A trace decays as its unit's state does, and nothing of it passes through W_hh. It takes one
    layer of `LeakyElman`, or of `Elman`: with a = 1 a trace is one step long, and nothing is
    learnt of what came before. It stores a number for each parameter and sample.

    **Arguments:**

    - `feedback`: what carries the outputs' error to the units, `"symmetric"`, W_hyᵀ, or `"random"`,
      a fixed B `(O, H)`, drawn as W_hy is at the beginning, and transposed.
    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a negative number, an unknown name, another cell, or several
    layers.

    **Differs from the paper** in its units, which spike there: with the cell's φ′ for the
    pseudo-derivative, and no filter at the output, whose units have no memory here.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> cell = ar.LeakyElman(8, leak=0.1)
        >>> ar.train("temporal-order", ar.EProp(clip=1), cell=cell, protocol=few).status
        'max_iterations'
    """

    _: KW_ONLY
    feedback: OutputFeedback = "symmetric"
    """What carries the outputs' error to the units: symmetric, W_hy's transpose, or random, fixed
    weights of its own."""

    def check(self) -> None:
        super().check()
        check_choice("feedback", self.feedback, get_args(OutputFeedback))

    def init(self, network: RNN, *, key: PRNGKey) -> Any:
        """B `(O, H)`, or nothing."""
        super().init(network, key=key)
        if self.feedback == "symmetric":
            return ()
        cell = network.layers[-1].cell
        scheme = INITIALIZERS[getattr(cell, "initializer", "orthogonal")]
        return scheme.projection(key, (cell.hidden_size, network.output_size)).T

    def kept(self, layer: Layer, slope: Float[Array, "batch hidden"]) -> float:
        """1 - a."""
        return 1 - leak_of(layer.cell)

    def asked(self, error: State, output_error: Float[Array, "batch output"], state: Any) -> State:
        """q_t."""
        return error if self.feedback == "symmetric" else output_error @ state
