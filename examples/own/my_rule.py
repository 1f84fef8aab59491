"""Feedback alignment: fixed random matrices carry errors back (Lillicrap et al. 2016)."""

from dataclasses import dataclass

import jax

from alignrnn import Additive, Back, Backward, ConfigurationError, LocalTerms


@dataclass(frozen=True)
class FeedbackAlignment(Additive, Backward):
    """δ_T = (e_y B_y) ⊙ φ′(h_T), δ_{t-1} = (δ_t B_h + e_{t-1} B_y) ⊙ φ′(h_{t-1}): BPTT with B_h in
    place of W_hhᵀ and B_y in place of W_hyᵀ."""

    gain: float = 1.0
    """Of the orthogonal B_h."""

    def check_cells(self, cells):
        if len(cells) > 1:
            raise ConfigurationError("layers", len(cells), "this rule takes one")

    def init(self, network, *, key):
        size, outputs = network.readout.w_hy.shape
        hidden_key, output_key = jax.random.split(key)
        b_h = self.gain * jax.random.orthogonal(hidden_key, size)
        return b_h, jax.random.normal(output_key, (outputs, size)) / size**0.5

    def asked(self, above, layer, h, z, state):
        return above.error(layer, z) @ state[1]

    def carry(self, at, signal, state):
        error = at.layer.pull_back_activation(at.h, at.z, signal)
        return Back(LocalTerms(error), error @ state[0])
