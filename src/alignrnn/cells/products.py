"""The product of a state with recurrent weights, and what makes its way back fast on a CPU."""

import functools
from typing import Any

import jax
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

Rows = Float[Array, "batch _"]
Weights = Float[Array, "hidden width"]


def transposed(matrix: Weights) -> Float[Array, "width hidden"]:
    """The transpose, laid out as such.

    Without the barrier XLA folds it into every product, which takes 1.7 times as long on a CPU;
    with it, it is made once and kept outside of the loop over time.
    """
    return jax.lax.optimization_barrier(matrix.T)


@jax.custom_jvp
def multiplied(z: Rows, weights: Weights) -> Rows:
    """z W, whose pull-back to z is a product with `transposed(W)`."""
    return z @ weights


@functools.partial(multiplied.defjvp, symbolic_zeros=True)
def _multiplied_tangent(primals: Any, tangents: Any) -> tuple[Rows, Any]:
    (z, weights), (of_z, of_weights) = primals, tangents
    parts = []
    if not isinstance(of_z, SymbolicZero):
        # ż W, written so that its transpose is a plain product.
        parts.append(jax.lax.dot_general(of_z, transposed(weights), (((1,), (1,)), ((), ()))))
    if not isinstance(of_weights, SymbolicZero):
        parts.append(z @ of_weights)
    made = multiplied(z, weights)
    return made, sum(parts[1:], parts[0]) if parts else SymbolicZero(jax.typeof(made))
