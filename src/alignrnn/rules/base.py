"""What a learning rule is: from a network and a batch to gradients, whatever they are made of."""

import abc
from dataclasses import dataclass
from typing import Any

import equinox as eqx

from .._types import PerStep, PRNGKey, Scalar
from ..cells import Cell
from ..network import RNN
from ..plain import Plain
from ..tasks import Batch

Diagnostics = dict[str, PerStep]
"""What happened at each time step of one update, by name; entry t - 1 of `(T,)` is step t.

A rule reports what it has. `gradient_norm_w_hh` and the like, of every parameter of a layer, are
the norms of what each step added to its gradient (after Regularize and Normalize). With several
layers each name begins with its layer's number, 0 the lowest: `1.local_loss`.
"""


class Update(eqx.Module):
    """What a rule makes of one batch.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> key, task, rule = jax.random.key(0), ar.TemporalOrder(length=10), ar.BPTT()
        >>> network = ar.RNN(ar.Elman(4), task.input_size, task.output_size, key=key)
        >>> batch = task.sample(key, 2)
        >>> update, _ = rule.update(network, (), batch, key=key, diagnostics=True)
        >>> update.diagnostics["error_norm"].shape  # a number a time step
        (10,)
    """

    loss: Scalar
    """The global loss before the update."""
    gradients: RNN
    """The network's own tree, so that any optimiser applies it."""
    diagnostics: Diagnostics | None


@dataclass(frozen=True)
class Rule(Plain):
    """A learning rule, as plain options.

    Runs that differ only in its numbers are one program, and a new value never recompiles; 0
    switches a part off before anything is compiled.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> key, task, rule = jax.random.key(0), ar.TemporalOrder(length=10), ar.BPTT()
        >>> network = ar.RNN(ar.Elman(4), task.input_size, task.output_size, key=key)
        >>> state = rule.init(network, key=key)
        >>> update, state = rule.update(network, state, task.sample(key, 2), key=key)
        >>> update.gradients.parameters["w_hh"].shape
        (4, 4)
    """

    @abc.abstractmethod
    def products(self, steps: int) -> int:
        """Products with the recurrent weights that an update makes for one sample of so many time
        steps, and for one layer; what estimates of time are made of.

        It is that of an Elman RNN, and without Ω of every cell that keeps residuals. Others make
        one more for each pull-back and for the gradient, and Ω's take two more at least.
        """

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        """Raises `ConfigurationError` for layers of cells that the rule does not take."""

    @property
    def joins_each_step(self) -> bool:
        """Whether every time step needs something of the whole batch, such as a norm.

        It says nothing of what is computed: devices that share a batch wait for one another at
        every such step, which only a large batch is worth. Of a rule of one's own nothing is known.
        """
        return True

    @abc.abstractmethod
    def init(self, network: RNN, *, key: PRNGKey) -> Any:
        """What the rule itself remembers or learns besides the network's parameters."""

    @abc.abstractmethod
    def update(
        self, network: RNN, state: Any, batch: Batch, *, key: PRNGKey, diagnostics: bool = False
    ) -> tuple[Update, Any]:
        """One update from one batch, and the rule's new state.

        `diagnostics` is static: where it is off, nothing of them is computed.
        """
