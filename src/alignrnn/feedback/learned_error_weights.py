"""Error weights that learn, so that they come to agree with the weights they stand for."""

import dataclasses
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PRNGKey
from ..errors import check_choice, check_number
from ..names import Align, ErrorWeightLearning
from ..network import RNN, Forward
from ..plain import Number
from ..spread import as_rows
from .error_weights import ErrorWeights
from .weights import FeedbackWeights

_USED = {
    "fixed": (),
    "learned": ("feedback_step",),
    "kolen-pollack": ("feedback_step", "weight_decay"),
    "mirror": ("feedback_step", "mirror_noise", "mirror_of"),
}
"""Which of its own options each way of learning has use for."""


@dataclass(frozen=True)
class LearnedErrorWeights(ErrorWeights):
    r"""E_hh and E_hy that learn by `learning` (docs/algorithms.md, 9), with W of W_hh and W_hy:

    fixed:          E stays as drawn
    learned:        E ← E - η ΔWᵀ
    kolen-pollack:  E ← E - η (ΔWᵀ/β + κ E),   and the gradient of W is ΔW + κ W
    mirror:         E ← E + η (M/β - E),   M = mean[(F(z + ξ) - F(z))ᵀ ξ]/σ²,   ξ ~ N(0, σ²)

    ΔW is what the optimiser is given, after every bound. β E → Wᵀ under the last two.
    """

    _: KW_ONLY
    learning: ErrorWeightLearning = "learned"
    """How E learns: not at all, by ΔWᵀ, that with weight decay on both (Kolen & Pollack), or from
    the answers of the forward weights to noise (weight mirror)."""
    feedback_step: Number = 0.1
    """η: step size of E's own plain steps."""
    weight_decay: Number = 0.001
    """κ of kolen-pollack, on W and on E; 0: none."""
    mirror_noise: Number = 0.1
    """σ: of the mirror's noise."""
    mirror_of: Align = "pre_activations"
    """F, what the mirror looks at: the step's pre-activation, or its state, with φ′ in it."""

    def check(self) -> None:
        super().check()
        check_choice("learning", self.learning, get_args(ErrorWeightLearning))
        check_number("feedback_step", self.feedback_step, at_least=0)
        check_number("weight_decay", self.weight_decay, at_least=0)
        check_number("mirror_noise", self.mirror_noise, above=0)
        check_choice("mirror_of", self.mirror_of, get_args(Align))

    @property
    def effective(self) -> Any:
        own = {name for names in _USED.values() for name in names}
        idle = own - {*_USED[self.learning]}
        defaults = {each.name: each.default for each in fields(self) if each.name in idle}
        return super().effective.replaced(**defaults)

    def learn(
        self, network: RNN, state: FeedbackWeights, forward: Forward, *, key: PRNGKey
    ) -> FeedbackWeights:
        """One step of the weight mirror."""
        if self.learning != "mirror":
            return state
        aims = [each / self.target_step for each in self._mirrored(network, forward, key)]
        return self._moved(state, [e - aim for e, aim in zip(_of(state), aims, strict=True)])

    def _mirrored(self, network: RNN, forward: Forward, key: PRNGKey) -> tuple[Array, Array]:
        """M of W_hh and of W_hy: what steps and readout make of noise, over all live steps."""
        (layer,), (run,) = network.layers, forward.layers
        start = layer.initial_state(run.states.shape[1])
        before = as_rows(jnp.concatenate([start[None], run.states[:-1]]))
        after, drives = as_rows(run.states), as_rows(run.drives)
        noise = self.mirror_noise * as_rows(jax.random.normal(key, run.states.shape, after.dtype))

        def seen(z: Array) -> Array:
            h = layer.step(drives, z)
            return h if self.mirror_of == "pre_activations" else layer.activate(h)

        live = jnp.ones(len(after)) if forward.live is None else as_rows(forward.live).astype(float)
        weights = live[:, None] / (jnp.sum(live) * self.mirror_noise**2)

        def mirror(difference: Float[Array, "rows width"]) -> Float[Array, "width hidden"]:
            return difference.T @ (weights * noise)

        readout = network.readout
        of_step = mirror(seen(before + noise) - seen(before))
        return of_step, mirror(readout(after + noise) - readout(after))

    def finish(self, network: RNN, state: FeedbackWeights, gradients: RNN) -> tuple[RNN, Any]:
        """The bounded gradients, of which E learns too; with Kolen-Pollack W decays besides."""
        gradients, state = super().finish(network, state, gradients)
        if self.learning not in ("learned", "kolen-pollack"):
            return gradients, state
        steps = [each.T for each in _of_network(gradients)]
        if self.learning == "kolen-pollack":
            steps = self._decayed([each / self.target_step for each in steps], _of(state))
            own = self._decayed(_of_network(gradients), _of_network(network))
            gradients = eqx.tree_at(_of_network, gradients, own)
        return gradients, self._moved(state, steps)

    def _decayed(self, gradients: list[Array], weights: list[Array]) -> list[Array]:
        """With κ times the weights."""
        return [g + self.weight_decay * w for g, w in zip(gradients, weights, strict=True)]

    def _moved(self, state: FeedbackWeights, gradients: list[Array]) -> FeedbackWeights:
        """E after a plain step."""
        hh, hy = (e - self.feedback_step * g for e, g in zip(_of(state), gradients, strict=True))
        return dataclasses.replace(state, hh=hh, hy=hy)


def _of(state: FeedbackWeights) -> list[Array]:
    """E_hh and E_hy."""
    return [state.hh, state.hy]


def _of_network(network: RNN) -> list[Any]:
    """W_hh and W_hy, or their gradients."""
    return [network.layers[0].parameters["w_hh"], network.readout.w_hy]
