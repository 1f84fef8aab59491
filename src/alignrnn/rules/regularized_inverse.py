"""Target propagation through regularised inverses: nothing of the inverse is learned."""

from dataclasses import dataclass

from ..feedback import DampedInverse
from .backward import Backward


@dataclass(frozen=True)
class RegularizedInverse(DampedInverse, Backward):
    r"""Targets by a closed-form inverse of the step (docs/algorithms.md, 11).

        d_T = -γ_h ∂L/∂z_T,    z̄_t = z_t + d_t,    R = W_hhᵀ (W_hh W_hhᵀ + r I)⁻¹
        linear:        d_{t-1} = (d_t ⊘ (1 - z_t²)) R
        difference:    d_{t-1} = (atanh(z̄_t) - atanh(z_t)) R
        gauss-newton:  d_{t-1} = d_t (JᵀJ + r I)⁻¹ Jᵀ,   J = W_hh diag φ′(h_t) of each sample
        W_hh, W_xh, b_h:  gradients of ½ Σ_t ‖z_t - z̄_t‖², summed over units, mean over samples
        W_hy, b_y:        ∂L/∂W_hy, ∂L/∂b_y

    ∂L/∂z_T is that of one sample, with L the mean of the samples' own losses; with answers at
    several steps d_t gets -γ_h ∂L_t/∂z_t besides. Where tanh is inverted, z_t and z̄_t are clipped
    to ±(1 - 10⁻³). One factorisation an update serves all steps, O(H³); gauss-newton has one of
    each step and sample, O(T·B·H³). It must know W_hh on the way back, and stores all states. It
    takes one layer of `Elman`, with tanh, or for gauss-newton any φ.

    **Arguments:**

    - `target_step`: γ_h.
    - `damping`: r, or `"unit"`. For orthogonal W_hh the gain is 1/(φ′(1 + r)), and φ′/(φ′² + r) of
      gauss-newton; with m the mean φ′ of the batch, `"unit"` is r = 1/m - 1, or m(1 - m), and at
      least 10⁻³.
    - `inverse`: one of the three forms.
    - `gradient`: `"local"`, with z_{t-1} and z̄_t held constant, so that step t needs x_t, z_{t-1},
      z_t and z̄_t alone; or `"as_published"`, with only z̄_t held, through the whole graph. That one
      is no local rule: at t = T it has γ_h times BPTT's gradient in it.
    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a γ_h or r that is not positive, a clip below 0, an unknown
    name, another cell, or a φ that it cannot invert.

    Its diagnostics are `local_loss`, `displacement_norm`, ‖z̄_t - z_t‖, and `norm_ratio`, its gain
    from step t to t - 1.

    Source: Roulet & Harchaoui 2021, "Target Propagation via Regularized Inversion", whose settings
    are γ_h = 10⁻², r = 10 or 1, plain SGD with 0.1 or 0.01. **Chosen here**: the local form is the
    default, which is another rule than the published.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.RegularizedInverse(damping="unit", inverse="linear", clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward, back and gradient, and one more through the graph; of gauss-newton besides a
        factorisation of each step, of some H/3 products with a vector."""
        return (4 if self._is_published else 3) * steps
