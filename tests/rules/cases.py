"""Random small networks and batches, in float64, for the package and for the oracle alike."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from alignrnn import Batch, ElmanRNN

_SHAPES = np.random.default_rng(0).integers((2, 1, 2, 2, 2), (6, 5, 6, 7, 5), (4, 5)).tolist()
"""(T, B, I, H, O); few, because each costs the oracle a compilation of every operation."""


def random_case(
    seed: int, activation: str = "tanh", regression: bool = False, symbols: bool = True
):
    """(network, batch, the oracle's parameters, the oracle's inputs), of random shapes."""
    draw = np.random.default_rng(seed)
    T, B, I, H, O = _SHAPES[seed % len(_SHAPES)]
    network = ElmanRNN(
        I,
        H,
        O,
        activation=activation,
        initializer="xavier_normal",
        output_kind="values" if regression else "classes",
        key=jax.random.key(seed),
    )
    # Biases away from zero, so that nothing hides behind them.
    parameters = {
        name: jnp.asarray(np.asarray(getattr(network, name)) + 0.3 * draw.normal(size=shape))
        for name, shape in (
            ("w_xh", (I, H)),
            ("w_hh", (H, H)),
            ("w_hy", (H, O)),
            ("b_h", (H,)),
            ("b_y", (O,)),
        )
    }
    network = with_parameters(network, parameters)
    if symbols:
        indices = draw.integers(0, I, (T, B))
        inputs, oracle_inputs = jnp.asarray(indices, jnp.int32), jnp.asarray(np.eye(I)[indices])
    else:
        inputs = oracle_inputs = jnp.asarray(draw.normal(size=(T, B, I)))
    if regression:
        targets = jnp.asarray(draw.normal(size=(B, O)))
    else:
        targets = jnp.asarray(draw.integers(0, O, B), jnp.int32)
    return network, Batch(inputs, targets), parameters, oracle_inputs


@functools.partial(jax.jit, static_argnames="diagnostics")
def jitted_update(rule, network, batch, diagnostics=False):
    """`rule.update` of a rule that remembers nothing."""
    return rule.update(network, (), batch, key=jax.random.key(0), diagnostics=diagnostics)


def with_parameters(network: ElmanRNN, parameters: dict) -> ElmanRNN:
    """The network with its parameters replaced."""
    paths = jax.tree.leaves_with_path(network)
    leaves = [parameters[path[-1].name] for path, _ in paths]
    return jax.tree.unflatten(jax.tree.structure(network), leaves)


def as_dict(network) -> dict:
    """A network's tree by parameter name."""
    return {path[-1].name: leaf for path, leaf in jax.tree.leaves_with_path(network)}
