"""RTRL against a slow loop of its formulas, and against `jax.grad` of the loss for every cell."""

import jax
import pytest

from alignrnn import BPTT, RNN, RTRL, Batch, ConfigurationError, Elman, Stack

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case

BATCHES: dict[str, dict] = {
    "at the end": {},
    "at the end, weighted, padded": {"weighted": True, "padded": True},
    "every step": {"every_step": True, "symbols": False, "kind": "values"},
    "every step, weighted, padded": {"every_step": True, "weighted": True, "padded": True},
    "bits at every step, padded": {"every_step": True, "padded": True, "kind": "bits"},
}
LEAKS = {"elman": 1.0, "leaky_elman": 0.3}


def each_cell_and_batch(*cells):
    """All of them; without the slow tests every cell and every batch once."""
    return pytest.mark.parametrize(
        ("cell", "batch"),
        [
            pytest.param(cell, batch, marks=() if j % len(cells) == i else pytest.mark.slow)
            for i, cell in enumerate(cells)
            for j, batch in enumerate(BATCHES)
        ],
    )


@pytest.mark.usefixtures("float64")
@each_cell_and_batch("elman", "leaky_elman")
def test_it_is_the_slow_loop_of_its_formulas(cell, batch):
    case = random_case(4, cell=cell, **BATCHES[batch])
    expected, norms = oracle.online(
        case.parameters, case.inputs, case.answers, LEAKS[cell], "tanh", oracle.rtrl
    )
    update, _ = jitted_update(RTRL(), case.network, case.batch, diagnostics=True)
    assert_close(as_dict(update.gradients), expected, tolerances.ONLINE)
    assert_close(update.diagnostics, norms, tolerances.ONLINE)
    loss = oracle.whole_loss(case.parameters, case.inputs, case.answers, case.cells)
    assert relative_error(update.loss, loss) <= tolerances.ONLINE


@pytest.mark.usefixtures("float64")
@each_cell_and_batch("elman", "leaky_elman", "gru", "lstm")
def test_it_is_the_exact_gradient_of_every_cell(cell, batch):
    case = random_case(3, cell=cell, **BATCHES[batch])
    exact = jax.grad(oracle.whole_loss)(case.parameters, case.inputs, case.answers, case.cells)
    update, _ = jitted_update(RTRL(), case.network, case.batch)
    assert_close(as_dict(update.gradients), exact, tolerances.ONLINE)
    bptt, _ = jitted_update(BPTT(), case.network, case.batch)
    assert_close(as_dict(update.gradients), as_dict(bptt.gradients), tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", oracle.PHI)
def test_it_is_the_exact_gradient_of_every_activation(activation):
    case = random_case(1, activation=activation)
    exact = jax.grad(oracle.whole_loss)(case.parameters, case.inputs, case.answers, case.cells)
    update, _ = jitted_update(RTRL(), case.network, case.batch)
    assert_close(as_dict(update.gradients), exact, tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
def test_at_a_kink_it_is_bptt_s_gradient_too():
    """h = 0 at every step: of the two derivatives of the rectifier there, both take the lower."""
    network = RNN(Elman(3, activation="relu"), 2, 2, key=jax.random.key(0))
    batch = Batch(jax.numpy.zeros((4, 2, 2)), jax.numpy.zeros((1, 2), jax.numpy.int32))
    exact, found = (jitted_update(rule, network, batch)[0].gradients for rule in (BPTT(), RTRL()))
    assert_close(found, exact, tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
def test_clipping_bounds_the_norm_of_the_whole_gradient():
    case = random_case(3, every_step=True)
    found, exact = (
        jitted_update(rule, case.network, case.batch)[0].gradients
        for rule in (RTRL(clip=1e-3), BPTT(clip=1e-3))
    )
    assert_close(found, exact, tolerances.ONLINE)


def test_several_layers_are_refused():
    network = RNN(Stack(*(Elman(3),) * 2), 2, 2, key=jax.random.key(0))
    for refuse in (
        lambda: RTRL().init(network, key=jax.random.key(0)),
        lambda: RTRL().check_cells(network.cell.each),
    ):
        with pytest.raises(ConfigurationError) as error:
            refuse()
        assert str(error.value) == (
            "cell: got 2 layers of elman, but its traces are those of one layer"
        )
