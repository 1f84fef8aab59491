r"""Where a network's states go: their principal components over a long sequence, and the fixed
points of its step under the mean input.

With d̄ the mean of what the inputs contribute, a fixed point z* of z ↦ activate(step(d̄, z)) that
attracts (all eigenvalues of the Jacobian there below 1 in modulus) holds for ever what a state near
it stands for; eigenvalues close to the unit circle turn instead, and forget in time.

Sussillo & Barak 2013, "Opening the black box".
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...errors import check_integer
from ...network import RNN
from ...reports import States
from ...tasks import Task
from .counting import check_lengths, check_network, of_length

_SEED = 0xD7_4A
_ITERATIONS = 20_000
"""Of the step under the mean input, from each state: what is no fixed point by then still moves."""
_STILL = 1e-4
"""A state that one step moves by less, component by component, is at a fixed point."""
_SAME = 1e-2
"""Fixed points nearer to each other than this, component by component, are one."""
_TIMES = 400
"""Time steps of the picture, at most."""
_MOST_POINTS = 16


class FixedPoint(NamedTuple):
    """Where the step under the mean input stands still."""

    state: np.ndarray
    """z*, of all layers one behind the other, `(H,)`."""
    eigenvalues: np.ndarray
    """Of the Jacobian there, `(H,)`, complex."""
    reached_by: int
    """How many of the states that were followed ended there."""

    @property
    def radius(self) -> float:
        """The largest modulus of an eigenvalue; below 1 the point attracts."""
        return float(np.abs(self.eigenvalues).max())


@dataclass(frozen=True)
class Dynamics:
    """The states of some sequences of one length, and what the network's step does with them.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(2), 6, 4, key=jax.random.key(0))
        >>> found = ar.dynamics(network, ar.TemporalOrder(), length=50, sequences=8)
        >>> found.projected.shape  # times, sequences, principal components
        (50, 8, 2)
    """

    length: int
    times: np.ndarray
    """The time steps that are kept, `(K,)`, from 1 on."""
    projected: np.ndarray
    """The states' first two principal components at these times, `(K, B, 2)`; the axes are those of
    the states at the end of a sequence and on the way there."""
    variance: tuple[float, float]
    """The share of the states' variance that each has."""
    answers: np.ndarray
    """What each sequence's last answer should be, `(B,)`: a class, or a value."""
    fixed_points: tuple[FixedPoint, ...]
    """Those that the last states lead to under the mean input, the most visited first."""
    points: np.ndarray
    """The same in the principal components, `(P, 2)`."""
    moving: int
    """How many of the states had not come to a fixed point."""
    recurrent: tuple[np.ndarray, ...]
    """The eigenvalues of each layer's W_hh, where it has one, `(H,)`, complex."""

    def shown(self) -> States:
        """As `states_figure` takes it."""
        return States(
            *(self.length, self.times, self.projected, self.variance, self.answers, self.points),
            [each.eigenvalues for each in self.fixed_points],
            self.recurrent,
        )

    def __str__(self) -> str:
        count, states = len(self.fixed_points), len(self.answers)
        if not count:
            what = "no fixed point"
        else:
            radii = ", ".join(f"{each.radius:.3f}" for each in self.fixed_points[:4])
            more = ", …" if count > 4 else ""
            what = f"{count} fixed point{'s' * (count > 1)}, largest |λ| {radii}{more}"
        moving = f"; {self.moving} still move after {_ITERATIONS:,} steps" if self.moving else ""
        return f"{states} states at T = {self.length:,} go to {what}{moving}"


def dynamics(network: RNN, task: Task, length: int = 1000, sequences: int = 64) -> Dynamics:
    """Follow so many fresh sequences of a length, and from their last states the step under the
    mean input. Raises `ConfigurationError` for a task that the network is not of.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.Elman(2), 6, 4, key=jax.random.key(0))
        >>> found = ar.dynamics(network, ar.TemporalOrder(), length=50, sequences=8)
        >>> found.length, sum(point.reached_by for point in found.fixed_points) + found.moving
        (50, 8)
    """
    check_network(network, task)
    check_integer("sequences", sequences, 2)
    check_lengths(task, [length], sequences, "length")
    batch = of_length(task, length).sample(jax.random.key(_SEED), sequences)
    states, drive = _followed(network, batch.inputs)
    kept = np.arange(1, length + 1)
    if length > _TIMES:
        kept = np.unique(np.geomspace(1, length, _TIMES).round().astype(int))
    every = np.asarray(states)[kept - 1]
    axes, mean, variance = _components(every)
    reached, moved = _iterated(network, drive, states[-1])
    still = np.abs(np.asarray(moved)).max(axis=1) < _STILL
    points = _distinct(np.asarray(reached)[still])
    found = tuple(
        FixedPoint(point, np.linalg.eigvals(np.asarray(_jacobian(network, drive, point))), count)
        for point, count in points
    )
    answers = np.asarray(batch.targets)[-1]
    return Dynamics(
        length,
        kept,
        (every - mean) @ axes,
        variance,
        answers if answers.ndim == 1 else answers[:, 0],
        found,
        (np.stack([each.state for each in found]) - mean) @ axes if found else np.zeros((0, 2)),
        int(np.sum(~still)),
        tuple(
            np.linalg.eigvals(np.asarray(layer.parameters["w_hh"], float))
            for layer in network.layers
            if _is_square(layer.parameters.get("w_hh"))
        ),
    )


def _is_square(matrix: Any) -> bool:
    return matrix is not None and matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]


@eqx.filter_jit
def _followed(network: RNN, inputs: Any) -> tuple[Any, Any]:
    """The states of all layers at each step, `(T, B, H)`, and the mean of the lowest layer's
    drives."""
    forward = network.forward(inputs)
    flat = jax.vmap(jax.vmap(lambda states: ravel_pytree(states)[0]))
    states = flat(tuple(layer.states for layer in forward.layers))
    drives = forward.layers[0].drives
    return states, jax.tree.map(lambda each: jnp.mean(each, axis=(0, 1)), drives)


def _stepped(network: RNN, drive: Any, flat: Any) -> Any:
    """One step of all layers under a drive of the lowest, of one flat state `(H,)`."""
    like = tuple(
        jax.tree.map(lambda each: each[0], layer.initial_state(1)) for layer in network.layers
    )
    _, unflat = ravel_pytree(like)
    made, shown = [], None
    for layer, state in zip(network.layers, unflat(flat), strict=True):
        given = (
            jax.tree.map(lambda each: each[None], drive) if shown is None else layer.drive(shown)
        )
        z = layer.activate(layer.step(given, jax.tree.map(lambda each: each[None], state)))
        shown = layer.output(z)
        made.append(jax.tree.map(lambda each: each[0], z))
    return ravel_pytree(tuple(made))[0]


@eqx.filter_jit
def _iterated(network: RNN, drive: Any, states: Any) -> tuple[Any, Any]:
    """States `(B, H)` after many steps, and how far one more moves them."""
    step = jax.vmap(lambda flat: _stepped(network, drive, flat))
    reached = jax.lax.fori_loop(0, _ITERATIONS, lambda _, states: step(states), states)
    return reached, step(reached) - reached


@eqx.filter_jit
def _jacobian(network: RNN, drive: Any, flat: Any) -> Any:
    return jax.jacfwd(lambda flat: _stepped(network, drive, flat))(flat)


def _components(states: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """The first two principal axes `(H, 2)` of states `(K, B, H)`, their mean, and the shares of
    the variance."""
    rows = states.reshape(-1, states.shape[-1]).astype(float)
    mean = rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(rows - mean, full_matrices=False)
    shares = np.square(sizes) / max(np.square(sizes).sum(), np.finfo(float).tiny)
    first, second = [*shares, 0.0][:2]
    two = np.zeros((rows.shape[1], 2))
    two[:, : min(2, len(axes))] = axes[:2].T
    return two, mean, (float(first), float(second))


def _distinct(points: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Points `(P, H)` that are apart, with how many are at each, the most first."""
    found: list[tuple[np.ndarray, int]] = []
    for point in points:
        for index, (other, count) in enumerate(found):
            if np.abs(point - other).max() < _SAME:
                found[index] = other, count + 1
                break
        else:
            found.append((point, 1))
    return sorted(found, key=lambda each: -each[1])[:_MOST_POINTS]
