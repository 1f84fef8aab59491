"""Activations φ with their first and second derivatives."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..names import ActivationName

Values = Float[Array, "..."]

LEAK = 0.01
"""Slope of LeakyReLU below zero."""


@dataclass(frozen=True)
class Activation:
    """φ, and φ′, φ″ as functions of both h and z = φ(h): whichever is cheaper is used.

    At the kink of the rectifiers (h = 0) the derivative is that from below, and φ″ is 0 everywhere.
    """

    name: ActivationName
    value: Callable[[Values], Values]
    derivative: Callable[[Values, Values], Values]
    second_derivative: Callable[[Values, Values], Values]


def _logistic_slope(h: Values, z: Values) -> Values:
    return z * (1 - z)


_ACTIVATIONS = (
    Activation("tanh", jnp.tanh, lambda h, z: 1 - z * z, lambda h, z: -2 * z * (1 - z * z)),
    Activation("sigmoid", jax.nn.sigmoid, _logistic_slope, lambda h, z: z * (1 - z) * (1 - 2 * z)),
    Activation(
        "relu",
        lambda h: jnp.maximum(h, 0),
        lambda h, z: (h > 0).astype(h.dtype),
        lambda h, z: jnp.zeros_like(h),
    ),
    Activation(
        "leaky_relu",
        lambda h: jnp.where(h > 0, h, LEAK * h),
        lambda h, z: jnp.where(h > 0, jnp.ones_like(h), LEAK),
        lambda h, z: jnp.zeros_like(h),
    ),
    Activation(
        "softplus",
        jax.nn.softplus,
        lambda h, z: jax.nn.sigmoid(h),
        lambda h, z: _logistic_slope(h, jax.nn.sigmoid(h)),
    ),
    Activation(
        "identity",
        lambda h: h,
        lambda h, z: jnp.ones_like(h),
        lambda h, z: jnp.zeros_like(h),
    ),
)

ACTIVATIONS: dict[str, Activation] = {each.name: each for each in _ACTIVATIONS}
assert set(ACTIVATIONS) == set(get_args(ActivationName))


def activated(name: ActivationName, h: Values, known: Values | None = None) -> Values:
    """φ(h), or the same value where it is `known` already, with its derivatives by h.

    Derivatives are then made of the value, so that of tanh, sigmoid and identity nothing is left
    that needs h: neither φ nor what h is made of is computed a second time.

    Examples:
        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> ar.activated("relu", jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """
    return ACTIVATIONS[name].value(h) if known is None else _known(name, h, known)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _known(name: ActivationName, h: Values, value: Values) -> Values:
    return value


@_known.defjvp
def _known_tangent(name: ActivationName, primals: Any, tangents: Any) -> tuple[Values, Values]:
    h, _ = primals
    z = _known(name, *primals)  # not its second argument, which is constant: φ″ comes through z
    return z, ACTIVATIONS[name].derivative(h, z) * tangents[0]
