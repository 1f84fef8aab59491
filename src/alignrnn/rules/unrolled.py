"""What rules have in common that run the network over a batch themselves."""

from dataclasses import KW_ONLY, dataclass

import jax

from .._types import PRNGKey
from ..errors import check_number
from ..noise import Noise
from ..plain import Number, is_off
from .base import Rule

_NOISE = 0x4E_01_5E
"""Of the key of an update: more than there are steps, which rules number from 0."""


@dataclass(frozen=True)
class Unrolled(Rule):
    """A rule that runs the network over a batch, in noise or without, and bounds what comes out
    (docs/algorithms.md, 7). Raises `ConfigurationError` for a negative bound or noise."""

    _: KW_ONLY
    clip: Number = 0.0
    """Bound on the norm of the whole gradient, all parameters together; 0: none."""
    hidden_noise: Number = 0.0
    """σ of the Gaussian noise in every pre-activation, gates' included, while it trains and at no
    other time; 0: none."""

    def check(self) -> None:
        super().check()
        check_number("clip", self.clip, at_least=0)
        check_number("hidden_noise", self.hidden_noise, at_least=0)

    def noise_of(self, key: PRNGKey) -> Noise | None:
        """That of an update with this key."""
        if is_off(self.hidden_noise):
            return None
        return Noise(self.hidden_noise, jax.random.fold_in(key, _NOISE))
