"""What only all of it together can do: layers of gated units, unequal lengths, an answer a step."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from alignrnn import GRU, RNN, Batch, LRADiff, Optimizer, Protocol, Stopping, Task, train

from ..tolerances import relative_error


class LastMarked(Task):
    """Of two marked symbols, say at every step which was seen last; most symbols are neither.

    The first symbol of every sequence is marked. Sequences are from a half of T to T long.
    """

    length: int = eqx.field(static=True, default=12)
    name: ClassVar[str] = "last marked"
    input_size: ClassVar[int] = 4
    output_size: ClassVar[int] = 2
    output_kind: ClassVar[str] = "classes"
    tolerance: ClassVar[None] = None
    every_step: ClassVar[bool] = True

    def sample(self, key, batch_size):
        keys = jax.random.split(key, 4)
        shape = self.length, batch_size
        marks = jax.random.randint(keys[0], shape, 0, 2)
        others = jax.random.randint(keys[1], shape, 2, 4)
        is_marked = jax.random.bernoulli(keys[2], 0.2, shape).at[0].set(True)
        inputs = jnp.where(is_marked, marks, others)

        def later(last, at):
            mark, is_marked = at
            last = jnp.where(is_marked, mark, last)
            return last, last

        targets = jax.lax.scan(later, marks[0], (marks, is_marked))[1]
        lengths = jax.random.randint(keys[3], (batch_size,), self.length // 2, self.length + 1)
        past = jnp.arange(self.length)[:, None] >= lengths[None]
        # What stands past the end is no help.
        return Batch(jnp.where(past, 0, inputs), targets, None, lengths)


def test_two_layers_of_gru_learn_by_local_targets_to_answer_at_every_step():
    cell = GRU(16, layers=2)
    result = train(
        LastMarked(),
        LRADiff("unit"),
        cell=cell,
        optimizer=Optimizer("sgd", 0.3, {"momentum": 0.9}),
        protocol=Protocol(
            validation_samples=1_000, stopping=Stopping(max_iterations=2_000, patience=None)
        ),
    )
    assert result.status == "solved"
    # A readout of layers that learn nothing is wrong in a tenth to a twelfth of all answers.
    assert result.best_error == 0
    untrained = RNN(cell, 4, 2, every_step=True, key=jax.random.key(0)).parameters
    for name, matrix in result.network.parameters.items():
        assert relative_error(matrix, untrained[name]) > 0.05, name  # every layer has learnt
