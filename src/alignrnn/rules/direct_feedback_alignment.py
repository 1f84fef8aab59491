"""Direct feedback alignment: fixed random weights take the outputs' errors to every step."""

from dataclasses import dataclass

from ..feedback import DirectFeedback
from .backward import Backward


@dataclass(frozen=True)
class DirectFeedbackAlignment(DirectFeedback, Backward):
    r"""No error passes from step to step (docs/algorithms.md, 10).

        an answer at the end:       δ_t = (e_y B_y) ⊙ φ′(h_t)  for every t,   e_y = ∂L/∂y
        an answer at every step:    δ_t = (Σ_{k=0}^{n} e_{t+k} B_k) ⊙ φ′(h_t),   B_0 = B_y
        ΔW_hh = Σ_t z_{t-1}ᵀ δ_t,   ΔW_xh = Σ_t x_tᵀ δ_t,   Δb_h = Σ_t Σ_B δ_t
        ΔW_hy = ∂L/∂W_hy,           Δb_y = ∂L/∂b_y

    `B_k (O, H)` are drawn once and never learn. A step needs its own state and the outputs' errors,
    nothing of the steps between: with answers at every step and n = 0 it could learn at once, and
    nothing of the past is credited but through z_{t-1}. Of a cell whose output is a part of its
    state, or whose φ is within the step, B_k stands for the way from y to z_t. It takes one layer
    of any cell.

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.
    - `feedback_initializer`: `"orthogonal"`, or `"normal"`, entries N(0, 1/H).
    - `gain`: factor on every B_k.
    - `later_answers`: n, with answers at every step.

    Raises `ConfigurationError` for a clip below 0, a gain that is not positive, an n below 0, an
    unknown name, or several layers.

    Its diagnostics are `error_norm`, ‖δ_t‖, and `norm_ratio`, ‖δ_{t-1}‖/‖δ_t‖: nothing is carried,
    so that is the ratio of two slopes φ′.

    Source: Nøkland 2016, "Direct Feedback Alignment Provides Learning in Deep Neural Networks"
    (NeurIPS), eq. 7. **Chosen here**, where steps are the layers: one B_y for all steps, for a
    sequence has no fixed number of them; and later answers through matrices by their distance k.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.DirectFeedbackAlignment(clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.GRU(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward and gradient."""
        return 2 * steps
