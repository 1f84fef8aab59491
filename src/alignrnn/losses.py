"""Losses: the global one of the scored steps, and the local ones between a layer and its target."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._types import Live, Scalar, State, Targets, Weights
from .errors import check_choice
from .names import LocalLossName, OutputKind, Reduction


def answer_losses(
    outputs: Float[Array, "*lead output"],
    targets: Int[Array, "*lead"] | Float[Array, "*lead output"],
    kind: OutputKind,
) -> Float[Array, "*lead"]:
    r"""The loss of each answer (docs/algorithms.md, 1 and 8).

    classes:  log Σ exp(y) - y[target], the cross-entropy of softmax(y), from the logits
    values:   Σ_o (y_o - target_o)²
    bits:     Σ_o log(1 + exp(y_o)) - y_o target_o, the binary cross-entropy, from the logits
    """
    if kind == "classes":
        right = jnp.take_along_axis(outputs, targets[..., None], axis=-1)[..., 0]
        return jax.nn.logsumexp(outputs, axis=-1) - right
    if kind == "bits":
        return jnp.sum(jax.nn.softplus(outputs) - outputs * targets, axis=-1)
    return jnp.sum(jnp.square(outputs - targets), axis=-1)


class Answers(eqx.Module):
    r"""What was to be said at the scored steps, and the global loss (docs/algorithms.md, 8).

        L = Σ_{s,b} w_{s,b} · loss(y_s^b, target_s^b) / Σ w

    Without weights, the mean of all. A scan over its steps sees the part of L of one step.
    """

    targets: Array
    shares: Array | None
    """w/Σw; None: all count alike."""
    kind: OutputKind = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    """S."""

    def __init__(
        self, targets: Targets, weights: Weights | None, live: Live | None, kind: OutputKind
    ):
        self.targets, self.kind, self.steps = targets, kind, len(targets)
        self.shares = None
        if live is not None and self.steps > 1:
            within = live.astype(float)
            weights = within if weights is None else weights * within
        if weights is not None:
            total = jnp.sum(weights)
            self.shares = weights / jnp.where(total == 0, 1, total)

    def loss(self, outputs: Float[Array, "*lead output"]) -> Scalar:
        """L of all scored steps `(S, B, O)`, or the part of it of one step `(B, O)`."""
        losses = answer_losses(outputs, self.targets, self.kind)
        if self.shares is not None:
            return jnp.sum(self.shares * losses)
        mean = jnp.mean(losses)
        return mean if losses.ndim == 2 or self.steps == 1 else mean / self.steps


@dataclass(frozen=True)
class LocalLoss:
    r"""ℓ(z, z̄), how far a layer is from its target (the paper, section III and eq. 8).

        mse:          ℓ = R[(z - z̄)²]
        log_penalty:  ℓ = R[log(1 + (z - z̄)²)]      (Cauchy)

    `reduction` R: `"mean"` over all B·H entries (the published experiments), or `"batch"`: sum over
    units, mean over samples (Ororbia et al. 2018). The factor H between the two multiplies every
    error, so the target step has to change with it. Of a state that is a tree, all arrays' entries
    count together.

    Examples:
        >>> import alignrnn as ar
        >>> import jax.numpy as jnp
        >>> loss = ar.LocalLoss("mse", reduction="batch")
        >>> float(loss.value(jnp.ones((2, 3)), jnp.zeros((2, 3))))
        3.0
        >>> loss.curvature(batch=20, hidden=100)  # the unit step is 1/0.1
        0.1
    """

    name: LocalLossName = "mse"
    reduction: Reduction = "mean"

    def __post_init__(self):
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
        return jax.tree.reduce(jnp.add, jax.tree.map(self._sum, z, target)) * self._scale(*size(z))

    def _sum(self, z: Array, target: Array) -> Scalar:
        square = jnp.square(z - target)
        return jnp.sum(square if self.name == "mse" else jnp.log1p(square))

    def derivative(self, z: State, target: State) -> State:
        """∂ℓ/∂z: 2(z - z̄), divided by 1 + (z - z̄)² for the log penalty, under the reduction."""
        scale = 2 * self._scale(*size(z))

        def slope(z: Array, target: Array) -> Array:
            difference = z - target
            slope = scale * difference
            return slope if self.name == "mse" else slope / (1 + jnp.square(difference))

        return jax.tree.map(slope, z, target)


def size(z: State) -> tuple[int, int]:
    """B and H of a state; of a tree, H is that of all its arrays together."""
    leaves = jax.tree.leaves(z)
    return len(leaves[0]), sum(leaf.shape[1] for leaf in leaves)
