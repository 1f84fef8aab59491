"""What gated cells share: weights of several gates side by side in one matrix."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import PRNGKey
from ..names import InitializerName
from .base import keys
from .initializers import INITIALIZERS, Initializer


def gate_weights(
    initializer: InitializerName, gates: int, input_size: int, hidden_size: int, key: PRNGKey
) -> dict[str, Float[Array, "..."]]:
    """`w_xh (I, gates·H)` and `w_hh (H, gates·H)`, each gate drawn by itself as an Elman RNN's
    weights are, and `b_h (gates·H,)` of zeros."""
    scheme = INITIALIZERS[initializer]

    def drawn(key: PRNGKey, make: Initializer, rows: int) -> Float[Array, "rows columns"]:
        each = [make(one, (rows, hidden_size)) for one in jax.random.split(key, gates)]
        return jnp.concatenate(each, axis=1)

    input_key, recurrent_key = keys(key)
    return {
        "w_xh": drawn(input_key, scheme.projection, input_size),
        "w_hh": drawn(recurrent_key, scheme.recurrent, hidden_size),
        "b_h": jnp.zeros(gates * hidden_size),
    }
