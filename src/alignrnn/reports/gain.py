"""The gain per time step: what is left of a displacement one step further from the output."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LOST = 1e-3
"""Less than this of the last step's displacement at the first is called vanished; more than its
inverse, exploded."""


class Gain(NamedTuple):
    """Of one check."""

    per_step: float
    """Geometric mean of ‖h̄_{t-1} - h_{t-1}‖/‖h̄_t - h_t‖ over the steps that carried one."""
    steps: int
    """How many did."""
    layers: int
    """T."""
    begun: bool = True
    """Whether there was a displacement at the last step, to carry on at all."""

    @property
    def overall(self) -> float:
        """‖h̄_1 - h_1‖/‖h̄_T - h_T‖; 0 where some step in between carried nothing on."""
        return self.per_step**self.steps if self.steps == self.layers - 1 else 0.0


class TargetStep(NamedTuple):
    """The step a run was trained with, and the one of unit gain, β = 1/ℓ″."""

    used: float
    unit: float


def gain_of(displacements: Sequence[float] | np.ndarray) -> Gain:
    """The gain per step, from the norms of the displacements `(T,)`."""
    norms = np.asarray(displacements, float)
    dead = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    first = int(dead[-1]) + 1 if dead.size else 0
    alive = norms[first:]
    if len(alive) < 2:
        return Gain(0.0, 0, len(norms), bool(len(alive)))
    steps = len(alive) - 1
    return Gain(float((alive[0] / alive[-1]) ** (1 / steps)), steps, len(norms))


def gain_lines(gain: Gain, step: TargetStep | None) -> list[str]:
    """The gain in words, and where it makes the signal vanish or explode, which step would not.

    `step` is None for a rule without one that sets the gain.
    """
    if not gain.begun:
        return [
            "gain per time step: none to measure, the last step's displacement is 0 (no error is "
            "left) or not finite"
        ]
    if not gain.steps:
        return ["gain per time step: none, no displacement reached a second step"]
    lines = [f"gain per time step: {gain.per_step:.3g} (geometric mean of {gain.steps} steps)"]
    if LOST <= gain.overall <= 1 / LOST:
        return lines
    if gain.per_step < 1:
        after = int(np.ceil(np.log(LOST) / np.log(gain.per_step)))
        warning = (
            f"the signal vanishes: less than a thousandth of it is left {after} "
            f"step{'s' if after > 1 else ''} from the last of {gain.layers}"
        )
    else:
        warning = f"the signal explodes: {gain.overall:.1g} times as large at the first step"
    lines.append(warning)
    if step is not None:
        lines.append(_advice(gain, step))
    return lines


def _advice(gain: Gain, step: TargetStep) -> str:
    would = step.used / gain.per_step
    text = (
        f"the target step β = {step.used:.4g} makes it so; at β = {would:.4g} the gain would be "
        f"about 1 (the unit step of this loss, batch and width is {step.unit:.4g})"
    )
    if would > 2 * step.unit:
        text += "; Ω on the recurrent weights (regularization) raises what W_hh and φ′ leave of it"
    return text
