"""BPTT against `jax.grad` of the loss as one function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import BPTT

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import CELLS, as_dict, jitted_update, random_case

exact_gradient = jax.grad(oracle.whole_loss)
KINDS = [("classes", True), ("values", False), ("classes", False), ("bits", True)]


def compare(
    rule, case, change=lambda exact: exact, tolerance=tolerances.BPTT, detailed=(False, True)
):
    """The update against `jax.grad` of the loss, with and without diagnostics."""
    exact = exact_gradient(case.parameters, case.inputs, case.answers, case.cells)
    expected = change(exact)
    for diagnostics in detailed:
        update, _ = jitted_update(rule, case.network, case.batch, diagnostics=diagnostics)
        assert_close(as_dict(update.gradients), expected, tolerance)
    loss = oracle.whole_loss(case.parameters, case.inputs, case.answers, case.cells)
    assert relative_error(update.loss, loss) <= tolerances.BPTT


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("activation", "kind", "symbols"),
    [
        pytest.param(phi, *kind, marks=() if index == which < 3 else pytest.mark.slow)
        for index, phi in enumerate(oracle.PHI)
        for which, kind in enumerate(KINDS)
    ],
)
def test_it_is_the_exact_gradient(activation, kind, symbols):
    for seed in range(2):
        compare(BPTT(), random_case(seed, activation=activation, kind=kind, symbols=symbols))


BATCHES: dict[str, dict] = {
    "at the end": {},
    "weighted, padded": {"padded": True, "weighted": True},
    "every step": {"every_step": True, "symbols": False},
    "every step, weighted, padded": {"every_step": True, "padded": True, "weighted": True},
    "bits at every step, padded": {"every_step": True, "padded": True, "kind": "bits"},
    "values at every step": {"every_step": True, "weighted": True, "kind": "values"},
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("cell", "batch"),
    [
        pytest.param(cell, batch, marks=() if i == j else pytest.mark.slow)
        for i, cell in enumerate(CELLS)
        for j, batch in enumerate(BATCHES)
    ],
)
def test_it_is_the_exact_gradient_of_every_cell_and_stack_and_batch(cell, batch):
    case = random_case(3, cell=cell, **BATCHES[batch])
    compare(BPTT(), case, detailed=(batch == "at the end",))


@pytest.mark.usefixtures("float64")
def test_its_diagnostics_are_the_norms_of_the_errors():
    case = random_case(2, every_step=True, padded=True)
    (run,), T = oracle.forward(case.cells, case.parameters, case.inputs, case.answers.lengths), 4
    (cell,), p = case.cells, case.parameters

    def loss_of(added):
        """L with something added to each h_t."""
        z, total = run.z[0], 0.0
        for t in range(1, T + 1):
            h = cell.step(p, case.inputs[t - 1], z) + added[t - 1]
            z = oracle.where(oracle.alive(t, 3, case.answers.lengths), cell.act(h), z)
            total += oracle.loss_at(z @ p["w_hy"] + p["b_y"][None], case.answers, t, T)
        return total

    errors = jax.grad(loss_of)(jnp.zeros((T, 3, 4)))
    update, _ = jitted_update(BPTT(), case.network, case.batch, diagnostics=True)
    details = update.diagnostics
    norms = np.linalg.norm(np.asarray(errors), axis=(1, 2))
    assert_close(details["error_norm"], norms, tolerances.BPTT)
    ratios = np.append(0, norms[:-1] / norms[1:])
    assert_close(details["norm_ratio"], ratios, tolerances.BPTT)
    names = {"w_hh", "w_xh", "b_h"}
    assert {*details} == {"error_norm", "norm_ratio"} | {f"gradient_norm_{n}" for n in names}
    summed = np.linalg.norm(np.asarray(errors).sum(axis=1), axis=1)
    assert_close(details["gradient_norm_b_h"], summed, tolerances.BPTT)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("clip", [0.01, 1e6])
def test_clipping_bounds_the_norm_of_the_whole_gradient(clip):
    def clipped(exact):
        norm = np.sqrt(sum(float(jnp.sum(leaf**2)) for leaf in exact.values()))
        return {name: leaf * min(1.0, clip / norm) for name, leaf in exact.items()}

    compare(BPTT(clip=clip), random_case(1), clipped)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("over", "kind"),
    [
        ("batch", {}),
        ("sample", {"activation": "softplus"}),
        ("sample", {"every_step": True, "padded": True}),
        ("batch", {"cell": "gru", "padded": True}),
        pytest.param("sample", {}, marks=pytest.mark.slow),
        pytest.param("batch", {"activation": "softplus"}, marks=pytest.mark.slow),
        pytest.param("sample", {"cell": "lstm", "every_step": True}, marks=pytest.mark.slow),
        pytest.param("batch", {"cell": "leaky_elman", "padded": True}, marks=pytest.mark.slow),
    ],
)
def test_omega_adds_its_own_gradient_to_the_recurrent_weights_alone(over, kind):
    case = random_case(0, **kind)
    (cell,) = case.cells
    omega_of = oracle.bptt_omega(case.parameters, case.inputs, case.answers, cell, over)
    added = 0.7 * jax.grad(omega_of)(case.parameters["w_hh"])
    assert float(jnp.linalg.norm(added)) > 0.01
    rule = BPTT(regularization=0.7, omega_norm=over)

    def regularized(exact):
        return exact | {"w_hh": exact["w_hh"] + added}

    compare(rule, case, regularized, tolerances.LRA_DIFF)


@pytest.mark.usefixtures("float64")
def test_omega_of_a_network_that_carries_no_error_is_zero():
    network, batch, *_ = random_case(2)
    dead = jax.tree.map(jnp.zeros_like, network)
    update, _ = jitted_update(BPTT(regularization=1.0), dead, batch, diagnostics=True)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(update))
    assert float(jnp.linalg.norm(as_dict(update.gradients)["w_hh"])) == 0
