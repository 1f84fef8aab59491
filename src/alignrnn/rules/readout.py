"""The readout alone: the control that every table needs."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import PRNGKey
from ..losses import Answers
from ..network import RNN
from ..tasks import Batch
from .base import Update
from .gradients import clip_whole, exact_readout_gradient
from .unrolled import Unrolled


@dataclass(frozen=True)
class ReadoutAlone(Unrolled):
    r"""Only W_hy and b_y learn, over recurrent weights that stay as they were drawn.

        ΔW_hy = ∂L/∂W_hy,    Δb_y = ∂L/∂b_y,    all else 0

    It is what a network comes to without any credit over time: an echo state network (Jaeger
    2001) whose readout is trained by gradient descent. A rule that is not better has taught the
    recurrent weights nothing. It takes every cell, uses nothing of the past, and has no
    diagnostics.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> key, task, rule = jax.random.key(0), ar.TemporalOrder(length=10), ar.ReadoutAlone()
        >>> network = ar.RNN(ar.Elman(4), task.input_size, task.output_size, key=key)
        >>> update, _ = rule.update(network, (), task.sample(key, 2), key=key)
        >>> bool((update.gradients.parameters["w_hh"] == 0).all())
        True
    """

    def products(self, steps: int) -> int:
        """The forward pass."""
        return steps

    @property
    def joins_each_step(self) -> bool:
        """Never: a step needs nothing of the other samples."""
        return False

    def init(self, network: RNN, *, key: PRNGKey) -> Any:
        """Nothing."""
        return ()

    def update(
        self, network: RNN, state: Any, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, Any]:
        """See `Rule.update`."""
        forward = network.forward(batch.inputs, batch.lengths, self.noise_of(key))
        answers = Answers(batch.targets, batch.weights, forward.live, network.output_kind)
        loss, of_readout = exact_readout_gradient(network, forward.layers[-1], answers)
        nothing = jax.tree.map(jnp.zeros_like, network)
        gradients = eqx.tree_at(lambda each: each.readout, nothing, of_readout)
        return Update(loss, clip_whole(gradients, self.clip), {} if diagnostics else None), state
