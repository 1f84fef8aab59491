"""The errors of the outputs go straight to every step: direct feedback alignment."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PerStep, PRNGKey
from ..cells import Cell
from ..errors import ConfigurationError, check_choice, check_integer, check_number
from ..names import FeedbackDraw
from ..network import RNN
from ..plain import Number
from .base import Feedback, error_norms
from .steps import Above, At, Back, LocalTerms
from .weights import drawn

Errors = Float[Array, "batch errors"]
"""e_t, e_{t+1}, … e_{t+n} side by side, `(B, (n + 1)·O)`."""
Weights = Float[Array, "errors hidden"]
"""B_0 = B_y, B_1, … B_n, one below the other."""


@dataclass(frozen=True)
class DirectFeedback(Feedback):
    r"""Every step's error is made of those of the outputs (docs/algorithms.md, 10).

    At the end:      δ_t = (e_y B_y) ⊙ φ′(h_t)
    At every step:   δ_t = (Σ_{k ≤ n} e_{t+k} B_k) ⊙ φ′(h_t)

    The signal is the errors themselves, so that nothing is made of the steps between.
    """

    _: KW_ONLY
    feedback_initializer: FeedbackDraw = "orthogonal"
    """B_k: random with orthonormal rows, or with entries N(0, 1/H)."""
    gain: Number = 1.0
    """Factor on every B_k."""
    later_answers: int = 0
    """n: with an answer at every step, so many later ones reach a step besides its own, each
    through a B_k of its own. An answer at the end reaches every step."""

    def check(self) -> None:
        super().check()
        check_choice("feedback_initializer", self.feedback_initializer, get_args(FeedbackDraw))
        check_number("gain", self.gain, above=0)
        check_integer("later_answers", self.later_answers, 0)

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        if len(cells) > 1:
            allowed = "its B_k reach the steps of one layer"
            raise ConfigurationError("layers", len(cells), allowed)

    @property
    def joins_each_step(self) -> bool:
        """Never: a step needs nothing of the other samples."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> Weights:
        """All B_k, which stay as they are."""
        self.check_cells(tuple(layer.cell for layer in network.layers))
        size, outputs = network.readout.w_hy.shape
        keys = jax.random.split(key, self.later_answers + 1)
        each = [drawn(self.feedback_initializer, key, (outputs, size)) for key in keys]
        return self.gain * jnp.concatenate(each)

    def start(self, at_last: At, above: Above, state: Weights) -> Errors:
        own = above.error(at_last.layer, at_last.z)
        return jnp.pad(own, ((0, 0), (0, len(state) - own.shape[1])))

    def back(self, at: At, signal: Errors, state: Weights) -> Back:
        error = at.layer.pull_back_output(at.h, at.z, signal @ state).error
        if at.before is None:  # the one answer goes on as it is
            return Back(LocalTerms(error), signal)
        own = at.before.error(at.layer, at.step.previous_z)
        # A sequence that has ended has no errors yet, and so passes on none.
        return Back(LocalTerms(error), jnp.concatenate([own, signal], axis=1)[:, : len(state)])

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """See `error_norms`."""
        return error_norms(terms)
