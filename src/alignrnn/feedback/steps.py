"""What a feedback sees of one time step of one layer, and what it answers."""

import abc
from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Bool

from .._types import Drive, Residuals, State
from ..cells import PullBack, differentiated
from ..losses import Answers
from ..network import Layer, Readout


class LocalStep(NamedTuple):
    """All that one step's parameter gradient may depend on; stacked over time outside of scan.

    Examples:
        A feedback that makes its signal smaller where the state before was large:

        >>> import alignrnn as ar
        >>> class Gated(ar.Additive, ar.Backward):
        ...     def carry(self, at, signal, state):
        ...         error = at.layer.pull_back_activation(at.h, at.z, signal)
        ...         return ar.Back(ar.LocalTerms(error), signal * (1 - at.step.previous_z**2))
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", Gated(), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    inputs: Array
    """x_t."""
    previous_inputs: Array
    """x_{t-1}; at t = 1, where its cotangent is 0, x_1."""
    drive: Drive
    previous_h: State
    """h_{t-1}; at t = 1 zeros."""
    previous_z: State
    """z_{t-1}."""
    earlier_z: State
    """z_{t-2}; at t = 1, where nothing is made of it, z_0."""
    residuals: Residuals = None
    """What step t kept for its derivatives, see `Cell.step_with_residuals`."""
    previous_residuals: Residuals = None
    """What step t - 1 kept; at t = 1, where nothing is made of it, zeros."""
    noise: Drive | None = None
    """What the drive has of noise; None: nothing."""
    previous_noise: Drive | None = None
    """That of step t - 1; at t = 1, where nothing is made of it, zeros."""


class LocalTerms(NamedTuple):
    """One step's errors, and with a regularised rule the cotangents of Ω.

    Examples:
        >>> import alignrnn as ar
        >>> terms = ar.LocalTerms(error=0.5)
        >>> terms.error, terms.omega_error is None  # not regularised
        (0.5, True)
    """

    error: State
    """δ_t, the error at h_t."""
    omega_error: State | None = None
    """v, the error whose norm Ω_t keeps."""
    weight_cotangent: State | None = None
    """α ∂Ω_t/∂u, for the recurrent weights that carry v to u."""
    input_cotangent: State | None = None
    """α ∂Ω_t/∂h_{t-1}, for the input weights of the step before (eq. 7)."""
    drive_error: State | None = None
    """The error at h_t for the input weights, where it is another than `error`."""


class Above(eqx.Module):
    """What stands above a layer at one step and asks something of it: a readout, or a layer.

    Examples:
        A feedback asks it for the error of what stands there:

        >>> import alignrnn as ar
        >>> class Halved(ar.Additive, ar.Backward):
        ...     def asked(self, above, layer, h, z, state):
        ...         return above.pull_back_to_state(layer, z, above.error(layer, z)) / 2
        ...
        ...     def carry(self, at, signal, state):
        ...         error = at.layer.pull_back_activation(at.h, at.z, signal)
        ...         return ar.Back(ar.LocalTerms(error), signal)
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", Halved(), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    @abc.abstractmethod
    def error(self, layer: Layer, z: State) -> State:
        """v, the error one map up, where this layer's state is z: ∂L_t/∂y of a readout."""

    @abc.abstractmethod
    def pull_back(self, layer: Layer, h: State, z: State, v: State) -> PullBack:
        """Carry v down to h of this layer; z = activate(h)."""

    @abc.abstractmethod
    def pull_back_to_state(self, layer: Layer, z: State, v: State) -> State:
        """Carry v down to z of this layer."""


class AboveReadout(Above):
    """The readout, and what it was to say at this step."""

    readout: Readout
    answers: Answers

    def error(self, layer: Layer, z: State) -> State:
        return jax.grad(self.answers.loss)(self.readout(layer.output(z)))

    def pull_back(self, layer: Layer, h: State, z: State, v: State) -> PullBack:
        return layer.pull_back_output(h, z, v @ self.readout.w_hy.T)

    def pull_back_to_state(self, layer: Layer, z: State, v: State) -> State:
        return jax.vjp(lambda at: self.readout(layer.output(at)), z)[1](v)[0]


class AboveLayer(Above):
    """The next layer at the same step: what it came from and what it was told."""

    upper: Layer
    previous_z: State
    """z_{t-1} of that layer."""
    noise: Drive | None
    """What that layer's drive has of noise."""
    told: Any
    """What its feedback passes down, see `Back.passed`."""
    live: Bool[Array, " batch"] | None
    feedback: Any
    """That of both layers, which knows what to make of it."""

    def _h(self, layer: Layer, z: State) -> State:
        drive = self.upper.drive(layer.output(z), self.noise)
        return self.upper.step(drive, self.previous_z)

    def error(self, layer: Layer, z: State) -> State:
        return self.feedback.error_above(self.upper, self._h(layer, z), self.told, self.live)

    def pull_back(self, layer: Layer, h: State, z: State, v: State) -> PullBack:
        return differentiated(lambda at: self._h(layer, layer.activate(at)), h, v)

    def pull_back_to_state(self, layer: Layer, z: State, v: State) -> State:
        return jax.vjp(lambda at: self._h(layer, at), z)[1](v)[0]


class At(NamedTuple):
    """One step of one layer, t.

    Examples:
        A feedback that learns from a step only where something stands before it:

        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> class Later(ar.Additive, ar.Backward):
        ...     def carry(self, at, signal, state):
        ...         error = at.layer.pull_back_activation(at.h, at.z, signal)
        ...         return ar.Back(ar.LocalTerms(jnp.where(at.is_first, 0, error)), signal)
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> ar.train("temporal-order", Later(), cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    layer: Layer
    step: LocalStep
    h: State
    """h_t."""
    z: State
    """z_t."""
    is_first: Bool[Array, ""]
    """t = 1, from where nothing is carried on."""
    live: Bool[Array, " batch"] | None
    """Whose sequence goes on at t; None: all."""
    before: Above | None
    """What stands above step t - 1; None: nothing that was scored."""
    prepared: Any
    """What `Feedback.prepare` made of this step."""
    count: int
    """T."""
    reports: bool
    """Whether a report is wanted."""


class Back(NamedTuple):
    """What one step comes to.

    Examples:
        >>> import alignrnn as ar
        >>> back = ar.Back(ar.LocalTerms(error=0.5), signal=0.25)
        >>> back.signal, back.passed is None  # the layer below is told δ_t
        (0.25, True)
    """

    terms: LocalTerms
    signal: Any
    """What step t - 1 is told."""
    report: Any = None
    """For `Feedback.diagnose`."""
    passed: Any = None
    """What the layer below is told of this step; None: δ_t."""
