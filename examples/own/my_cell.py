"""The minimal gated unit: a GRU with one gate (Zhou et al. 2016)."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from alignrnn import Cell, project


@dataclass(frozen=True)
class MinimalGated(Cell):
    """f = σ(x W_xf + z W_hf + b_f); n = tanh(x W_xn + (f ⊙ z) W_hn + b_n); z_t = z + f ⊙ (n - z)"""

    gate_bias: float = -1.0
    """Initial b_f; below 0 the past is kept at first."""

    def init(self, input_size, *, key):
        size, make = self.hidden_size, jax.nn.initializers.orthogonal()
        input_key, recurrent_key, _ = jax.random.split(key, 3)
        return {
            "w_xh": make(input_key, (input_size, 2 * size)),
            "w_hh": make(recurrent_key, (size, 2 * size)),
            "b_f": jnp.full(size, self.gate_bias),
            "b_n": jnp.zeros(size),
        }

    def drive(self, p, inputs):
        return project(inputs, p["w_xh"])

    def step(self, p, drive, previous):
        (x_f, x_n), (w_f, w_n) = jnp.split(drive, 2, axis=-1), jnp.split(p["w_hh"], 2, axis=1)
        f = jax.nn.sigmoid(x_f + previous @ w_f + p["b_f"][None])
        new = jnp.tanh(x_n + (f * previous) @ w_n + p["b_n"][None])
        return previous + f * (new - previous)
