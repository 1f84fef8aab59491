"""What a cell is: one step of a recurrent network, without readouts, losses or rules."""

import abc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Drive, Output, PRNGKey, Residuals, SomeStates, State, StepInputs
from ..errors import check_integer
from ..plain import Plain

Parameters = dict[str, Float[Array, "..."]]
"""A cell's own, by name: w_xh, w_hh, b_h, …"""


class PullBack(NamedTuple):
    """An error carried one map backward, u = (∂map/∂h)ᵀ v, and how u changes with h."""

    error: State
    """u."""
    bend: Callable[[State], State]
    """From a cotangent ū of u to ∂⟨ū, u⟩/∂h, with v held constant; free where it is not called."""


@dataclass(frozen=True)
class Cell(Plain, abc.ABC):
    r"""One step of a recurrent network, as plain options; its parameters p are given to it.

        h_t = step(p, drive(p, x_t), z_{t-1}),    z_t = activate(h_t),    output(z_t),    z_0 = 0

    h_t is what a target displaces, z_t what is carried on, output(z_t) `(B, hidden_size)` what a
    readout or the next layer sees. h and z are arrays `(B, H)` or trees of such arrays.

    A cell of one's own implements `init`, `drive` and `step`, and whatever of `activate`, `output`
    and `initial_state` differs. The pull-backs are derived from these, and compute the step anew.
    Where a benchmark shows the gain, a cell may spare them that by `step_with_residuals`, or give
    closed forms instead.

    Examples:
        A cell that adds up what it sees:

        >>> import alignrnn as ar
        >>> import jax
        >>> class Sum(ar.Cell):
        ...     def init(self, input_size, *, key):
        ...         return {"w_xh": jax.random.normal(key, (input_size, self.hidden_size))}
        ...
        ...     def drive(self, p, inputs):
        ...         return ar.project(inputs, p["w_xh"])
        ...
        ...     def step(self, p, drive, previous):
        ...         return previous + drive
        >>> network = ar.RNN(Sum(4), 3, 2, key=jax.random.key(0))
        >>> network.predict([[0, 1, 2], [2, 1, 0]]).shape
        (2,)
    """

    hidden_size: int = 100
    """H: hidden units of a layer."""
    layers: int = field(default=1, kw_only=True)
    """Layers, one above the other, all of this cell."""

    def check(self) -> None:
        check_integer("hidden_size", self.hidden_size, 1)
        check_integer("layers", self.layers, 1)

    @property
    def each(self) -> tuple["Cell", ...]:
        """The cell of each layer, the lowest first."""
        return (self.replaced(layers=1),) * self.layers if self.layers > 1 else (self,)

    @property
    def state_size(self) -> int:
        """Entries of a sample's state, of all its arrays together."""

        def state(key: PRNGKey) -> State:
            return self.initial_state(self.init(1, key=key), 1)

        leaves = jax.tree.leaves(jax.eval_shape(state, jax.random.key(0)))
        return sum(leaf.shape[1] for leaf in leaves)

    @property
    def recurrent_size(self) -> int:
        """Entries of the matrices with a row a unit, by which a state is multiplied; H² of an
        Elman RNN, as many times that as there are gates of a gated one."""
        shapes = jax.eval_shape(lambda key: self.init(1, key=key), jax.random.key(0))
        matrices = (leaf for leaf in jax.tree.leaves(shapes) if leaf.ndim > 1)
        return sum(leaf.size for leaf in matrices if leaf.shape[0] == self.hidden_size)

    @abc.abstractmethod
    def init(self, input_size: int, *, key: PRNGKey) -> Parameters:
        """Fresh parameters for inputs of this size."""

    @abc.abstractmethod
    def drive(self, p: Parameters, inputs: StepInputs) -> Drive:
        """What the inputs contribute to a step, for any leading axes: one step's batch, or a whole
        sequence's at once. Symbols are integers, features are real."""

    @abc.abstractmethod
    def step(self, p: Parameters, drive: Drive, previous: State) -> State:
        """h_t, from what the inputs contribute and z_{t-1}."""

    def step_with_residuals(
        self, p: Parameters, drive: Drive, previous: State, residuals: Residuals = None
    ) -> tuple[State, Residuals]:
        """h_t, and what its derivatives need of the way to it; here nothing, which is None.

        A cell may return values that are costly to compute, such as its gates. They are kept, and
        given again where this step is to be differentiated: then each stands for its own
        computation (`activated`), and h_t itself, which is known, is not asked for.
        """
        return self.step(p, drive, previous), None

    def activate(self, h: State) -> State:
        """z_t from h_t; here the same."""
        return h

    def output(self, z: SomeStates) -> Output:
        """What a readout or the next layer sees; here z itself."""
        return z

    def initial_state(self, p: Parameters, batch_size: int) -> State:
        """z_0: zeros `(B, H)`."""
        return jnp.zeros((batch_size, self.hidden_size), jax.tree.leaves(p)[0].dtype)

    def pull_back(
        self,
        p: Parameters,
        drive: Drive,
        h: State,
        z: State,
        error: State,
        residuals: Residuals = None,
    ) -> PullBack:
        """Carry v, an error at h_t, back to h = h_{t-1}: u = (∂h_t/∂h_{t-1})ᵀ v.

        `drive` and `residuals` are those of step t; z = activate(h).
        """

        def step(at: State) -> State:
            return self.step_with_residuals(p, drive, self.activate(at), residuals)[0]

        return differentiated(step, h, error)

    def pull_back_output(self, h: State, z: State, error: Output) -> PullBack:
        """Carry v, an error at output(z_t), back to h = h_t."""
        return differentiated(lambda at: self.output(self.activate(at)), h, error)

    def pull_back_step(
        self, p: Parameters, drive: Drive, z: State, error: State, residuals: Residuals = None
    ) -> State:
        """Carry an error at h_t to z = z_{t-1}: (∂h_t/∂z_{t-1})ᵀ error."""

        def step(at: State) -> State:
            return self.step_with_residuals(p, drive, at, residuals)[0]

        return jax.vjp(step, z)[1](error)[0]

    def pull_back_activation(self, h: State, z: State, error: State) -> State:
        """Carry an error at z = activate(h) to h."""
        return jax.vjp(self.activate, h)[1](error)[0]


def project(inputs: StepInputs, weights: Float[Array, "input width"]) -> Drive:
    """x W, `(…, width)`. Symbols are never made one-hot: x W is a row of W.

    Examples:
        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> weights = jnp.array([[1.0, 2.0], [3.0, 4.0]])
        >>> ar.project(jnp.array([1, 0]), weights).tolist()  # two symbols
        [[3.0, 4.0], [1.0, 2.0]]
        >>> ar.project(jnp.array([[1.0, 1.0]]), weights).tolist()  # two features
        [[4.0, 6.0]]
    """
    if jnp.issubdtype(inputs.dtype, jnp.integer):
        return weights[inputs]
    return inputs @ weights


def differentiated(one_map: Callable[[State], Any], h: State, error: Any) -> PullBack:
    """The pull-back of a map of h."""

    def carried(at: State) -> State:
        return jax.vjp(one_map, at)[1](error)[0]

    carried_error, differentiate = jax.vjp(carried, h)
    return PullBack(carried_error, lambda cotangent: differentiate(cotangent)[0])


def keys(key: PRNGKey) -> tuple[PRNGKey, PRNGKey]:
    """Of the input and of the recurrent weights; the third of the same split is the readout's."""
    input_key, recurrent_key, _ = jax.random.split(key, 3)
    return input_key, recurrent_key
