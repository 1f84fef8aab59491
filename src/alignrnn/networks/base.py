"""What a rule may know of a network: its one-step map, the pull-back of it, and its trajectory."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .._types import Inputs, Labels, OutputKind, Outputs, State, States
from ..errors import ConfigurationError, as_array, described


class Trajectory(eqx.Module):
    """One pass over a batch: what every step was given, and what it made of it."""

    drives: States
    """Each step's input contribution, x_t W_xh."""
    pre_activations: States
    """h_1 … h_T."""
    states: States
    """z_1 … z_T."""
    outputs: Outputs
    """y, read out from z_T."""


class PullBack(NamedTuple):
    """An error carried one map backward, u = (∂map/∂h)ᵀ v, and how u changes with h."""

    error: State
    """u."""
    bend: Callable[[State], State]
    """From a cotangent ū of u to ∂⟨ū, u⟩/∂h, with v held constant; free where it is not called."""


class Network(eqx.Module):
    r"""A recurrent network as every rule sees it; all its leaves are its parameters.

        h_t = step(drive(x_t), z_{t-1}),   z_t = activate(h_t),   y = readout(z_T),   z_0 = 0

    A new cell implements these four and `initial_state`. The pull-backs are differentiated
    from them; a cell may give closed forms instead, where a benchmark shows the gain.
    """

    output_kind: eqx.AbstractVar[OutputKind]
    input_size: eqx.AbstractVar[int]
    hidden_size: eqx.AbstractVar[int]
    output_size: eqx.AbstractVar[int]
    labels: ClassVar[Labels | None] = None
    """What each class is called, in order; None: 0 to O - 1. A cell that keeps them has a static
    field of this name."""

    @abc.abstractmethod
    def drive(self, inputs: Int[Array, "*lead"] | Float[Array, "*lead input"]) -> Array:
        """x W_xh, `(*lead, H)`, for any leading axes: one step's batch or a whole sequence's."""

    @abc.abstractmethod
    def step(self, drive: State, previous: State) -> State:
        """h_t from x_t W_xh and z_{t-1}."""

    @abc.abstractmethod
    def activate(self, pre_activation: State) -> State:
        """z_t = φ(h_t)."""

    @abc.abstractmethod
    def readout(self, state: State) -> Outputs:
        """y from z."""

    @abc.abstractmethod
    def initial_state(self, batch_size: int) -> State:
        """z_0."""

    def pull_back(self, drive: State, h: State, z: State, error: State) -> PullBack:
        """Carry v, an error at h_t, back to h = h_{t-1}: u = (∂h_t/∂h_{t-1})ᵀ v.

        `drive` is that of step t; z = φ(h).
        """
        return _differentiated(lambda at: self.step(drive, self.activate(at)), h, error)

    def pull_back_output(self, h: State, z: State, error: Outputs) -> PullBack:
        """Carry v, an error at the outputs, back to h = h_T: u = (∂y/∂h_T)ᵀ v."""
        return _differentiated(lambda at: self.readout(self.activate(at)), h, error)

    def pull_back_step(self, drive: State, z: State, error: State) -> State:
        """Carry an error at h_t to z = z_{t-1}: (∂h_t/∂z_{t-1})ᵀ error."""
        return jax.vjp(lambda at: self.step(drive, at), z)[1](error)[0]

    def pull_back_activation(self, h: State, z: State, error: State) -> State:
        """Carry an error at z = φ(h) to h: (∂z/∂h)ᵀ error."""
        return jax.vjp(self.activate, h)[1](error)[0]

    def trajectory(self, inputs: Inputs) -> Trajectory:
        """Run over a time-major batch, from z_0, and keep every step."""
        drives = self.drive(inputs)

        def advance(state, drive):
            h = self.step(drive, state)
            z = self.activate(h)
            return z, (h, z)

        start = self.initial_state(inputs.shape[1])
        last, (pre_activations, states) = jax.lax.scan(advance, start, drives)
        return Trajectory(drives, pre_activations, states, self.readout(last))

    def outputs(self, inputs: Inputs) -> Outputs:
        """y of the last step alone: nothing else is kept."""

        def advance(state, drive):
            return self.activate(self.step(drive, state)), None

        last, _ = jax.lax.scan(advance, self.initial_state(inputs.shape[1]), self.drive(inputs))
        return self.readout(last)

    def predict(
        self, inputs: Any
    ) -> Int[Array, " batch"] | Float[Array, "batch output"] | np.ndarray:
        """What the network says of sequences: one sample a row, in any form NumPy understands.

        Symbols `(N, T)`, integers from 0 to I - 1, or features `(N, T, I)`. Returns the class of
        each sequence `(N,)`, by its label where the data had labels of their own, or for a
        regression its values `(N, O)`. Raises `ConfigurationError` for anything else.
        """
        outputs = _jitted_outputs(self, jnp.asarray(self._time_major(as_array("inputs", inputs))))
        if self.output_kind == "values":
            return outputs
        classes = jnp.argmax(outputs, axis=1)
        return classes if self.labels is None else np.asarray(self.labels)[np.asarray(classes)]

    def _time_major(self, inputs: np.ndarray) -> np.ndarray:
        size = self.input_size
        is_symbols = inputs.ndim == 2 and np.issubdtype(inputs.dtype, np.integer)
        is_real = any(jnp.issubdtype(inputs.dtype, kind) for kind in _REAL)
        is_features = inputs.ndim == 3 and inputs.shape[2] == size and is_real
        if 0 in inputs.shape or not (is_symbols or is_features):
            raise ConfigurationError(
                "inputs",
                described(inputs),
                f"it must be integers (N, T), symbols, or numbers (N, T, {size}), features",
            )
        if is_symbols and (inputs.min() < 0 or inputs.max() >= size):
            out = inputs.min() if inputs.min() < 0 else inputs.max()
            raise ConfigurationError("inputs", int(out), f"symbols go from 0 to {size - 1}")
        time_major = inputs.swapaxes(0, 1).astype(np.int32 if is_symbols else float)
        finite = np.isfinite(time_major)
        if not finite.all():
            raise ConfigurationError(
                "inputs", time_major[~finite].flat[0].item(), "all must be finite"
            )
        return time_major


_REAL = (jnp.floating, jnp.integer, jnp.bool_)


@jax.jit
def _jitted_outputs(network: Network, inputs: Inputs) -> Outputs:
    return network.outputs(inputs)


def _differentiated(one_map: Callable[[State], Array], h: State, error: Array) -> PullBack:
    def carried(at: State) -> State:
        return jax.vjp(one_map, at)[1](error)[0]

    carried_error, differentiate = jax.vjp(carried, h)
    return PullBack(carried_error, lambda cotangent: differentiate(cotangent)[0])
