"""How two gradients lie to one another: the cosine between them, and the ratio of their norms."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._types import PRNGKey
from ...network import RNN, Layer, named
from ...numerics import frobenius_norm, safe_divide
from ...rules import BPTT, Backward, Rule
from ...tasks import Batch

LAYERS = "layers"
"""All parameters of the layers together, without the readout's, which most rules learn alike."""


class Agreement(NamedTuple):
    """Of a gradient g with BPTT's, g*."""

    cosine: Float[Array, "..."]
    """⟨g, g*⟩/(‖g‖ ‖g*‖); not a number where one of them is 0."""
    ratio: Float[Array, "..."]
    """‖g‖/‖g*‖; not a number where g* is 0."""


def agreement(own: list[Array], exact: list[Array]) -> Agreement:
    """Of gradients of several arrays, all taken together.

    Both are scaled to length one first: products of vanishing gradients leave single precision.
    """
    norm, exact_norm = frobenius_norm_of(own), frobenius_norm_of(exact)
    product = sum(
        jnp.sum(safe_divide(g, norm) * safe_divide(e, exact_norm))
        for g, e in zip(own, exact, strict=True)
    )
    is_defined = (norm > 0) & (exact_norm > 0)
    cosine = jnp.where(is_defined, product, jnp.nan)
    return Agreement(cosine, jnp.where(exact_norm > 0, safe_divide(norm, exact_norm), jnp.nan))


def frobenius_norm_of(leaves: list[Array]) -> Array:
    """Of all arrays together."""
    return frobenius_norm([leaf.reshape(-1) for leaf in leaves])


class Measured(NamedTuple):
    """Of one rule on one batch."""

    parameters: dict[str, Agreement]
    """By parameter, as `RNN.parameters` names them, and `layers`."""
    steps: dict[str, Agreement] | None
    """By parameter of the layers, and all of a layer, `(T,)`; None: the rule does not go back
    through time, so that no part of its gradient is of a step."""


def measured(rule: Rule, network: RNN, state: object, batch: Batch, key: PRNGKey) -> Measured:
    """The rule's gradient beside BPTT's, of the same network and batch."""
    exact_rule = BPTT()
    exact = exact_rule.update(network, (), batch, key=key)[0].gradients
    own = rule.update(network, state, batch, key=key)[0].gradients
    by_name, exact_by_name = named(own), named(exact)
    parameters = {
        LAYERS: agreement(jax.tree.leaves(own.layers), jax.tree.leaves(exact.layers)),
        **{name: agreement([by_name[name]], [exact_by_name[name]]) for name in by_name},
    }
    if not isinstance(rule, Backward):
        return Measured(parameters, None)
    of_steps = rule.gradients_by_step(network, state, batch, key=key)
    exact_steps = exact_rule.gradients_by_step(network, (), batch, key=key)
    steps: dict[str, Agreement] = {}
    for index, (layer, exact_layer) in enumerate(zip(of_steps, exact_steps, strict=True)):
        prefix = f"{index}." if len(of_steps) > 1 else ""
        steps |= {prefix + name: each for name, each in _by_step(layer, exact_layer).items()}
    return Measured(parameters, steps)


def of_feedback(rule: Rule, network: RNN, state: object) -> Agreement | None:
    """Of what the rule carries a signal back with, beside W_hhᵀ; None: nothing of its own."""
    back = rule.weights_back(state) if isinstance(rule, Backward) else None
    if back is None:
        return None
    return agreement([back], [network.layers[0].parameters["w_hh"].T])


def _by_step(own: Layer, exact: Layer) -> dict[str, Agreement]:
    """Of the gradients `(T, …)` of one layer."""

    def at(each: tuple[dict[str, Array], dict[str, Array]]) -> dict[str, Agreement]:
        own, exact = each
        names = sorted(own)
        whole = agreement([own[name] for name in names], [exact[name] for name in names])
        return {LAYERS: whole, **{name: agreement([own[name]], [exact[name]]) for name in names}}

    return jax.vmap(at)((dict(own.parameters), dict(exact.parameters)))
