"""Random small networks and batches, in float64, for the package and for the oracle alike."""

import functools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from alignrnn import GRU, LSTM, RNN, Batch, Elman, LeakyElman, Stack
from alignrnn.network import named
from alignrnn.plain import rebuilt

from . import oracle

_SHAPES = np.random.default_rng(0).integers((2, 1, 2, 2, 2), (6, 5, 6, 7, 5), (4, 5)).tolist()
"""(T, B, I, H, O); few, because each costs the oracle a compilation of every operation."""
SMALL = (4, 3, 3, 4, 3)
"""The one shape of everything but an Elman RNN that says one thing at the end."""

CELLS = {
    "elman": (lambda H: Elman(H), [oracle.elman("tanh")]),
    "leaky_elman": (lambda H: LeakyElman(H, leak=0.3), [oracle.leaky_elman(0.3, "tanh")]),
    "gru": (lambda H: GRU(H), [oracle.gru()]),
    "lstm": (lambda H: LSTM(H), [oracle.lstm()]),
    "two": (lambda H: Stack(LSTM(H), Elman(H)), [oracle.lstm(), oracle.elman("tanh")]),
    "three": (
        lambda H: Stack(Elman(H), GRU(H, layers=2)),
        [oracle.elman("tanh"), oracle.gru(), oracle.gru()],
    ),
}
"""Every cell, and stacks: H to the package's, and the oracle's."""


class Case(NamedTuple):
    """One network and batch, for the package and for the oracle."""

    network: RNN
    batch: Batch
    parameters: dict
    cells: list
    inputs: Any
    answers: oracle.Answers


def random_case(
    seed: int,
    activation: str = "tanh",
    kind: str = "classes",
    symbols: bool = True,
    cell: str | None = None,
    every_step: bool = False,
    weighted: bool = False,
    padded: bool = False,
) -> Case:
    """Of random shapes; with any of the last four of the one small shape."""
    draw = np.random.default_rng(seed)
    is_small = cell is not None or every_step or weighted or padded
    T, B, I, H, O = SMALL if is_small else _SHAPES[seed % len(_SHAPES)]
    if cell is None:
        own, cells = Elman(H, activation=activation), [oracle.elman(activation)]
    else:
        make, cells = CELLS[cell]
        own = make(H)
    network = RNN(own, I, O, output_kind=kind, every_step=every_step, key=jax.random.key(seed))
    # Biases away from zero, so that nothing hides behind them.
    parameters = {
        name: jnp.asarray(0.8 * draw.normal(size=leaf.shape) / np.sqrt(leaf.shape[0]))
        if leaf.ndim > 1
        else jnp.asarray(0.3 * draw.normal(size=leaf.shape))
        for name, leaf in network.parameters.items()
    }
    network = with_parameters(network, parameters)
    if symbols:
        indices = draw.integers(0, I, (T, B))
        inputs, oracle_inputs = jnp.asarray(indices, jnp.int32), jnp.asarray(np.eye(I)[indices])
    else:
        inputs = oracle_inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    S = T if every_step else 1
    if kind == "classes":
        targets = jnp.asarray(draw.integers(0, O, (S, B)), jnp.int32)
    elif kind == "bits":
        targets = jnp.asarray(draw.integers(0, 2, (S, B, O)).astype(float))
    else:
        targets = jnp.asarray(draw.normal(size=(S, B, O)))
    weights = lengths = None
    if weighted:
        weights = draw.uniform(0.5, 2, (S, B))
        if every_step:
            weights[1, 0] = 0
        weights = jnp.asarray(weights)
    if padded:
        lengths = jnp.asarray([T, T - 2, T - 1], jnp.int32)
    batch = Batch(inputs, targets, weights, lengths)
    answers = oracle.Answers(targets, kind, every_step, weights, lengths)
    return Case(network, batch, parameters, cells, oracle_inputs, answers)


@functools.partial(jax.jit, static_argnames=("structure", "diagnostics"))
def _jitted(structure, numbers, network, state, batch, key, diagnostics):
    rule = rebuilt(structure, numbers)
    return rule.update(network, state, batch, key=key, diagnostics=diagnostics)


def jitted_update(rule, network, batch, diagnostics=False, state=(), key=None):
    """`rule.update` as training compiles it: the rule's numbers are arrays, 0 is its structure."""
    numbers = {name: jnp.asarray(value, float) for name, value in rule.numbers.items()}
    key = jax.random.key(0) if key is None else key
    return _jitted(rule.structure, numbers, network, state, batch, key, diagnostics)


def with_parameters(network: RNN, parameters: dict) -> RNN:
    """The network with its parameters, by name, replaced."""
    order = [*named(network)]
    return eqx.tree_at(
        lambda n: [named(n)[name] for name in order], network, [parameters[name] for name in order]
    )


def as_dict(network: RNN) -> dict:
    """A network's tree by parameter name."""
    return dict(named(network))


def hidden_size(network: RNN) -> int:
    """H of the last layer."""
    return network.readout.w_hy.shape[0]
