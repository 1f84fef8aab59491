"""A recurrent network: layers of cells, and a readout above the last."""

import math
from dataclasses import fields
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._types import (
    Drive,
    Inputs,
    Labels,
    Lengths,
    Live,
    Output,
    Outputs,
    PRNGKey,
    Residuals,
    SomeStates,
    State,
    States,
    StepInputs,
)
from .cells import INITIALIZERS, Cell, Parameters, PullBack, Stack
from .data import Preparation, Sequences, as_sequences, as_targets
from .errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_integer,
    check_type,
    described,
)
from .evaluation import Evaluation, answered, evaluation
from .names import OutputKind
from .noise import Noise
from .numerics import added, in_full_precision


class Layer(eqx.Module):
    """A cell with its parameters: the leaves of a layer are these.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4, layers=2), 6, 4, key=jax.random.key(0))
        >>> [layer.parameters["w_xh"].shape for layer in network.layers]
        [(6, 4), (4, 4)]
    """

    cell: Cell = eqx.field(static=True)
    parameters: Parameters

    def drive(self, inputs: StepInputs, noise: Drive | None = None) -> Drive:
        """See `Cell.drive`; with the noise that comes to it."""
        drive = self.cell.drive(self.parameters, inputs)
        return drive if noise is None else added(drive, noise)

    def step(self, drive: Drive, previous: State) -> State:
        """See `Cell.step`."""
        return self.cell.step(self.parameters, drive, previous)

    def step_with_residuals(
        self, drive: Drive, previous: State, residuals: Residuals = None
    ) -> tuple[State, Residuals]:
        """See `Cell.step_with_residuals`."""
        return self.cell.step_with_residuals(self.parameters, drive, previous, residuals)

    def activate(self, h: State) -> State:
        """See `Cell.activate`."""
        return self.cell.activate(h)

    def output(self, z: SomeStates) -> Output:
        """See `Cell.output`."""
        return self.cell.output(z)

    def initial_state(self, batch_size: int) -> State:
        """See `Cell.initial_state`."""
        return self.cell.initial_state(self.parameters, batch_size)

    def pull_back(
        self, drive: Drive, h: State, z: State, error: State, residuals: Residuals = None
    ) -> PullBack:
        """See `Cell.pull_back`."""
        return self.cell.pull_back(self.parameters, drive, h, z, error, residuals)

    def pull_back_output(self, h: State, z: State, error: Output) -> PullBack:
        """See `Cell.pull_back_output`."""
        return self.cell.pull_back_output(h, z, error)

    def pull_back_step(
        self, drive: Drive, z: State, error: State, residuals: Residuals = None
    ) -> State:
        """See `Cell.pull_back_step`."""
        return self.cell.pull_back_step(self.parameters, drive, z, error, residuals)

    def pull_back_activation(self, h: State, z: State, error: State) -> State:
        """See `Cell.pull_back_activation`."""
        return self.cell.pull_back_activation(h, z, error)


class Readout(eqx.Module):
    """y = z W_hy + b_y, `(…, O)`, with `w_hy (H, O)` and `b_y (O,)`.

    Examples:
        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> readout = ar.Readout(jnp.ones((4, 2)), jnp.zeros(2))
        >>> readout(jnp.ones((1, 4))).tolist()
        [[4.0, 4.0]]
    """

    w_hy: Float[Array, "hidden output"]
    b_y: Float[Array, " output"]

    def __call__(self, output: Output) -> Float[Array, "*lead outputs"]:
        shape = (1,) * (output.ndim - 1)
        return output @ self.w_hy + self.b_y.reshape(*shape, -1)


class Trajectory(eqx.Module):
    """What every step of one layer was given, and what it made of it.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 6, 4, key=jax.random.key(0))
        >>> batch = ar.TemporalOrder(length=10).sample(jax.random.key(1), 2)
        >>> (run,) = network.forward(batch.inputs).layers
        >>> run.states.shape, run.pre_activations.shape  # (T, B, H)
        ((10, 2, 4), (10, 2, 4))
    """

    inputs: Array
    """x_t of the first layer; of another, the output of the layer below."""
    drives: Drive
    """What the inputs contribute to each step."""
    pre_activations: States
    """h_1 … h_T."""
    states: States
    """z_1 … z_T."""
    residuals: Residuals = None
    """What the steps kept for their derivatives, `(T, …)`; see `Cell.step_with_residuals`."""
    noise: Drive | None = None
    """What the drives have of noise; None: nothing."""


class Forward(eqx.Module):
    """One pass over a batch.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(4), 6, 4, key=jax.random.key(0))
        >>> batch = ar.TemporalOrder(length=10).sample(jax.random.key(1), 2)
        >>> forward = network.forward(batch.inputs)
        >>> forward.outputs.shape, len(forward.layers)
        ((1, 2, 4), 1)
    """

    layers: tuple[Trajectory, ...]
    """The lowest first."""
    outputs: Outputs
    """y of the scored steps."""
    live: Live | None
    """Which steps are within their sequence; None: all."""


class RNN(eqx.Module):
    r"""A recurrent network; all its leaves are its parameters.

        h_t = step(drive(x_t), z_{t-1}),   z_t = activate(h_t),   y_t = output(z_t) W_hy + b_y

    with z_0 = 0, and with several layers each on the outputs of the one below. Past a sequence's
    length its states are held.

    **Arguments:** `cell`, of one layer or of several (`GRU(64, layers=2)`, `Stack(GRU(64),
    Elman(32))`); the sizes I and O; `output_kind`, whether y are logits of classes, real values, or
    logits of bits; `every_step`, whether there is an answer at every step or one at the end;
    `labels`, what each class is called, where that is not 0 to O - 1; `preparation`, what `predict`
    does with features first; `key`, of the initial weights. W_hy begins as the last cell's W_xh
    does, b_y at zero. Raises `ConfigurationError` for a size below 1, an unknown name, or labels
    that are not O.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.GRU(8), 3, 2, labels=("no", "yes"), key=jax.random.key(0))
        >>> network.predict_proba([[0, 1, 2], [2, 1]]).shape  # two sequences of symbols
        (2, 2)
    """

    layers: tuple[Layer, ...]
    readout: Readout
    output_kind: OutputKind = eqx.field(static=True)
    every_step: bool = eqx.field(static=True)
    input_size: int = eqx.field(static=True)
    labels: Labels | None = eqx.field(static=True)
    preparation: Preparation | None = eqx.field(static=True)

    def __init__(
        self,
        cell: Cell | Stack,
        input_size: int,
        output_size: int,
        *,
        output_kind: OutputKind = "classes",
        every_step: bool = False,
        labels: Labels | None = None,
        preparation: Preparation | None = None,
        key: PRNGKey,
    ):
        check_type("cell", cell, Cell | Stack, "it must be a cell, such as Elman(100)")
        check_integer("input_size", input_size, 1)
        check_integer("output_size", output_size, 1)
        check_choice("output_kind", output_kind, ("classes", "values", "bits"))
        _check_labels(labels, output_size if output_kind == "classes" else 0)
        layers, size = [], input_size
        # `fold_in(key, 1)` is the second of `split(key, 3)`, which the first layer has: so layers
        # above it have keys made of one that nothing else is made of.
        above = jax.random.fold_in(key, 3)
        for index, each in enumerate(cell.each):
            own_key = key if index == 0 else jax.random.fold_in(above, index)
            layers.append(Layer(each, each.init(size, key=own_key)))
            size = each.hidden_size
        self.layers = tuple(layers)
        scheme = INITIALIZERS[getattr(cell.each[-1], "initializer", "orthogonal")]
        output_key = jax.random.split(key, 3)[2]
        self.readout = Readout(
            scheme.projection(output_key, (size, output_size)), jnp.zeros(output_size)
        )
        self.input_size = input_size
        self.output_kind = output_kind
        self.every_step = every_step
        self.labels = labels
        self.preparation = preparation

    @property
    def cell(self) -> Cell | Stack:
        """Of its one layer, or the stack of those of all."""
        cells = [layer.cell for layer in self.layers]
        return cells[0] if len(cells) == 1 else Stack(*cells)

    @property
    def output_size(self) -> int:
        """O."""
        return self.readout.w_hy.shape[1]

    @property
    def parameters(self) -> dict[str, Float[Array, "..."]]:
        """All parameters by name: `w_hh`, `w_hy`, …; with several layers those of layer 0, the
        lowest, are `0.w_hh`, …"""
        return named(self)

    def speaking(self, labels: Labels | None, preparation: Preparation | None) -> "RNN":
        """The same network, with what it calls its classes and what it does with features first."""
        _check_labels(labels, self.output_size if self.output_kind == "classes" else 0)
        made = object.__new__(RNN)
        for field in fields(self):
            object.__setattr__(made, field.name, getattr(self, field.name))
        object.__setattr__(made, "labels", labels)
        object.__setattr__(made, "preparation", preparation)
        return made

    @in_full_precision
    def forward(
        self, inputs: Inputs, lengths: Lengths | None = None, noise: Noise | None = None
    ) -> Forward:
        """Run over a time-major batch, from z_0, and keep every step; in noise where it is given,
        which the drives then have."""
        live = None if lengths is None else _live(len(inputs), lengths)
        shown, layers = inputs, []
        for number, layer in enumerate(self.layers):
            drives, drawn = layer.drive(shown), None
            if noise is not None:
                drawn = noise.of_layer(number).of_steps(drives)
                drives = added(drives, drawn)
            start = layer.initial_state(inputs.shape[1])
            layers.append(Trajectory(shown, drives, *_run(layer, drives, start, live), drawn))
            states = layers[-1].states
            shown = layer.output(states)
        last = shown if self.every_step else shown[-1:]
        return Forward(tuple(layers), self.readout(last), live)

    @in_full_precision
    def outputs(self, inputs: Inputs, lengths: Lengths | None = None) -> Outputs:
        """y of the scored steps; no more is kept than they need."""
        live = None if lengths is None else _live(len(inputs), lengths)
        shown = inputs
        for number, layer in enumerate(self.layers, 1):
            start = layer.initial_state(inputs.shape[1])
            keep = self.every_step or number < len(self.layers)
            shown = _shown(layer, shown, start, live, keep)
        return self.readout(shown)

    def predict(self, inputs: Any, lengths: Any = None) -> np.ndarray:
        """What the network says of sequences, in the forms that `ArrayTask` takes.

        Symbols `(N, T)`, integers from 0 to I - 1, or features `(N, T, I)`; `lengths (N,)` where
        they are not all T long; or a list of sequences of unequal length. Returns the class of each
        sequence `(N,)`, by its label where the data had labels of their own; for values and bits
        `(N, O)`; and with an answer at every step `(N, T)` and `(N, T, O)`, where what is said past
        a sequence's length repeats its last. Raises `ConfigurationError` for anything else.
        """
        said = self.scores(inputs, lengths)
        if self.output_kind == "values":
            return said
        if self.output_kind == "bits":
            return said > 0
        classes = np.argmax(said, axis=-1)
        return classes if self.labels is None else np.asarray(self.labels)[classes]

    def predict_proba(self, inputs: Any, lengths: Any = None) -> np.ndarray:
        """Probabilities of the classes, softmax(y), in their order, `(N, O)`; of bits, 1/(1 + e⁻ʸ)
        each; at every step `(N, T, O)`. Raises `ConfigurationError` for a network of values."""
        if self.output_kind == "values":
            allowed = "only classes and bits have probabilities; predict gives the values"
            raise ConfigurationError("network", Description("one of values"), allowed)
        said = self.scores(inputs, lengths)
        if self.output_kind == "bits":
            return np.asarray(jax.nn.sigmoid(said))
        return np.asarray(jax.nn.softmax(said, axis=-1))

    def evaluate(
        self,
        inputs: Any,
        targets: Any,
        lengths: Any = None,
        weights: Any = None,
        *,
        tolerance: float | None = None,
    ) -> Evaluation:
        """How good the answers to sequences are, see `Evaluation`; inputs, targets, lengths and
        weights in the forms that `ArrayTask` takes, labels as they are called in the data.

        With a `tolerance` a value is right up to that squared error. Raises `ConfigurationError`
        for what is not of the network's kind.
        """
        given = as_sequences("inputs", inputs, lengths)
        reading: Any = {"kind": self.output_kind, "every_step": self.every_step}
        asked = as_targets("targets", targets, given, weights=weights, **reading)
        parts = [answered(self.scores(given), asked)]
        return evaluation(self.output_kind, parts, labels=self.labels, tolerance=tolerance)

    def scores(self, inputs: Any, lengths: Any = None, *, prepared: bool = False) -> np.ndarray:
        """y of sequences in any form that `predict` takes: `(N, O)`, or `(N, T, O)`. Where they are
        `prepared`, as the batches of a task are, nothing is done with them first."""
        given = as_sequences("inputs", inputs, lengths)
        if not prepared:
            given = self._prepared(given)
        made = []
        # In slices, so that memory does not grow with N.
        for start in range(0, len(given), _SLICE):
            rows = np.arange(start, min(start + _SLICE, len(given)))
            part = given.of(rows)
            own_lengths = None if part.lengths is None else jnp.asarray(part.lengths, jnp.int32)
            outputs = _jitted_outputs(self, jnp.asarray(part.inputs.swapaxes(0, 1)), own_lengths)
            made.append(np.asarray(jnp.swapaxes(outputs, 0, 1)))
        said = np.concatenate(made)
        return said if self.every_step else said[:, 0]

    def _prepared(self, given: Sequences) -> Sequences:
        """As it was trained on, if it can be: symbols in range, or features, none missing."""
        inputs, size = given.inputs, self.input_size
        if not given.are_symbols and inputs.shape[2] != size:
            allowed = f"it must be integers (N, T), symbols, or numbers (N, T, {size}), features"
            raise ConfigurationError("inputs", described(inputs), allowed)
        if given.are_symbols:
            if self.preparation is not None:
                allowed = f"it was trained on features, numbers (N, T, {size})"
                raise ConfigurationError("inputs", described(inputs), allowed)
            if inputs.min() < 0 or inputs.max() >= size:
                out = inputs.min() if inputs.min() < 0 else inputs.max()
                raise ConfigurationError("inputs", int(out), f"symbols go from 0 to {size - 1}")
            return Sequences(inputs.astype(np.int32), given.lengths)
        if self.preparation is not None:
            return self.preparation("inputs", given)
        if np.isnan(inputs).any():
            raise ConfigurationError("inputs", math.nan, "all must be finite")
        return given


def named(network: RNN) -> dict[str, Any]:
    """The leaves of a network's tree by name, see `RNN.parameters`."""
    several = len(network.layers) > 1
    leaves = {
        f"{index}.{name}" if several else name: leaf
        for index, layer in enumerate(network.layers)
        for name, leaf in sorted(layer.parameters.items())
    }
    return leaves | {"w_hy": network.readout.w_hy, "b_y": network.readout.b_y}


_SLICE = 1000
"""Sequences that are predicted at once."""


@jax.jit
def _jitted_outputs(network: RNN, inputs: Inputs, lengths: Lengths | None) -> Outputs:
    return network.outputs(inputs, lengths)


def _live(count: int, lengths: Lengths) -> Live:
    return jnp.arange(count, dtype=lengths.dtype)[:, None] < lengths[None]


def held(live: Array | None, new: Any, old: Any) -> Any:
    """The new one where a sequence goes on, and the old one where it has ended."""
    if live is None:
        return new
    return jax.tree.map(lambda new, old: jnp.where(live[:, None], new, old), new, old)


def _run(
    layer: Layer, drives: Drive, start: State, live: Live | None
) -> tuple[States, States, Residuals]:
    """Pre-activations, states and residuals of every step."""

    def advance(carried, at):
        drive, goes_on = at
        # Only a state that is held needs its pre-activation carried.
        state, held_h = (carried, None) if live is None else carried
        h, residuals = layer.step_with_residuals(drive, state)
        z = held(goes_on, layer.activate(h), state)
        if live is None:
            return z, (h, z, residuals)
        h = held(goes_on, h, held_h)
        return (z, h), (h, z, residuals)

    begin = start if live is None else (start, jax.tree.map(jnp.zeros_like, start))
    return jax.lax.scan(advance, begin, (drives, live))[1]


def _shown(layer: Layer, inputs: Any, start: State, live: Live | None, keep: bool) -> Output:
    """The layer's outputs at every step, or `(1, B, H)` of the last.

    Features are driven in one product; symbols step by step, for `(T, B, H)` of their drives would
    be most of the memory of a long sequence.
    """
    is_symbols = jnp.issubdtype(inputs.dtype, jnp.integer)
    given = inputs if is_symbols else layer.drive(inputs)

    def advance(state, at):
        of_step, goes_on = at
        drive = layer.drive(of_step) if is_symbols else of_step
        state = held(goes_on, layer.activate(layer.step(drive, state)), state)
        return state, layer.output(state) if keep else None

    last, every = jax.lax.scan(advance, start, (given, live))
    return layer.output(last)[None] if every is None else every


def _check_labels(labels: Labels | None, classes: int) -> None:
    if labels is None:
        return
    if len(labels) != classes or not all(isinstance(each, int | str) for each in labels):
        raise ConfigurationError(
            "labels", labels, f"there must be {classes} of them, integers or texts"
        )
