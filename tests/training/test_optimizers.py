"""Optax optimisers by name, their numbers as leaves."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from alignrnn import ConfigurationError, Optimizer
from alignrnn.training.optimizers import optimizer_names, to_check, transformation


def test_the_usual_ones_are_there_and_those_that_need_more_than_gradients_are_not():
    assert {"sgd", "adam", "adamw", "rmsprop", "lion", "adagrad"} <= set(optimizer_names())
    assert not {"lbfgs", "polyak_sgd", "noisy_sgd"} & set(optimizer_names())


@pytest.mark.parametrize("name", optimizer_names())
def test_every_one_makes_the_updates_optax_makes(name):
    parameters = {"w": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "b": jnp.array([0.1, -0.2])}
    gradients = jax.tree.map(lambda leaf: 0.3 * leaf + 0.1, parameters)
    optimizer = Optimizer(name, 0.05)
    ours = transformation(optimizer.structure)
    theirs = getattr(optax, name)(0.05)
    # Optax itself mixes integer counts with floats.
    with jax.numpy_dtype_promotion("standard"):
        state = transformation(optimizer.structure, optimizer.numbers).init(parameters)
        expected_state = theirs.init(parameters)
        for _ in range(3):
            updates, state = ours.update(gradients, state, parameters)
            expected, expected_state = theirs.update(gradients, expected_state, parameters)
    for leaf, other in zip(jax.tree.leaves(updates), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(leaf, other, rtol=2e-5, atol=1e-7)


def test_nesterov_momentum():
    parameters = jnp.array([1.0, 2.0])
    optimizer = Optimizer("sgd", 0.1, {"momentum": 0.9, "nesterov": True})
    ours = transformation(optimizer.structure)
    state = transformation(optimizer.structure, optimizer.numbers).init(parameters)
    velocity, gradient = jnp.zeros(2), jnp.array([1.0, -1.0])
    for _ in range(3):
        updates, state = ours.update(gradient, state, parameters)
        velocity = gradient + 0.9 * velocity
        np.testing.assert_allclose(updates, -0.1 * (gradient + 0.9 * velocity), rtol=1e-6)


@pytest.mark.parametrize(
    ("decay", "factor"),
    [
        ("exponential", lambda s: 2.0**-s),
        ("inverse", lambda s: 1 / (1 + s)),
        ("cosine", lambda s: 0.5 * (1 + np.cos(np.pi * s)) if s < 1 else 0.0),
    ],
)
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_a_decay_multiplies_the_learning_rate(name, decay, factor):
    parameters, gradients = jnp.array([1.0, 2.0]), jnp.array([0.3, -0.7])
    constant = Optimizer(name, 0.1)
    decayed = Optimizer(name, 0.1, decay=decay, decay_iterations=4.0)
    assert decayed.structure != constant.structure
    assert decayed.structure == Optimizer(name, 0.2, decay=decay, decay_iterations=9.0).structure
    ours, plain = transformation(decayed.structure), transformation(constant.structure)
    state = transformation(decayed.structure, decayed.numbers).init(parameters)
    plain_state = transformation(constant.structure, constant.numbers).init(parameters)
    with jax.numpy_dtype_promotion("standard"):
        for iteration in range(7):
            updates, state = ours.update(gradients, state, parameters)
            expected, plain_state = plain.update(gradients, plain_state, parameters)
            expected = expected * factor(iteration / 4)
            np.testing.assert_allclose(updates, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.usefixtures("float64")
def test_what_is_checked_is_the_running_mean_and_updates_are_those_without_it():
    plain = Optimizer("sgd", 0.1, {"momentum": 0.9}, "inverse", 3.0)
    most = 0.3
    averaging = dataclasses.replace(plain, averaging=most)
    assert averaging.structure != plain.structure
    assert averaging.structure == dataclasses.replace(plain, averaging=0.5).structure
    ours, theirs = transformation(averaging.structure), transformation(plain.structure)
    given = moved = mean = np.array([1.0, 2.0])
    state = transformation(averaging.structure, averaging.numbers).init(jnp.asarray(given))
    plain_state = transformation(plain.structure, plain.numbers).init(jnp.asarray(given))
    for iteration in range(9):
        gradient, at = jnp.asarray(moved**2 - 3), jnp.asarray(moved)
        with jax.numpy_dtype_promotion("standard"):
            expected, plain_state = theirs.update(gradient, plain_state, at)
            updates, state = ours.update(gradient, state, at)
        np.testing.assert_array_equal(updates, expected)
        moved = moved + np.asarray(expected)
        kept = min(most, (1 + iteration) / (10 + iteration))
        mean = kept * mean + (1 - kept) * moved
        np.testing.assert_allclose(to_check(averaging.structure, state, moved), mean, rtol=1e-12)
        assert to_check(plain.structure, plain_state, moved) is moved


def test_numbers_do_not_change_the_structure_but_switches_do():
    one, two = (Optimizer("sgd", rate, {"momentum": m}) for rate, m in ((0.1, 0.9), (0.2, 0.5)))
    assert one.structure == two.structure
    assert one.structure != Optimizer("sgd", 0.1).structure
    nesterov = Optimizer("sgd", 0.1, {"momentum": 0.9, "nesterov": True})
    assert one.structure != nesterov.structure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("sdg", 0.1, {}), "optimizer: got 'sdg', but it must be one of: "),
        (("sgd", -0.1, {}), "learning_rate: got -0.1, but it must be a finite number above 0"),
        (("sgd", 0.1, {"beta": 1.0}), "optimizer_option: got 'beta', but sgd takes: "),
        (("sgd", 0.1, {"momentum": float("nan")}), "optimizer_option momentum: got nan, but"),
        (("sgd", 0.1, {"momentum": True}), "optimizer_option momentum: got True, but it must be a"),
        (("sgd", 0.1, {}, "none", 0.0, 1.0), "averaging: got 1.0, but it must be a finite number"),
        (
            ("sgd", 0.1, {"nesterov": 0.5}),
            "optimizer_option nesterov: got 0.5, but it must be true",
        ),
    ],
)
def test_mistakes_are_named(options, message):
    with pytest.raises(ConfigurationError) as error:
        Optimizer(*options)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (name, option)
        for name in optimizer_names()
        for option in Optimizer(name)._defaults
        if option in ("momentum", "b1", "b2", "b3", "rho", "decay", "decay_rate")
        or (name == "signum" and option == "beta")
    ],
)
def test_what_is_left_of_a_running_mean_is_less_than_all_of_it(name, option):
    assert Optimizer(name, 0.1, {option: 0.5}).options == {option: 0.5}
    for value in (-0.1, 1.0, 5.0):
        with pytest.raises(ConfigurationError, match=f"{option}: got {value}, but .* below 1"):
            Optimizer(name, 0.1, {option: value})


def test_a_beta_that_is_no_running_mean_may_be_1():
    """Optax's own default."""
    assert Optimizer("optimistic_gradient_descent", 0.1, {"beta": 1.0}).options == {"beta": 1.0}


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop"])
def test_defaults_spelt_out_change_nothing(name):
    parameters, gradients = jnp.array([1.0, 2.0]), jnp.array([0.3, -0.7])
    bare = Optimizer(name, 0.05)
    updates = []
    for optimizer in (bare, Optimizer(name, 0.05, bare.all_options)):
        ours = transformation(optimizer.structure)
        with jax.numpy_dtype_promotion("standard"):
            state = transformation(optimizer.structure, optimizer.numbers).init(parameters)
            for _ in range(3):
                update, state = ours.update(gradients, state, parameters)
        updates.append(update)
    np.testing.assert_array_equal(*updates)
