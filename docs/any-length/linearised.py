"""Aligned states taken apart: the slopes that a finite target brings in, and its bend."""

from dataclasses import dataclass

import jax.numpy as jnp

from alignrnn import Additive, Back, Backward, LocalTerms


@dataclass(frozen=True)
class LinearisedStates(Additive, Backward):
    """The unit step with states aligned and K = 1, to the first order of its targets; tanh.

        ε_t = φ′(h_t) ⊙ ∂L/∂z_t,   δ_t = φ′(h_t)ⁿ⁻¹ ⊙ (ε_t + bend),   ∂L/∂z_{t-1} = δ_t W_hhᵀ

    n = 3 has the slopes of aligned states, for z̄ - z ≈ φ′ ⊙ (h̄ - h) and ∂z/∂h = φ′; n = 1 is BPTT.
    The bend is what the second order adds: z̄ - z ≈ φ′ ⊙ (e - z ⊙ e²) with e = -B·ε, here within the
    exact φ(h + e), which keeps it finite.
    """

    factors: int = 3
    """n."""
    bend: bool = False
    """Whether targets bend."""

    def carry(self, at, signal, state):
        layer, step = at.layer, at.step
        error = layer.pull_back_activation(at.h, at.z, signal)
        if self.bend:
            batch = len(at.h)
            slope = layer.pull_back_activation(at.h, at.z, jnp.ones_like(at.h))
            moved = layer.activate(at.h - batch * error) - at.z
            # Where a unit is saturated its slope is near 0, and so is what it moves.
            error = -moved / jnp.maximum(slope, 0.05) / batch
        for _ in range(self.factors - 1):
            error = layer.pull_back_activation(at.h, at.z, error)
        back = layer.pull_back_step(step.drive, step.previous_z, error, step.residuals)
        return Back(LocalTerms(error), back)
