"""UORO against a slow loop of its formulas, and its mean against BPTT's gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import BPTT, GRU, LSTM, RNN, UORO, Batch, Elman, LeakyElman

from .. import tolerances
from ..tolerances import assert_close
from . import oracle
from .cases import as_dict, jitted_update, random_case

T, B, H = 4, 3, 4
KEY = jax.random.key(5)
DRAWS = 20_000
LEAKS = {"elman": 1.0, "leaky_elman": 0.3}
BATCHES: dict[str, dict] = {
    "at the end": {},
    "at the end, weighted, padded": {"weighted": True, "padded": True},
    "every step": {"every_step": True, "symbols": False, "kind": "values"},
    "every step, weighted, padded": {"every_step": True, "weighted": True, "padded": True},
}


def signs_of(key):
    """As the rule draws them: of each step by itself."""
    each = [jax.random.rademacher(jax.random.fold_in(key, t), (B, H), float) for t in range(T)]
    return jnp.stack(each)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("cell", "batch"),
    [
        pytest.param(cell, batch, marks=() if j % 2 == i else pytest.mark.slow)
        for i, cell in enumerate(LEAKS)
        for j, batch in enumerate(BATCHES)
    ],
)
def test_it_is_the_slow_loop_of_its_formulas(cell, batch):
    case = random_case(4, cell=cell, **BATCHES[batch])
    expected, norms = oracle.online(
        case.parameters,
        case.inputs,
        case.answers,
        LEAKS[cell],
        "tanh",
        oracle.uoro,
        signs=signs_of(KEY),
    )
    update, _ = jitted_update(UORO(), case.network, case.batch, diagnostics=True, key=KEY)
    assert_close(as_dict(update.gradients), expected, tolerances.ONLINE)
    assert_close(update.diagnostics, norms, tolerances.ONLINE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "cell",
    [
        Elman(3),
        pytest.param(LeakyElman(3, leak=0.4), marks=pytest.mark.slow),
        pytest.param(GRU(2), marks=pytest.mark.slow),
        LSTM(2),
    ],
    ids=lambda cell: type(cell).__name__,
)
def test_its_mean_is_bptt_s_gradient(cell):
    """Within four standard errors of the mean, of every entry; padded, answers at every step."""
    network = RNN(cell, 2, 2, output_kind="values", every_step=True, key=jax.random.key(0))
    draw = np.random.default_rng(0)
    batch = Batch(
        jnp.asarray(draw.normal(size=(4, 2, 2))),
        jnp.asarray(draw.normal(size=(4, 2, 2))),
        None,
        jnp.asarray([4, 3], jnp.int32),
    )

    @jax.jit
    def moments(keys):
        def gradient(key):
            return UORO().update(network, (), batch, key=key)[0].gradients

        every = jax.vmap(gradient)(keys)
        return [jax.tree.map(lambda leaf, f=f: f(leaf, axis=0), every) for f in (jnp.mean, jnp.std)]

    mean, deviation = (as_dict(each) for each in moments(jax.random.split(KEY, DRAWS)))
    exact = as_dict(jitted_update(BPTT(), network, batch)[0].gradients)
    for name in exact:
        error = np.abs(np.asarray(mean[name] - exact[name]))
        bound = 4 * np.asarray(deviation[name]) / DRAWS**0.5 + 1e-12
        assert np.all(error <= bound), name
        # So that the bound says something: a tenth of the exact gradient more would break it.
        assert np.any(0.1 * np.abs(np.asarray(exact[name])) > bound), name


@pytest.mark.usefixtures("float64")
def test_nothing_that_can_be_learnt_is_no_number_out_of_range():
    """Units that are shut: every factor is 0, and so are the products."""
    network = RNN(Elman(3, activation="relu"), 2, 2, key=jax.random.key(0))
    batch = Batch(jnp.zeros((4, 2, 2)), jnp.zeros((1, 2), jnp.int32))
    update, _ = jitted_update(UORO(), network, batch, key=KEY)
    found = as_dict(update.gradients)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in found.values())
    assert float(jnp.linalg.norm(found["w_hh"])) == 0


def test_every_update_draws_anew():
    network = RNN(Elman(6), 3, 2, key=jax.random.key(0))
    batch = Batch(jnp.ones((5, 2), jnp.int32), jnp.zeros((1, 2), jnp.int32))
    one, again, other = (
        as_dict(jitted_update(UORO(), network, batch, key=jax.random.key(k))[0].gradients)
        for k in (0, 0, 1)
    )
    assert_close(one, again, 0.0)
    assert not np.allclose(one["w_hh"], other["w_hh"])
    np.testing.assert_array_equal(one["w_hy"], other["w_hy"])
