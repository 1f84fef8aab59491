"""SnAp-1, e-prop and RFLO against slow loops of their formulas, and where they are exact."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    GRU,
    RFLO,
    RNN,
    RTRL,
    ConfigurationError,
    Elman,
    EProp,
    LeakyElman,
    SnAp1,
)

from .. import tolerances
from ..tolerances import assert_close, relative_error
from . import oracle
from .cases import as_dict, jitted_update, random_case, with_parameters

RULES = {
    "snap-1": (SnAp1(), oracle.snap_1),
    "e-prop": (EProp(), oracle.e_prop),
    "e-prop, random": (EProp(feedback="random"), oracle.e_prop),
    "rflo": (RFLO(), oracle.e_prop),
    "rflo, symmetric": (RFLO(feedback="symmetric"), oracle.e_prop),
}
CELLS = {"elman": 1.0, "leaky_elman": 0.3}
BATCHES: dict[str, dict] = {
    "at the end": {},
    "at the end, weighted, padded": {"weighted": True, "padded": True},
    "every step": {"every_step": True, "symbols": False, "kind": "values"},
    "every step, weighted, padded": {"every_step": True, "weighted": True, "padded": True},
    "bits at every step, padded": {"every_step": True, "padded": True, "kind": "bits"},
}
EVERY = [
    pytest.param(rule, cell, batch, marks=() if (i + 2 * k) % 5 == j else pytest.mark.slow)
    for i, rule in enumerate(RULES)
    for k, cell in enumerate(CELLS)
    for j, batch in enumerate(BATCHES)
]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("rule", "cell", "batch"), EVERY)
def test_it_is_the_slow_loop_of_its_formulas(rule, cell, batch):
    own, advance = RULES[rule]
    case = random_case(4, cell=cell, **BATCHES[batch])
    state = own.init(case.network, key=jax.random.key(1))
    expected, norms = oracle.online(
        case.parameters,
        case.inputs,
        case.answers,
        CELLS[cell],
        "tanh",
        advance,
        output_feedback=None if isinstance(state, tuple) else state,
    )
    update, _ = jitted_update(own, case.network, case.batch, diagnostics=True, state=state)
    assert_close(as_dict(update.gradients), expected, tolerances.ONLINE)
    assert_close(update.diagnostics, norms, tolerances.ONLINE)
    assert float(jnp.linalg.norm(as_dict(update.gradients)["w_hh"])) > 1e-3


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", oracle.PHI)
def test_snap_is_that_of_its_formulas_for_every_activation(activation):
    case = random_case(1, activation=activation)
    expected, _ = oracle.online(
        case.parameters, case.inputs, case.answers, 1.0, activation, oracle.snap_1
    )
    update, _ = jitted_update(SnAp1(), case.network, case.batch)
    assert_close(as_dict(update.gradients), expected, tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("rule", [SnAp1(), EProp()])
def test_it_is_exact_where_no_unit_tells_another(rule):
    """SnAp-1 for a diagonal W_hh, e-prop for a W_hh of 0."""
    case = random_case(2, cell="leaky_elman", every_step=True, padded=True)
    w_hh = case.parameters["w_hh"]
    own = jnp.diag(jnp.diagonal(w_hh)) if isinstance(rule, SnAp1) else jnp.zeros_like(w_hh)
    network = with_parameters(case.network, case.parameters | {"w_hh": own})
    found, exact, whole = (
        as_dict(jitted_update(each, net, case.batch)[0].gradients)
        for each, net in ((rule, network), (RTRL(), network), (RTRL(), case.network))
    )
    assert_close(found, exact, tolerances.ONLINE)
    approximate = as_dict(jitted_update(rule, case.network, case.batch)[0].gradients)
    assert relative_error(approximate["w_hh"], whole["w_hh"]) > 1e-2


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("rule", [EProp(), RFLO()])
def test_with_a_leak_of_one_a_trace_is_one_step_long(rule):
    """So that an answer at the end teaches the last step alone."""
    case = random_case(3, cell="elman")
    state = rule.init(case.network, key=jax.random.key(1))
    found = as_dict(jitted_update(rule, case.network, case.batch, state=state)[0].gradients)
    (run,), (p, T) = oracle.forward(case.cells, case.parameters, case.inputs), (case.parameters, 4)
    error = jax.grad(oracle.loss_at)(oracle.said(case.cells, p, [run], T), case.answers, T, T)
    back = p["w_hy"].T if isinstance(state, tuple) else state
    delta = (error @ back) * (1 - run.z[T] ** 2)
    expected = {"w_hh": run.z[T - 1].T @ delta, "b_h": delta.sum(axis=0)}
    assert_close({name: found[name] for name in expected}, expected, tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
def test_random_weights_are_drawn_as_the_readout_s_and_from_the_key():
    network = RNN(LeakyElman(6), 3, 4, key=jax.random.key(0))
    one, again, other = (RFLO().init(network, key=jax.random.key(k)) for k in (1, 1, 2))
    assert one.shape == (4, 6)
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)
    np.testing.assert_allclose(one @ one.T, np.eye(4), atol=1e-12)  # orthogonal, as W_hy
    assert EProp().init(network, key=jax.random.key(1)) == ()


@pytest.mark.parametrize(
    ("cell", "given"), [(GRU(4), "gru"), (Elman(4, layers=2), "2 layers of elman")]
)
def test_another_cell_is_refused(cell, given):
    with pytest.raises(ConfigurationError) as error:
        SnAp1().init(RNN(cell, 2, 2, key=jax.random.key(0)), key=jax.random.key(0))
    allowed = "its traces are those of one layer of elman or leaky-elman"
    assert str(error.value) == f"cell: got {given}, but {allowed}"


@pytest.mark.usefixtures("without_type_checker")
def test_an_unknown_feedback_is_refused():
    with pytest.raises(ConfigurationError) as error:
        EProp(feedback="transpose")
    assert str(error.value) == (
        "feedback: got 'transpose', but it must be one of: random, symmetric"
    )
