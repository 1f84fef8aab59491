"""RNN-LRA-diff: every unrolled step gets a target that brings the next step closer to its own."""

from dataclasses import dataclass

from ..feedback import LocalTargets
from .backward import Backward


@dataclass(frozen=True)
class LRADiff(LocalTargets, Backward):
    r"""RNN-LRA-diff and its regularised form (the paper's Algorithms 1 and 2).

    From the last step to the first, with δ_t = ∂ℓ(z_t, z̄_t)/∂h_t:

        h̄ ← h_T;      K times:  h̄ ← h̄ - β_y·N₂(∂L(φ(h̄) W_hy + b_y)/∂h̄);           z̄_T = φ(h̄)
        h̄ ← h_{t-1};  K times:  ĥ = x_t W_xh + φ(h̄) W_hh + b_h
                                h̄ ← h̄ - β·N₂(∂ℓ(φ(ĥ), z̄_t)/∂h̄);                z̄_{t-1} = φ(h̄)
        ΔW_hh += N₁(z_{t-1}ᵀδ_t),   ΔW_xh += N₁(x_tᵀδ_t),   Δb_h += Σ_B δ_t
        ΔW_hy = N₁(∂L/∂W_hy),       Δb_y = ∂L/∂b_y

    N₁ and N₂ are Normalize with c₁ and c₂. The regularised rule adds α ∂Ω_t/∂θ (with Ω of
    `feedback/regularization.py`) inside N₁ or N₂ at each of the `regularize` places. Local: the
    gradient of step t needs nothing but x_t, z_{t-1}, z_t and z̄_t.

    **Arguments:**

    - `target_step`: β (default 10, the largest of the paper's grid and mostly its best), or
      `"unit"`, see below. `output_target_step`: β_y, the same at the output layer (default: β; 1
      under `"unit"`).
    - `inner_steps`: K.
    - `local_loss`, `reduction`: ℓ and its R, see `LocalLoss`.
    - `align`: compare `"states"` ℓ(z, z̄), as in the paper, or `"pre_activations"` ℓ(h, h̄).
    - `gradient_bound`, `displacement_bound`: c₁, c₂; 0 switches that normalisation off.
    - `normalization`: `"clip"` (Algorithm 1), `"forced"` (Figure 3) or `"off"`.
    - `regularization`: α; 0 switches Ω off. `regularize`: the place or places it acts on, of
      `"weights"` (W_hh, W_hy), `"recurrent"` (W_hh alone), `"inputs"` (W_xh) and `"targets"` (every
      displacement of h̄).
    - `omega_norm`: Ω's norms over the `"batch"`, or per `"sample"`. `omega_over_steps`: the `"sum"`
      of Ω_t over the time steps, as in Algorithm 2, or their `"mean"`: α/(T - 1) at each.
    - `regularization_by`: α is `"constant"`, as in Algorithm 2, or at each layer driven by the
      error of its neighbour `"downstream"`, α_t = α‖δ_{t+1}‖_F, as the paper proposes (section VI);
      the last hidden layer's neighbour is the output, with ∂L/∂y, which has none and takes its own.
    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    **Unit step.** A displacement of z_t moves z_{t-1} by β ℓ″ times what the error needs, ℓ″ the
    curvature of ℓ at its target: 2/(B·H) under `mean`, 2/B under `batch`. `"unit"` is β = 1/ℓ″, a
    gain of one, and ℓ is measured by its own curvature, ℓ/(B·ℓ″), so that targets and gradients are
    the same under either reduction, for any size of batch and any width. β_y then is in units of a
    sample's own error, h̄_T = h_T - β_y·∂L_b/∂h_T with L = mean_b L_b: with β_y = 1 the last step
    gets BPTT's gradient, and on pre-activations every step does (K = 1, α = 0).

    Raises `ConfigurationError` for a step that is not positive, a bound, clip or α below 0, an α
    that acts nowhere, K below 1, or an unknown name.

    **Answers at several steps:** the next step and the readout displace the same h̄ in the same K
    steps, β and β_y times their own gradient. **Layers:** a layer's target comes from the layer
    above at the same step and from itself at the next, both with β; between layers errors are
    carried without Ω. What ℓ compares is the cell's state: a GRU's z, an LSTM's pair.
    (docs/algorithms.md, 8)

    docs/algorithms.md, 3 and 4, has all of it.

    **Differs from the paper** where its text leaves a choice open: there is no Ω at t = 1, from
    where no error is carried on; biases are neither normalised nor regularised. What
    produced its tables differed in more (docs/reproduction/differences.md).

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.LRADiff(target_step="unit", clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Forward, gradient, and one more for Ω's; a target of all steps but the last, with two
        more an inner step."""
        each = 2 + self.acts_on("weights", "recurrent")
        return each * steps + (1 + 2 * (self.inner_steps - 1)) * (steps - 1)
