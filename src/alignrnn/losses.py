"""Losses: the global one at the last step, and the local ones between a layer and its target."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ._types import Outputs, Scalar, State, Targets
from .errors import check_choice
from .names import LocalLossName, Reduction


def global_loss(outputs: Outputs, targets: Targets) -> Scalar:
    r"""L(y, target), a mean over the batch (docs/algorithms.md, 1).

    Integer targets `(B,)`: cross-entropy of softmax(y), computed from the logits,
    log Σ exp(y) - y[target]. Real targets `(B, O)`: squared error summed over the outputs.
    """
    if jnp.issubdtype(targets.dtype, jnp.integer):
        right = jnp.take_along_axis(outputs, targets[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(outputs, axis=1) - right)
    return jnp.mean(jnp.sum(jnp.square(outputs - targets), axis=1))


class LocalLoss(eqx.Module):
    r"""ℓ(z, z̄), how far a layer is from its target (the paper, section III and eq. 8).

        mse:          ℓ = R[(z - z̄)²]
        log_penalty:  ℓ = R[log(1 + (z - z̄)²)]      (Cauchy)

    `reduction` R: `"mean"` over all B·H entries (the published experiments), or `"batch"`: sum over
    units, mean over samples (Ororbia et al. 2018). The factor H between the two multiplies every
    error, so the target step has to change with it.
    """

    name: LocalLossName = eqx.field(static=True, default="mse")
    reduction: Reduction = eqx.field(static=True, default="mean")

    def __check_init__(self):
        check_choice("local_loss", self.name, ("mse", "log_penalty"))
        check_choice("reduction", self.reduction, ("mean", "batch"))

    def _scale(self, batch: int, hidden: int) -> float:
        return 1 / (batch * hidden) if self.reduction == "mean" else 1 / batch

    def curvature(self, batch: int, hidden: int) -> float:
        """ℓ″, the second derivative in an entry of z `(B, H)` that meets its target: 2/(B·H) under
        `mean`, 2/B under `batch`, for either loss. 1/ℓ″ is the step of unit gain."""
        return 2 * self._scale(batch, hidden)

    def value(self, z: State, target: State) -> Scalar:
        """ℓ(z, z̄)."""
        square = jnp.square(z - target)
        each = square if self.name == "mse" else jnp.log1p(square)
        return jnp.sum(each) * self._scale(*z.shape)

    def derivative(self, z: State, target: State) -> State:
        """∂ℓ/∂z: 2(z - z̄), divided by 1 + (z - z̄)² for the log penalty, under the reduction."""
        difference = z - target
        slope = (2 * self._scale(*z.shape)) * difference
        return slope if self.name == "mse" else slope / (1 + jnp.square(difference))
