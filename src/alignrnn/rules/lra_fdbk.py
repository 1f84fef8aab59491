"""LRA-fdbk: fixed random error weights displace each state by what the next one missed."""

from dataclasses import dataclass

from ..feedback import ErrorWeights
from .backward import Backward


@dataclass(frozen=True)
class LRAFdbk(ErrorWeights, Backward):
    r"""Local representation alignment by fixed error weights (docs/algorithms.md, 9).

        z̄_T = φ(h_T - β e_{y,T} E_hy),                              e_t = z_t - z̄_t
        z̄_{t-1} = φ(h_{t-1} - β e_t E_hh - β e_{y,t-1} E_hy)
        ΔW_hh = Σ_t z_{t-1}ᵀ e_t,   ΔW_xh = Σ_t x_tᵀ e_t,   Δb_h = Σ_t Σ_B e_t,  means over samples
        ΔW_hy = ∂L/∂W_hy,           Δb_y = ∂L/∂b_y

    `E_hh (H, H)` and `E_hy (O, H)` are drawn once. There is no transpose of a forward weight and no
    φ′: step t needs h_t, z_t and what step t + 1 missed. e_{y,t} is ∂L_t/∂y of one sample, with L
    the mean of the samples' own losses; 0 where nothing is scored. All states are stored, as for
    BPTT. To first order in e_y, δ_t = e_t ≈ φ′(h_t) ⊙ d_t, so with βE_hh = W_hhᵀ and βE_hy = W_hyᵀ
    this is BPTT. It takes one layer of `Elman`.

    **Arguments:**

    - `target_step`: β.
    - `feedback_initializer`: `"orthogonal"`, βE_hh orthogonal and the rows of βE_hy orthonormal:
      a gain of one but for φ; `"normal"`, entries of βE N(0, 1/H), which for H = 100 and β = 0.1
      are the paper's E ~ N(0, 1); `"transpose"`, βE_hh = W_hhᵀ and βE_hy = W_hyᵀ of the initial
      network.
    - `gain`, `output_gain`: factors on E_hh and E_hy.
    - `update_bound`: bound on the norm of each weight matrix' gradient; 0: none. `clip` comes
      first: a bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a β or output gain that is not positive, another number below 0,
    an unknown name, or another cell.

    Its diagnostics are `error_norm`, ‖e_t‖/B, and `norm_ratio`, ‖e_{t-1}‖/‖e_t‖.

    Source: Ororbia, Mali, Kifer & Giles 2018, "Conducting Credit Assignment by Aligning Local
    Representations", for layers, which here are steps with one E_hh for all. **Chosen here**: E is
    scaled by its gain per step, for at another H or β the published N(0, 1) vanishes or explodes
    over steps; and the bound is on a matrix' whole gradient, not on that of each step.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.LRAFdbk(target_step=0.1, clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """
