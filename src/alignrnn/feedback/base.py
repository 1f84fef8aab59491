"""The seam between rules: how a learning signal goes one step back through time."""

import abc
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PerStep, PRNGKey, State
from ..cells import Cell, Elman
from ..errors import ConfigurationError, Description
from ..losses import Answers
from ..network import RNN, Forward, Layer, Readout, Trajectory, held
from ..numerics import added, frobenius_norm, safe_divide
from ..plain import Plain
from ..registry import CELLS
from .steps import Above, At, Back, LocalTerms


@dataclass(frozen=True)
class Feedback(Plain, abc.ABC):
    """How a signal goes from step t to step t - 1 of a layer, and what step t learns from it.

    Layers are gone through from the top, the steps of each from the last. A signal may be an error,
    a target, or anything else, as long as all signals of a layer are alike in form.

    Examples:
        A signal that is never changed: every step learns from the error of the answer above it.

        >>> import alignrnn as ar
        >>> class Broadcast(ar.Feedback):
        ...     def start(self, at_last, above, state):
        ...         z = at_last.z
        ...         return above.pull_back_to_state(at_last.layer, z, above.error(at_last.layer, z))
        ...
        ...     def back(self, at, signal, state):
        ...         error = at.layer.pull_back_activation(at.h, at.z, signal)
        ...         return ar.Back(ar.LocalTerms(error), signal)
        >>> class BroadcastRule(Broadcast, ar.Backward):
        ...     pass
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", BroadcastRule(), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def init(self, network: RNN, *, key: PRNGKey) -> Any:
        """What the feedback itself remembers or learns besides the network's parameters."""
        return ()

    def weights_back(self, state: Any) -> Float[Array, "hidden hidden"] | None:
        """The matrix that takes a signal from step t to t - 1 in place of W_hhᵀ, where a feedback
        of one layer of `Elman` has one of its own."""
        return None

    def learn(self, network: RNN, state: Any, forward: Forward, *, key: PRNGKey) -> Any:
        """The state after one update of its own, before targets or errors are made with it."""
        return state

    def prepare(self, layer: Layer, state: Any, run: Trajectory) -> Any:
        """Something for each step, `(T, …)`, that is made faster for all at once."""
        return None

    @abc.abstractmethod
    def start(self, at_last: At, above: Above, state: Any) -> Any:
        """The signal of the last step, from what stands above it."""

    @abc.abstractmethod
    def back(self, at: At, signal: Any, state: Any) -> Back:
        """The local error of step t from its signal, and the signal of step t - 1, to which
        `at.before` adds what it asks. Of the first step's own `signal` nothing is made.

        Of sequences that have ended (`at.live`) nothing is learnt, whatever this says. Where
        something stands before, what step t - 1 is told of them must be what it would be without
        step t: it may be their last.
        """

    def error_above(self, upper: Layer, h: State, told: Any, live: Any) -> State:
        """v at h of the layer above, from what that layer was told; here told is v."""
        return told

    def complete(self, layer: Layer, steps: Any, terms: LocalTerms) -> LocalTerms:
        """The terms of all steps `(T, …)`, where one step's need those of others."""
        return terms

    def readout_gradient(
        self, readout: Readout, layer: Layer, run: Trajectory, answers: Answers
    ) -> Readout | None:
        """The readout's gradient, where it is another than that of L; None: it is."""
        return None

    def finish(self, network: RNN, state: Any, gradients: RNN) -> tuple[RNN, Any]:
        """The network's whole gradient as the optimiser is given it, and the state after it: for
        what learns from that gradient."""
        return gradients, state

    def normalize(self, gradient: Any) -> Any:
        """One step's gradient as it is added to the others'; see `normalizes`."""
        return gradient

    @property
    def normalizes(self) -> bool:
        """Whether `normalize` does anything, so that steps have to be taken one by one."""
        return False

    @property
    def joins_each_step(self) -> bool:
        """Whether every step back needs something of the whole batch, see `Rule`."""
        return True

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """What is worth knowing of each step, by name, each `(T,)`."""
        return {}

    def check_cells(self, cells: tuple[Cell, ...]) -> None:
        """Raises `ConfigurationError` for layers of cells that this feedback does not take."""


class Additive(Feedback):
    """A feedback whose signals add up: errors, or displacements.

    Examples:
        A rule whose error fades by a tenth at each step, whatever the weights are:

        >>> import alignrnn as ar
        >>> class Fading(ar.Additive, ar.Backward):
        ...     def carry(self, at, signal, state):
        ...         error = at.layer.pull_back_activation(at.h, at.z, signal)
        ...         return ar.Back(ar.LocalTerms(error), 0.9 * signal)
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", Fading(), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def asked(self, above: Above, layer: Layer, h: State, z: State, state: Any) -> State:
        """What stands above a step asks of z_t; here its error, (∂L_t/∂y) W_hyᵀ."""
        return above.pull_back_to_state(layer, z, above.error(layer, z))

    @abc.abstractmethod
    def carry(self, at: At, signal: State, state: Any) -> Back:
        """The local error of step t from its signal, and that part of the signal of step t - 1
        which comes from step t."""

    def start(self, at_last: At, above: Above, state: Any) -> State:
        return self.asked(above, at_last.layer, at_last.h, at_last.z, state)

    def back(self, at: At, signal: State, state: Any) -> Back:
        back = self.carry(at, signal, state)
        if at.before is None:
            return back
        step = at.step
        asked = self.asked(at.before, at.layer, step.previous_h, step.previous_z, state)
        # Of no signal, as in a sequence's padding, a feedback may make some.
        carried = held(at.live, back.signal, signal)
        return back._replace(signal=added(carried, asked))


def ratio_before(norms: PerStep) -> PerStep:
    """What each step's norm is of the one after it, from step t to t - 1; 0 at t = 1."""
    return jnp.pad(safe_divide(norms[:-1], norms[1:]), (1, 0))


def error_norms(terms: LocalTerms) -> dict[str, PerStep]:
    """`error_norm`, ‖δ_t‖, and `norm_ratio`, ‖δ_{t-1}‖/‖δ_t‖, 0 at t = 1."""
    norms = jax.vmap(frobenius_norm)(terms.error)
    return {"error_norm": norms, "norm_ratio": ratio_before(norms)}


def check_one_elman(cells: tuple[Cell, ...], allowed: str) -> None:
    """Raises `ConfigurationError`, which says what is allowed, for all but one layer of `Elman`."""
    first, *others = cells
    if others or not isinstance(first, Elman):
        layers = f"{len(cells)} layers of " if others else ""
        raise ConfigurationError("cell", Description(layers + CELLS.name_of(type(first))), allowed)
