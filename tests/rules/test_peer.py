"""RTRL, SnAp-1 and e-prop beside braintrace, which has them too; skipped where it is not installed.

    pip install braintrace        # for development alone: it is not in the lock

Its SnAp keeps all entries at an order of H, which is RTRL. Its D_RTRL leaves out what passes
through W_hh, as e-prop does, of which an Elman RNN keeps one step. The loss is ours: braintrace is
given ∂L/∂z_t of every step.
"""

import jax
import jax.numpy as jnp
import pytest

from alignrnn import RTRL, EProp, SnAp1

from ..tolerances import assert_close
from . import oracle
from .cases import as_dict, jitted_update, random_case

braintrace = pytest.importorskip("braintrace", reason="braintrace is not installed")
brainstate = pytest.importorskip("brainstate")


def errors_at_states(case):
    """∂L_t/∂z_t of every step, `(T, B, H)`."""
    p, (cell,) = case.parameters, case.cells
    (run,) = oracle.forward([cell], p, case.inputs)
    T = len(case.inputs)
    states = jnp.stack(run.z[1:])

    def loss(states):
        outputs = states @ p["w_hy"] + p["b_y"][None]
        return sum(
            oracle.loss_at(outputs[t - 1], case.answers, t, T)
            for t in oracle.scored(case.answers, T)
        )

    return jax.grad(loss)(states)


def by_braintrace(case, algorithm, **options):
    """The gradients of the layer, summed over the samples."""
    p, errors = case.parameters, errors_at_states(case)
    inputs, hidden = p["w_xh"].shape
    weights = {"weight": jnp.concatenate([p["w_xh"], p["w_hh"]]), "bias": p["b_h"]}
    total = jax.tree.map(jnp.zeros_like, weights)
    for sample in range(case.inputs.shape[1]):
        model = braintrace.nn.ValinaRNNCell(inputs, hidden, activation="tanh")
        (parameter,) = model.states().values()
        parameter.value = weights
        learner = braintrace.compile(model, algorithm, case.inputs[0, sample], **options)

        def share(x, error, learner=learner):
            return jnp.sum(learner(x) * error)

        own = learner.etrace_grad(
            case.inputs[:, sample], errors[:, sample], step_fn=share, reduction="sum"
        )
        (own,) = own.values()
        total = jax.tree.map(jnp.add, total, own)
    return {
        "w_xh": total["weight"][:inputs],
        "w_hh": total["weight"][inputs:],
        "b_h": total["bias"],
    }


@pytest.mark.usefixtures("float64")
@pytest.mark.filterwarnings("ignore:The SnAp-n position analysis")  # of the order that keeps all
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize(
    ("rule", "algorithm", "options"),
    [(RTRL(), "SnAp", {"n": 4}), (SnAp1(), "SnAp", {"n": 1}), (EProp(), "D_RTRL", {})],
    ids=["rtrl", "snap-1", "e-prop"],
)
def test_it_has_the_same_gradient(rule, algorithm, options, every_step):
    case = random_case(3, cell="elman", every_step=every_step, symbols=False, kind="values")
    update, _ = jitted_update(rule, case.network, case.batch)
    with (
        brainstate.environ.context(precision=64),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        theirs = by_braintrace(case, getattr(braintrace, algorithm), **options)
    found = {k: v for k, v in as_dict(update.gradients).items() if k in ("w_xh", "w_hh", "b_h")}
    assert_close(found, theirs, 1e-10)
