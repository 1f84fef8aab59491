"""What a learning rule is: from a network and a batch to gradients, whatever they are made of."""

import abc
from typing import Any

import equinox as eqx

from .._types import PerStep, PRNGKey, Scalar
from ..networks import Network
from ..tasks import Batch


class Diagnostics(eqx.Module):
    """What happened at each time step of one update; entry t - 1 of `(T,)` is step t."""

    local_loss: PerStep
    """ℓ(z_t, z̄_t)."""
    displacement_norm: PerStep
    """‖h̄_t - h_t‖, how far the target is from where the step was."""
    norm_ratio: PerStep
    """‖u_t‖/‖v_t‖, the gain of the error carried from step t to t - 1, over the whole batch;
    0 at t = 1, from where nothing is carried on, and where v_t is 0."""
    gradient_norms: Network
    """The network's own tree with, for each parameter, the norms `(T,)` of what each step added to
    its gradient (after Regularize and Normalize): `gradient_norms.w_hh`, `gradient_norms.w_xh`."""


class Update(eqx.Module):
    """What a rule makes of one batch."""

    loss: Scalar
    """The global loss before the update."""
    gradients: Network
    """The network's own tree, so that any optimiser applies it."""
    diagnostics: Diagnostics | None


class Rule(eqx.Module):
    """A learning rule.

    Its numbers are array leaves: runs that differ only in them are one program, and a new value
    never recompiles. What changes the program is static.
    """

    @property
    @abc.abstractmethod
    def products_per_step(self) -> int:
        """H × H products an update makes for one time step of one sample; what estimates of time
        are made of."""

    @abc.abstractmethod
    def init(self, network: Network, *, key: PRNGKey) -> Any:
        """What the rule itself remembers or learns besides the network's parameters."""

    @abc.abstractmethod
    def update(
        self, network: Network, state: Any, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, Any]:
        """One update from one batch, and the rule's new state.

        `diagnostics` is static: where it is off, nothing of them is computed.
        """
