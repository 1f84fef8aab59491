"""Losses against numpy, and the local ones' derivative against `jax.grad`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import ConfigurationError
from alignrnn.losses import Answers, LocalLoss, answer_losses, size

from .tolerances import relative_error

NAMES = ["mse", "log_penalty"]
REDUCTIONS = ["mean", "batch"]
TOLERANCE = 1e-13


def random_states(shape=(6, 5)):
    draw = np.random.default_rng(0)
    return draw.normal(size=shape), draw.normal(size=shape)


def whole_loss(y, targets, kind, weights=None, live=None):
    """L of outputs and targets (S, B, …)."""
    return Answers(jnp.asarray(targets), weights, live, kind).loss(jnp.asarray(y))


@pytest.mark.usefixtures("float64")
def test_cross_entropy_is_minus_the_mean_log_probability():
    draw = np.random.default_rng(1)
    y, labels = draw.normal(size=(7, 4)), draw.integers(0, 4, 7)
    probabilities = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    expected = -np.log([row[label] for row, label in zip(probabilities, labels, strict=True)])
    actual = answer_losses(jnp.asarray(y), jnp.asarray(labels), "classes")
    assert relative_error(actual, expected) <= TOLERANCE
    assert (
        relative_error(whole_loss(y[None], labels[None], "classes"), expected.mean()) <= TOLERANCE
    )


def test_cross_entropy_of_large_logits_is_exact_and_its_gradient_finite():
    y = jnp.array([[[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]]])
    labels = jnp.array([[0, 1, 2]], jnp.int32)
    loss, gradient = jax.value_and_grad(lambda y: whole_loss(y, labels, "classes"))(y)
    assert float(loss) == pytest.approx((0 + 2e4 + np.log(3)) / 3, rel=1e-6)
    right = np.array([[0, 0, 0], [1, -1, 0], [1 / 3, 1 / 3, -2 / 3]]) / 3
    np.testing.assert_allclose(gradient[0], right, atol=1e-6)


@pytest.mark.usefixtures("float64")
def test_squared_error_is_summed_over_outputs_and_averaged_over_samples():
    y, target = random_states((6, 3))
    expected = sum((y[b, o] - target[b, o]) ** 2 for b in range(6) for o in range(3)) / 6
    assert relative_error(whole_loss(y[None], target[None], "values"), expected) <= TOLERANCE


@pytest.mark.usefixtures("float64")
def test_bits_are_the_binary_cross_entropy_summed_over_outputs():
    y, _ = random_states((6, 3))
    bits = np.random.default_rng(2).integers(0, 2, (6, 3)).astype(float)
    q = 1 / (1 + np.exp(-y))
    expected = -(bits * np.log(q) + (1 - bits) * np.log(1 - q)).sum(axis=1)
    assert relative_error(answer_losses(jnp.asarray(y), jnp.asarray(bits), "bits"), expected) <= (
        TOLERANCE
    )


def test_bits_of_large_logits_are_exact_and_their_gradient_finite():
    y, bits = jnp.array([[[1e4, -1e4, 1e4]]]), jnp.array([[[1.0, 0.0, 0.0]]])
    loss, gradient = jax.value_and_grad(lambda y: whole_loss(y, bits, "bits"))(y)
    assert float(loss) == pytest.approx(1e4)
    np.testing.assert_allclose(gradient[0, 0], [0, 0, 1], atol=1e-6)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_answers_count_as_much_as_their_weights_within_their_sequence(weighted, padded):
    draw = np.random.default_rng(3)
    y, target = draw.normal(size=(4, 3, 2)), draw.normal(size=(4, 3, 2))
    weights = draw.uniform(0, 2, (4, 3)) if weighted else np.ones((4, 3))
    lengths = np.array([4, 1, 3]) if padded else np.full(3, 4)
    total = summed = 0.0
    for s in range(4):
        for b in range(3):
            if s < lengths[b]:
                summed += weights[s, b] * ((y[s, b] - target[s, b]) ** 2).sum()
                total += weights[s, b]
    live = jnp.asarray(np.arange(4)[:, None] < lengths[None]) if padded else None
    given = jnp.asarray(weights) if weighted else None
    answers = Answers(jnp.asarray(target), given, live, "values")
    assert relative_error(answers.loss(jnp.asarray(y)), summed / total) <= TOLERANCE
    # A scan's steps have the parts of it.
    parts = jax.lax.scan(lambda _, at: (0, at[0].loss(at[1])), 0, (answers, jnp.asarray(y)))[1]
    assert relative_error(jnp.sum(parts), summed / total) <= TOLERANCE


@pytest.mark.usefixtures("float64")
def test_lengths_say_nothing_of_what_is_said_at_the_end():
    y, target = random_states((3, 2))
    live = jnp.asarray(np.arange(4)[:, None] < np.array([4, 1, 3])[None])
    padded = whole_loss(y[None], target[None], "values", live=live)
    assert relative_error(padded, whole_loss(y[None], target[None], "values")) == 0


def test_answers_none_of_which_counts_have_no_loss():
    y, target = (jnp.asarray(x, jnp.float32)[None] for x in random_states((3, 2)))
    assert float(whole_loss(y, target, "values", jnp.zeros((1, 3)))) == 0


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_of_a_state_that_is_a_pair_all_entries_count_together(reduction):
    (one, its), (other, aim) = random_states(), random_states((6, 2))
    joined = np.concatenate([one, other], 1), np.concatenate([its, aim], 1)
    loss = LocalLoss("log_penalty", reduction)
    pair, target = tuple(map(jnp.asarray, (one, other))), tuple(map(jnp.asarray, (its, aim)))
    assert size(pair) == (6, 7)
    expected = loss.value(*map(jnp.asarray, joined))
    assert relative_error(loss.value(pair, target), expected) <= TOLERANCE
    slope = np.concatenate(loss.derivative(pair, target), 1)
    assert relative_error(slope, loss.derivative(*map(jnp.asarray, joined))) <= TOLERANCE


def local_value(z, target, name, reduction) -> float:
    """ℓ, entry by entry (docs/algorithms.md, 2)."""
    B, H = z.shape
    total = 0.0
    for difference in (z - target).ravel():
        total += difference**2 if name == "mse" else np.log(1 + difference**2)
    return total / (B * H) if reduction == "mean" else total / B


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_local_loss_and_its_derivative_are_the_formulas(name, reduction):
    loss = LocalLoss(name, reduction)
    z, target = random_states()
    given = jnp.asarray(z), jnp.asarray(target)
    assert relative_error(loss.value(*given), local_value(z, target, name, reduction)) <= TOLERANCE
    assert relative_error(loss.derivative(*given), jax.grad(loss.value)(*given)) <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_layer_on_its_target_has_neither_loss_nor_error(name, reduction):
    z = jnp.asarray(random_states()[0], jnp.float32)
    loss = LocalLoss(name, reduction)
    assert float(loss.value(z, z)) == 0
    assert not np.any(loss.derivative(z, z))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_log_penalty_stays_exact_for_tiny_and_bounded_for_huge_differences(reduction):
    loss = LocalLoss("log_penalty", reduction)
    zero = jnp.zeros((1, 1))
    tiny, huge = jnp.full((1, 1), 1e-5), jnp.full((1, 1), 1e6)
    assert float(loss.value(tiny, zero)) == pytest.approx(1e-10, rel=1e-5)  # 1 + 1e-10 rounds to 1
    assert float(loss.derivative(huge, zero)[0, 0]) == pytest.approx(2e-6, rel=1e-5)


def test_local_loss_is_the_mean_squared_error_unless_told():
    assert (LocalLoss().name, LocalLoss().reduction) == ("mse", "mean")


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("huber",), "local_loss: got 'huber', but it must be one of: log_penalty, mse"),
        (("mse", "sum"), "reduction: got 'sum', but it must be one of: batch, mean"),
    ],
)
def test_an_unknown_name_is_named_with_those_there_are(arguments, message):
    with pytest.raises(ConfigurationError) as caught:
        LocalLoss(*arguments)
    assert str(caught.value) == message
