"""Elman's step and closed pull-backs: the derivatives that the base class makes of its step."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, LSTM, ConfigurationError, Elman, LeakyElman, Stack
from alignrnn.cells import ACTIVATIONS, Cell

from ..rules.cases import random_case
from ..tolerances import relative_error

TOLERANCE = 1e-12


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_closed_pull_backs_are_the_derivatives(activation):
    (layer,) = random_case(2, activation=activation).network.layers
    cell, p = layer.cell, layer.parameters
    draw = np.random.default_rng(2)
    drive, h, error, cotangent = (
        jnp.asarray(draw.normal(size=(4, cell.hidden_size))) for _ in range(4)
    )

    def all_of(cls):
        z = cell.activate(h)
        step = cls.pull_back(cell, p, drive, h, z, error)
        output = cls.pull_back_output(cell, h, z, error)
        return {
            "pull_back": step.error,
            "pull_back.bend": step.bend(cotangent),
            "pull_back_output": output.error,
            "pull_back_output.bend": output.bend(cotangent),
            "pull_back_step": cls.pull_back_step(cell, p, drive, z, error),
            "pull_back_activation": cls.pull_back_activation(cell, h, z, error),
        }

    closed, derived = jax.jit(lambda: (all_of(Elman), all_of(Cell)))()
    for name, expected in derived.items():
        assert relative_error(closed[name], expected) <= TOLERANCE, name
        if "bend" not in name or activation in ("tanh", "sigmoid", "softplus"):
            assert np.linalg.norm(expected) > 0.01, name  # or the comparison says nothing


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Elman(0), "hidden_size: got 0, but it must be an integer of at least 1"),
        (lambda: Elman(True), "hidden_size: got True, but it must be an integer of at least 1"),
        (lambda: GRU(2.5), "hidden_size: got 2.5, but it must be an integer of at least 1"),
        (lambda: LSTM(3, layers=0), "layers: got 0, but it must be an integer of at least 1"),
        (
            lambda: Elman(3, activation="swish"),
            "activation: got 'swish', but it must be one of: "
            "identity, leaky_relu, relu, sigmoid, softplus, tanh",
        ),
        (
            lambda: LeakyElman(3, activation=""),
            "activation: got '', but it must be one of: "
            "identity, leaky_relu, relu, sigmoid, softplus, tanh",
        ),
        *(
            (
                lambda cell=cell: cell(3, initializer="zeros"),
                "initializer: got 'zeros', but it must be one of: gaussian, identity, orthogonal, "
                "slow_rotation, sparse_smart_tanh, xavier_normal, xavier_uniform",
            )
            for cell in (Elman, LeakyElman, GRU, LSTM)
        ),
        (
            lambda: Elman(3, input_scale=0),
            "input_scale: got 0, but it must be a finite number above 0",
        ),
        (lambda: LeakyElman(3, leak=0.0), "leak: got 0.0, but it must be a finite number above 0"),
        (lambda: LeakyElman(3, leak=1.5), "leak: got 1.5, but it must be at most 1"),
        (
            lambda: LSTM(3, forget_bias=float("nan")),
            "forget_bias: got nan, but it must be a finite number",
        ),
        (Stack, "cells: got [], but there must be at least one"),
        (lambda: Stack(GRU), "cells: got the class GRU, but each must be a cell, such as GRU(64)"),
    ],
)
def test_options_that_cannot_be_are_named_with_what_is_allowed(make: Any, message):
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == message
