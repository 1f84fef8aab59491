"""Feedback alignment: fixed random weights carry the error back."""

from dataclasses import dataclass

from ..feedback import FixedWeights
from .backward import Backward


@dataclass(frozen=True)
class FeedbackAlignment(FixedWeights, Backward):
    r"""BPTT with fixed random weights on the way back (docs/algorithms.md, 10).

        δ_T = (e_T B_y) ⊙ φ′(h_T);   δ_{t-1} = (δ_t B_h + e_{t-1} B_y) ⊙ φ′(h_{t-1})
        ΔW_hh = Σ_t z_{t-1}ᵀ δ_t,   ΔW_xh = Σ_t x_tᵀ δ_t,   Δb_h = Σ_t Σ_B δ_t
        ΔW_hy = ∂L/∂W_hy,           Δb_y = ∂L/∂b_y

    `B_h (H, H)` and `B_y (O, H)` are drawn once and never learn. So no step needs to know a forward
    weight of another, but each needs the error of the one after it, and all states are stored as
    for BPTT. e_t = ∂L_t/∂y is 0 where nothing is scored. It takes one layer of `Elman`.

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.
    - `feedback_initializer`: `"orthogonal"`, a gain of one at every step but for φ′; `"normal"`,
      entries N(0, 1/H), whose spectral radius is one; `"transpose"`, W_hhᵀ and W_hyᵀ of the initial
      network, so that the first update is BPTT's.
    - `gain`, `output_gain`: factors on B_h and B_y.

    Raises `ConfigurationError` for a clip or gain below 0, an output gain that is not positive, an
    unknown name, or another cell.

    Its diagnostics are `error_norm`, ‖δ_t‖, and `norm_ratio`, the gain of δ from step t to t - 1.

    Source: Lillicrap, Cownden, Tweed & Akerman 2016, Nature Communications 7:13276, Methods; there
    for layers, which here are steps with one B_h for all.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.FeedbackAlignment(feedback_initializer="normal", clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """
