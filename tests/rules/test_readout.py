"""The readout alone: the exact gradient of L in W_hy and b_y, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, RNN, Protocol, ReadoutAlone, Stopping, TemporalOrder, train

from .. import tolerances
from ..tolerances import assert_close
from . import oracle
from .cases import CELLS, as_dict, jitted_update, random_case

BATCHES: dict[str, dict] = {
    "at the end": {},
    "weighted, padded": {"padded": True, "weighted": True},
    "every step, weighted, padded": {"every_step": True, "padded": True, "weighted": True},
    "bits at every step": {"every_step": True, "kind": "bits"},
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "cell", [pytest.param(cell, marks=() if cell == "two" else pytest.mark.slow) for cell in CELLS]
)
def test_only_the_readout_has_a_gradient_and_it_is_exact(cell):
    for batch in BATCHES.values():
        case = random_case(3, cell=cell, **batch)
        exact = jax.grad(oracle.whole_loss)(case.parameters, case.inputs, case.answers, case.cells)
        expected = {
            name: each if name in ("w_hy", "b_y") else jnp.zeros_like(each)
            for name, each in exact.items()
        }
        update, _ = jitted_update(ReadoutAlone(), case.network, case.batch)
        assert_close(as_dict(update.gradients), expected, tolerances.BPTT)


@pytest.mark.usefixtures("float64")
def test_the_whole_gradient_is_bounded():
    case = random_case(3)
    update, _ = jitted_update(ReadoutAlone(clip=1e-3), case.network, case.batch)
    norms = [jnp.sum(jnp.square(each)) for each in jax.tree.leaves(update.gradients)]
    assert float(sum(norms)) == pytest.approx(1e-6)


def test_training_leaves_the_recurrent_weights_as_they_were():
    task = TemporalOrder(10)
    drawn = RNN(GRU(8), task.input_size, task.output_size, key=jax.random.key(0))
    protocol = Protocol(validation_samples=100, stopping=Stopping(max_iterations=200))
    made = train(task, "readout", start=drawn, protocol=protocol).network
    assert made.parameters.keys() == drawn.parameters.keys()
    for name, parameter in made.parameters.items():
        is_drawn = np.array_equal(parameter, drawn.parameters[name])
        assert is_drawn == (name not in ("w_hy", "b_y"))
