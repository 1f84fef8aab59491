"""Error weights displace each state by what the next one missed: LRA with feedback weights."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

import jax
from jaxtyping import Array, Float

from .._types import PerStep, PRNGKey, State
from ..cells import Cell
from ..errors import check_choice, check_number
from ..names import FeedbackInitializerName
from ..network import RNN, Layer
from ..numerics import normalize, scaled
from ..plain import Number, is_off
from .base import Additive, check_one_elman, error_norms
from .steps import Above, At, Back, LocalTerms
from .weights import FeedbackWeights, initial_weights


@dataclass(frozen=True)
class ErrorWeights(Additive):
    r"""The displacements of LRA-fdbk (docs/algorithms.md, 9).

    z̄_t = φ(h_t - d_t),   e_t = z_t - z̄_t,   d_{t-1} = β e_t E_hh + β e_{y,t-1} E_hy

    The signal is d_t. e_t is also the error that the weights of step t learn from; no φ′ is in it.
    """

    target_step: Number = 0.1
    """β: step of the targets."""
    _: KW_ONLY
    feedback_initializer: FeedbackInitializerName = "orthogonal"
    """βE: random with orthonormal rows, random with entries N(0, 1/H), or W_hhᵀ and W_hyᵀ as they
    are at the start."""
    gain: Number = 1.0
    """Factor on the initial E_hh."""
    output_gain: Number = 1.0
    """Factor on the initial E_hy."""
    update_bound: Number = 1.0
    """Bound on the norm of each weight matrix' gradient; 0: none."""

    def check(self) -> None:
        super().check()
        names = get_args(FeedbackInitializerName)
        check_number("target_step", self.target_step, above=0)
        check_choice("feedback_initializer", self.feedback_initializer, names)
        check_number("gain", self.gain, at_least=0)
        check_number("output_gain", self.output_gain, above=0)
        check_number("update_bound", self.update_bound, at_least=0)

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        check_one_elman(cells, "its E_hh stands for the W_hh of one layer of elman")

    @property
    def joins_each_step(self) -> bool:
        """Never: a step needs nothing of the other samples."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> FeedbackWeights:
        """E_hh and E_hy."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        beta = self.target_step
        gains = {"gain": self.gain / beta, "output_gain": self.output_gain / beta}
        return initial_weights(self.feedback_initializer, network, **gains, key=key)

    def weights_back(self, state: FeedbackWeights) -> Float[Array, "hidden hidden"]:
        """βE_hh."""
        return self.target_step * state.hh

    def output_error(self, above: Above, layer: Layer, z: State) -> State:
        """e_y, of each sample its own: L is their mean."""
        return above.error(layer, z) * len(z)

    def asked(self, above: Above, layer: Layer, h: State, z: State, state: Any) -> Any:
        """β e_y E_hy."""
        return scaled(self.output_error(above, layer, z) @ state.hy, self.target_step)

    def missed(self, at: At, displacement: State) -> State:
        """e_t, from d_t."""
        return at.z - at.layer.activate(at.h - displacement)

    def carry(self, at: At, signal: State, state: FeedbackWeights) -> Back:
        missed = self.missed(at, signal)
        # Gradients are means over the samples.
        return Back(LocalTerms(missed / len(missed)), self.target_step * (missed @ state.hh))

    def finish(self, network: RNN, state: Any, gradients: RNN) -> tuple[RNN, Any]:
        """Each matrix' gradient, bounded."""
        if is_off(self.update_bound):
            return gradients, state

        def bounded(leaf: Any) -> Any:
            return leaf if leaf.ndim == 1 else normalize(leaf, self.update_bound, "clip")

        return jax.tree.map(bounded, gradients), state

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """`error_norm`, ‖e_t‖/B, and `norm_ratio`, ‖e_{t-1}‖/‖e_t‖, 0 at t = 1."""
        return error_norms(terms)
