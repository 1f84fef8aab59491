"""States aligned, without the bend of finite targets: the rule where displacements are small."""

from dataclasses import dataclass

from alignrnn import Additive, Back, Backward, LocalTerms


@dataclass(frozen=True)
class LinearisedStates(Additive, Backward):
    """δ_t = φ′(h_t)ⁿ ⊙ ∂L/∂z_t,  ∂L/∂z_{t-1} = δ_t W_hhᵀ: with n = 3 the first order of the unit
    step with states aligned and K = 1, z̄ - z ≈ φ′ ⊙ (h̄ - h); with n = 1 BPTT."""

    factors: int = 3
    """n."""

    def carry(self, at, signal, state):
        error = signal
        for _ in range(self.factors):
            error = at.layer.pull_back_activation(at.h, at.z, error)
        step = at.step
        back = at.layer.pull_back_step(step.drive, step.previous_z, error, step.residuals)
        return Back(LocalTerms(error), back)
