"""Fixed weights carry the error back: feedback alignment."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

from jaxtyping import Array, Float

from .._types import PerStep, PRNGKey, State
from ..cells import Cell
from ..errors import check_choice, check_number
from ..names import FeedbackInitializerName
from ..network import RNN, Layer
from ..plain import Number
from .base import Additive, check_one_elman, error_norms
from .steps import Above, At, Back, LocalTerms
from .weights import FeedbackWeights, initial_weights


@dataclass(frozen=True)
class FixedWeights(Additive):
    r"""The error at z_t, carried by B_h and B_y (docs/algorithms.md, 10).

    δ_t = (what z_t is told) ⊙ φ′(h_t),    z_{t-1} is told δ_t B_h + e_{t-1} B_y
    """

    _: KW_ONLY
    feedback_initializer: FeedbackInitializerName = "orthogonal"
    """B_h and B_y: random with orthonormal rows, random with entries N(0, 1/H), or W_hhᵀ and W_hyᵀ
    as they are at the start."""
    gain: Number = 1.0
    """Factor on B_h; 0: a step learns from its own answer alone."""
    output_gain: Number = 1.0
    """Factor on B_y."""

    def check(self) -> None:
        super().check()
        names = get_args(FeedbackInitializerName)
        check_choice("feedback_initializer", self.feedback_initializer, names)
        check_number("gain", self.gain, at_least=0)
        check_number("output_gain", self.output_gain, above=0)

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        check_one_elman(cells, "its B_h stands for the W_hh of one layer of elman")

    @property
    def joins_each_step(self) -> bool:
        """Never: a step needs nothing of the other samples."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> FeedbackWeights:
        """B_h and B_y, which stay as they are."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        gains = {"gain": self.gain, "output_gain": self.output_gain}
        return initial_weights(self.feedback_initializer, network, **gains, key=key)

    def weights_back(self, state: FeedbackWeights) -> Float[Array, "hidden hidden"]:
        """B_h."""
        return state.hh

    def asked(
        self, above: Above, layer: Layer, h: State, z: State, state: FeedbackWeights
    ) -> State:
        """e_t B_y."""
        return above.error(layer, z) @ state.hy

    def carry(self, at: At, signal: State, state: FeedbackWeights) -> Back:
        error = at.layer.pull_back_activation(at.h, at.z, signal)
        return Back(LocalTerms(error), error @ state.hh)

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """See `error_norms`."""
        return error_norms(terms)
