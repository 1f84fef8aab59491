"""How many of a network's answers are wrong at a length, of fresh samples drawn slice by slice."""

import dataclasses
import inspect
from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Count, Flag, Scalar
from ...errors import ConfigurationError, check_integer, check_type
from ...network import RNN
from ...tasks import Task
from ...training import answer_errors, check_start

_SEED = 0x6E_4E
"""Of the samples: others than any training or validation has drawn."""
_STEPS_AT_ONCE = 4_000_000
"""Steps times samples of a slice: what keeps memory from growing with T."""
_MOST_AT_ONCE = 1000


class AtLength(NamedTuple):
    """What a network's answers came to at one length."""

    length: int
    wrong: float
    """How many were wrong, each as much as it counts; where none is right or wrong, the sum of
    their losses."""
    answers: float
    """How many there were."""

    @property
    def error(self) -> float:
        """The fraction that was wrong, or the mean loss."""
        return self.wrong / self.answers


def of_length(task: Task, length: int) -> Task:
    """The same task with all sequences `length` long. Raises `ConfigurationError` for a task that
    has a length of its own, or no room in this one."""
    options = {field.name for field in dataclasses.fields(task) if field.init}
    if "length" not in options or not options <= {*inspect.signature(type(task)).parameters}:
        raise ConfigurationError("task", task.name, "its sequences must be of any length")
    one = {"lengths": None, "run_in": False} if "lengths" in options else {}
    return dataclasses.replace(task, length=length, **one)


def check_lengths(task: Task, lengths: Sequence[int], samples: int, field: str = "lengths") -> None:
    """That there is something to measure. Raises `ConfigurationError` naming what cannot be; the
    lengths are those of a field."""
    check_integer("samples", samples, 1)
    if not lengths:
        raise ConfigurationError("lengths", list(lengths), "there must be one at least")
    for length in lengths:
        try:
            of_length(task, length)
        except ConfigurationError as error:
            named = field if error.field == "length" else error.field
            raise ConfigurationError(named, error.value, error.allowed) from None


def check_network(network: RNN, task: Task) -> None:
    """That it is a network, and of the task."""
    check_type("network", network, RNN, "it must be a network; that of a result is its .network")
    try:
        check_start(task, network)
    except ConfigurationError as error:
        raise ConfigurationError("network", error.value, error.allowed) from None


def errors_at(
    network: RNN, task: Task, length: int, samples: int = 10_000, *, enough: int | None = None
) -> AtLength:
    """The answers to so many fresh samples of a length. They are drawn and answered in slices of
    steps times samples, so that memory does not grow with the length; no further slice once
    `enough` were wrong.

    Raises `ConfigurationError` for a task that the network is not of.
    """
    check_network(network, task)
    check_lengths(task, [length], samples, "length")
    most = max(1, min(_MOST_AT_ONCE, _STEPS_AT_ONCE // length))
    slices = -(-samples // most)
    if enough is not None:
        check_integer("enough", enough, 1)
    limit = jnp.asarray(jnp.inf if enough is None else enough, float)
    wrong, answers = _counted(
        network, of_length(task, length), limit, samples, slices, -(-samples // slices)
    )
    return AtLength(length, float(wrong), float(answers))


@eqx.filter_jit
def _counted(
    network: RNN, task: Task, limit: Scalar, samples: int, slices: int, size: int
) -> tuple[Scalar, Scalar]:
    key = jax.random.key(_SEED)

    def unfinished(carry: tuple[Count, Scalar, Scalar]) -> Flag:
        index, wrong, _ = carry
        return (index < slices) & (wrong < limit)

    def add(carry: tuple[Count, Scalar, Scalar]) -> tuple[Count, Scalar, Scalar]:
        index, wrong, seen = carry
        batch = task.sample(jax.random.fold_in(key, index), size)
        each = answer_errors(network, batch, task.output_kind, task.tolerance)
        weights = jnp.ones_like(each) if batch.weights is None else batch.weights
        # The last slice may be of more than there are left.
        is_left = index * size + jnp.arange(size, dtype=index.dtype) < samples
        counts = jnp.where(is_left[None], weights, 0)
        return index + 1, wrong + jnp.sum(each * counts), seen + jnp.sum(counts)

    zero = jnp.zeros((), float)
    return jax.lax.while_loop(unfinished, add, (jnp.int32(0), zero, zero))[1:]
