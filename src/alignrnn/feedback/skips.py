"""Error weights that skip steps: what a step missed also goes straight to earlier ones."""

from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PRNGKey, State
from ..errors import check_choice, check_integer, check_number
from ..names import SkipFrom
from ..network import RNN, Layer
from ..plain import Number
from .learned_error_weights import LearnedErrorWeights
from .steps import Above, At, Back
from .weights import FeedbackWeights, drawn


class SkippingWeights(FeedbackWeights):
    """With those that skip."""

    skip: Float[Array, "from hidden"]
    """E_k `(H, H)` from a step, or `(O, H)` from the outputs."""


class Signal(NamedTuple):
    """What step t is told."""

    displacement: State
    """d_t."""
    kept: Float[Array, "batch kept"]
    """What is yet to skip: e_{t+1} … e_{t+k-1} side by side, or Σ_{u ≥ t} e_{y,u}."""


@dataclass(frozen=True)
class SkippingErrorWeights(LearnedErrorWeights):
    r"""The displacements of rec-LRA (docs/algorithms.md, 9).

    from steps:    d_{t-1} = β e_t E_hh + β e_{y,t-1} E_hy + β e_{t-1+k} E_k
    from outputs:  d_{t-1} = β e_t E_hh + β e_{y,t-1} E_hy + β (Σ_{u ≥ t} e_{y,u}) E_k

    E_k stays as drawn, for no forward weight does what it does.
    """

    _: KW_ONLY
    skip_from: SkipFrom = "outputs"
    """From where errors skip: the outputs, to all earlier steps, or each step, k back."""
    skip_steps: int = 10
    """k, of skips from steps."""
    skip_gain: Number = 1.0
    """Factor on E_k."""

    def check(self) -> None:
        super().check()
        check_choice("skip_from", self.skip_from, get_args(SkipFrom))
        check_integer("skip_steps", self.skip_steps, 2)
        check_number("skip_gain", self.skip_gain, above=0)

    @property
    def effective(self) -> "SkippingErrorWeights":
        made = super().effective
        return made if self._by_step else made.replaced(skip_steps=10)

    @property
    def _by_step(self) -> bool:
        return self.skip_from == "steps"

    def init(self, network: RNN, *, key: PRNGKey) -> SkippingWeights:
        """E_hh, E_hy and E_k."""
        own = super().init(network, key=key)
        size, outputs = network.readout.w_hy.shape
        name = "normal" if self.feedback_initializer == "normal" else "orthogonal"
        shape = (size if self._by_step else outputs, size)
        skip = drawn(name, jax.random.fold_in(key, 1), shape)
        return SkippingWeights(own.hh, own.hy, self.skip_gain / self.target_step * skip)

    def asked(
        self, above: Above, layer: Layer, h: State, z: State, state: SkippingWeights
    ) -> Signal:
        """β e_y E_hy; and what then skips from there."""
        error = self.output_error(above, layer, z)
        width = (self.skip_steps - 1) * z.shape[1]
        kept = jnp.zeros((len(z), width), z.dtype) if self._by_step else error
        return Signal(self.target_step * (error @ state.hy), kept)

    def carry(self, at: At, signal: Signal, state: SkippingWeights) -> Back:
        back = super().carry(at, signal.displacement, state)
        kept, size = signal.kept, at.z.shape[1]
        skips = kept[:, -size:] if self._by_step else kept
        if self._by_step:
            missed = self.missed(at, signal.displacement)
            kept = jnp.concatenate([missed, kept[:, :-size]], axis=1)
        displacement = back.signal + self.target_step * (skips @ state.skip)
        return back._replace(signal=Signal(displacement, kept))
