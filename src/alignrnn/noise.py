"""Noise that a network is trained in."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._types import Count, Drive, PRNGKey


class Noise(NamedTuple):
    r"""σ ξ_t, added to what the inputs contribute to a step, and so to every pre-activation of a
    cell, its gates' included; ξ_t ~ N(0, 1), new for each entry, sample, step and layer.

    That of a step follows from the key and the step's number alone: it is the same whether steps
    are made one by one or all at once.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> import jax.numpy as jnp
        >>> noise = ar.Noise(0.1, jax.random.key(0)).of_layer(0)
        >>> noise.of_step(jnp.asarray(5), like=jnp.zeros((2, 3))).shape
        (2, 3)
        >>> noise.of_steps(like=jnp.zeros((10, 2, 3))).shape
        (10, 2, 3)
    """

    scale: Float[Array, ""] | float
    """σ."""
    key: PRNGKey

    def of_layer(self, number: int) -> "Noise":
        """That of one layer, the lowest being 0."""
        return self._replace(key=jax.random.fold_in(self.key, number))

    def of_step(self, step: Count, like: Drive) -> Drive:
        """That of one layer's step, counted from 0, of the shape of its drive."""
        leaves, tree = jax.tree.flatten(like)
        keys = jax.random.split(jax.random.fold_in(self.key, step), len(leaves))
        drawn = [
            self.scale * jax.random.normal(key, leaf.shape, leaf.dtype)
            for key, leaf in zip(keys, leaves, strict=True)
        ]
        return jax.tree.unflatten(tree, drawn)

    def of_steps(self, like: Drive) -> Drive:
        """That of all steps, of the shape of their drives `(T, …)`."""
        count = len(jax.tree.leaves(like)[0])
        return jax.vmap(self.of_step)(jnp.arange(count), like)
