"""What every online rule promises: memory that does not grow with T, and what it needs to know."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import BPTT, RFLO, RNN, RTRL, UORO, Batch, Elman, EProp, LeakyElman, SnAp1

from .. import tolerances
from ..tolerances import assert_close, relative_error
from .cases import as_dict, jitted_update, with_parameters

RULES = {"rtrl": RTRL(), "snap-1": SnAp1(), "e-prop": EProp(), "rflo": RFLO(), "uoro": UORO()}
UNIT_RULES = ("snap-1", "e-prop", "rflo")
"""Those whose units learn by themselves."""
KEY = jax.random.key(3)
T, B, I, H, O = 7, 3, 2, 4, 3
A = 0.4


# Memory


def temporary_bytes(rule, length, *, every_step):
    """What the compiled update of one batch needs besides what it is given and gives back."""
    cell = LeakyElman(5) if every_step else Elman(5)
    network = RNN(cell, I, O, every_step=every_step, key=KEY)
    of_step = (length if every_step else 1, B)

    def given():
        inputs, targets = jnp.zeros((length, B, I)), jnp.zeros(of_step, jnp.int32)
        if not every_step:
            return Batch(inputs, targets)
        return Batch(inputs, targets, jnp.ones(of_step), jnp.full(B, length, jnp.int32))

    def update(network, batch):
        state = rule.init(network, key=KEY)
        return rule.update(network, state, batch, key=KEY)[0]

    compiled = jax.jit(update).lower(network, jax.eval_shape(given)).compile()
    return compiled.memory_analysis().temp_size_in_bytes


@pytest.mark.parametrize(
    ("name", "every_step"),
    [
        pytest.param(name, every, marks=() if number % 2 == every else pytest.mark.slow)
        for number, name in enumerate(RULES)
        for every in (False, True)
    ],
)
def test_memory_does_not_grow_with_the_number_of_steps(name, every_step):
    """At every step with weights and lengths too, whose shares would be numbers of every step."""
    short, long = (
        temporary_bytes(RULES[name], length, every_step=every_step) for length in (200, 20_000)
    )
    assert short > 0
    assert long <= short + 1024


def test_that_of_bptt_does():
    """So that the test above is not blind."""
    short, long = (temporary_bytes(BPTT(), length, every_step=False) for length in (200, 20_000))
    assert long > 50 * short


# What a rule needs to know


def case(length=T):
    """A network of leaky units with values to say at every step, and the first steps of a batch."""
    draw = np.random.default_rng(2)
    options = {"output_kind": "values", "every_step": True, "key": jax.random.key(1)}
    network = RNN(LeakyElman(H, leak=A), I, O, **options)
    w_hh = jnp.asarray(0.6 * draw.normal(size=(H, H)))
    network = with_parameters(network, as_dict(network) | {"w_hh": w_hh})
    inputs, targets = draw.normal(size=(T, B, I)), draw.normal(size=(T, B, O))
    return network, Batch(jnp.asarray(inputs[:length]), jnp.asarray(targets[:length]))


def updated(rule, network, batch, state=None, diagnostics=False):
    state = rule.init(network, key=KEY) if state is None else state
    return jitted_update(rule, network, batch, diagnostics=diagnostics, state=state, key=KEY)[0]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", [*RULES, "bptt"])
def test_a_step_learns_nothing_of_what_comes_after(name):
    """Cut off at any step, the steps before have learnt the same; under BPTT they have not."""
    rule, cut = RULES.get(name, BPTT()), 4
    whole, part = (
        updated(rule, *case(length), diagnostics=True).diagnostics for length in (T, cut)
    )
    for parameter in ("w_hh", "w_xh", "b_h"):
        every, before = (each[f"gradient_norm_{parameter}"] for each in (whole, part))
        # L is the mean over fewer answers.
        error = relative_error(every[:cut] * T / cut, before)
        assert error <= tolerances.ONLINE if name in RULES else error > 1e-3


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", RULES)
def test_a_unit_learns_by_itself_what_it_learns_among_others(name):
    """Cut out of the network, what the others showed it is its input, and what they said is taken
    off what was to be said. RTRL and UORO know what it does to others, and learn something else."""
    rule, (network, batch), unit = RULES[name], case(), slice(1, 2)
    others, p = np.delete(np.arange(H), unit), as_dict(network)
    z = network.forward(batch.inputs).layers[0].states
    before = jnp.concatenate([jnp.zeros((1, B, H)), z[:-1]])[..., others]
    alone = RNN(LeakyElman(1, leak=A), I + H - 1, O, output_kind="values", every_step=True, key=KEY)
    w_xh = jnp.concatenate([p["w_xh"], p["w_hh"][others]])[:, unit]
    own = {"w_hh": p["w_hh"][unit, unit], "w_xh": w_xh, "b_h": p["b_h"][unit]}
    alone = with_parameters(alone, own | {"w_hy": p["w_hy"][unit], "b_y": p["b_y"]})
    said_by_others = z[..., others] @ p["w_hy"][others]
    piece = Batch(jnp.concatenate([batch.inputs, before], -1), batch.targets - said_by_others)

    state = rule.init(network, key=KEY)
    state_alone = jax.tree.map(lambda feedback: feedback[:, unit], state)
    found = as_dict(updated(rule, alone, piece, state_alone).gradients)
    among = as_dict(updated(rule, network, batch, state).gradients)
    expected = {
        "w_hh": among["w_hh"][unit, unit],
        "w_xh": jnp.concatenate([among["w_xh"], among["w_hh"][others]])[:, unit],
        "b_h": among["b_h"][unit],
    }
    if name in UNIT_RULES:
        assert_close({each: found[each] for each in expected}, expected, tolerances.ONLINE)
        assert all(float(jnp.linalg.norm(leaf)) > 1e-3 for leaf in expected.values())
    else:
        assert relative_error(found["w_xh"], expected["w_xh"]) > 1e-2
