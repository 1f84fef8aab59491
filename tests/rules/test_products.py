"""What an update costs: the products with the recurrent weights, counted in the compiled program.

A product that is made twice is a third more time; nothing but a count would show it.
"""

import math
import re

import jax
import jax.numpy as jnp
import pytest

from alignrnn import BPTT, GRU, LSTM, RNN, TPTT, Batch, Elman, LRADiff, Rule
from alignrnn.cells import Cell, Stack

T, B, H = 6, 5, 7
"""No product of others than recurrent weights is as large as theirs: I and O are small."""

_DOT = re.compile(
    r"%([\w.\-]+) = \S+ dot\(%([\w.\-]+),.*?"
    r'lhs_contracting_dims=\{(\d+)\}.*?op_name="([^"]*)"'
)


def products(rule: Rule, cell: Cell | Stack, inner: int = 0) -> float:
    """Products of B rows with the recurrent weights that the program makes a time step; `inner`:
    how many inner steps of a target run in a loop of their own."""
    network = RNN(cell, 3, 2, key=jax.random.key(0))
    batch = Batch(jnp.zeros((T, B), jnp.int32), jnp.zeros((1, B), jnp.int32))
    state = rule.init(network, key=jax.random.key(1))

    def update(network, state, batch):
        made, state = rule.update(network, state, batch, key=jax.random.key(2))
        return made.gradients, state

    text = jax.jit(update).lower(network, state, batch).compile().as_text()
    found = re.findall(r"%([\w.\-]+) = \w+\[([\d,]*)\]", text)
    shapes = {name: [int(size) for size in dims.split(",") if size] for name, dims in found}
    one = B * network.layers[0].parameters["w_hh"].size
    repeated = (1, T, T * inner)
    total = 0.0
    for name, operand, contracted, place in _DOT.findall(text):
        work = math.prod(shapes[name]) * shapes[operand][int(contracted)]
        if work >= one:
            total += work / one * repeated[place.count("while/body")]
    return total / T


CELLS = [Elman(H), GRU(H), LSTM(H)]
each_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)


@each_cell
@pytest.mark.parametrize("rule", [BPTT(), LRADiff(), LRADiff(gradient_bound=1.0)])
def test_forward_backward_and_gradient_are_one_product_each(rule, cell):
    assert products(rule, cell) == 3


@each_cell
def test_an_inner_step_is_two(cell):
    assert products(LRADiff(inner_steps=4), cell, inner=3) == 3 + 2 * 3


def test_tptt_makes_one_of_each_kind_and_its_inverse_s_three():
    """Forward, gradient; the inverse, its gradient, of all states for the targets, and carrying."""
    assert products(TPTT(), Elman(H)) == 6
    assert TPTT().products(T) == 6 * T
