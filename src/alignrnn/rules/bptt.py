"""Backpropagation through time, the baseline: the exact gradient, optionally clipped and with Ω."""

from dataclasses import dataclass

from ..feedback import Transposes
from ..plain import is_off
from .backward import Backward


@dataclass(frozen=True)
class BPTT(Transposes, Backward):
    r"""The exact gradient of the global loss L (docs/algorithms.md, 5).

        δ_T = (∂L/∂y W_hyᵀ) ⊙ φ′(h_T);   δ_{t-1} = (δ_t W_hhᵀ) ⊙ φ′(h_{t-1})
        ∂L/∂W_hh = Σ_t z_{t-1}ᵀ δ_t,   ∂L/∂W_xh = Σ_t x_tᵀ δ_t,   ∂L/∂b_h = Σ_t Σ_B δ_t

    **Arguments:**

    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.
    - `regularization`: α of Pascanu's Ω on W_hh; 0: none. Its v is ∂L/∂z_t, and Ω is averaged over
      the steps t ≥ 2 whose error is not 0.
    - `omega_norm`: norms per `"sample"`, as Pascanu et al. 2013, or over the whole `"batch"`.

    Raises `ConfigurationError` for a negative number, or an unknown name.

    Its diagnostics are `error_norm`, ‖δ_t‖, and `norm_ratio`, the gain of δ from step t to t - 1.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> result = ar.train("temporal-order", ar.BPTT(clip=1), cell=ar.Elman(8), protocol=few)
        >>> result.status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward, backward and gradient; two more for Ω."""
        return (3 if is_off(self.regularization) else 5) * steps
