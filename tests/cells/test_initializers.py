"""Initial weights: each scheme has its statistics, and each matrix its own draw."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import GRU, LSTM, RNN, Elman, LeakyElman, Stack
from alignrnn.cells import INITIALIZERS
from alignrnn.cells.initializers import ROTATION, spectral_radius
from alignrnn.names import InitializerName

SHAPES = [(60, 60), (100, 20), (20, 100)]
LARGE = (200, 300)


def drawn(name: str, shape: tuple[int, int], kind: str = "projection", seed: int = 0) -> np.ndarray:
    matrix = getattr(INITIALIZERS[name], kind)(jax.random.key(seed), shape)
    assert (matrix.shape, matrix.dtype) == (shape, jnp.float32)
    return np.asarray(matrix, float)


def assert_scale(matrix: np.ndarray, sigma: float) -> None:
    """Mean 0 and standard deviation σ, within five standard errors."""
    assert abs(matrix.mean()) < 5 * sigma / np.sqrt(matrix.size)
    assert abs(matrix.std() / sigma - 1) < 5 / np.sqrt(2 * matrix.size)


@pytest.mark.parametrize("kind", ["recurrent", "projection"])
@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal_matrices_are_orthogonal_along_their_short_side(shape, kind):
    matrix = drawn("orthogonal", shape, kind)
    rows, columns = shape
    gram = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-5)


@pytest.mark.parametrize("shape", [(60, 60), LARGE])
def test_xavier_uniform_fills_its_bounds(shape):
    bound = np.sqrt(6 / sum(shape))
    matrix = drawn("xavier_uniform", shape)
    assert 0.99 * bound < np.abs(matrix).max() <= bound * (1 + 1e-6)
    assert_scale(matrix, bound / np.sqrt(3))
    assert abs(np.mean(np.abs(matrix) < bound / 2) - 0.5) < 2.5 / np.sqrt(matrix.size)


@pytest.mark.parametrize("shape", [(60, 60), LARGE])
def test_xavier_normal_has_its_variance(shape):
    assert_scale(drawn("xavier_normal", shape), np.sqrt(2 / sum(shape)))


@pytest.mark.parametrize(
    ("name", "kind", "sigma"),
    [
        ("gaussian", "recurrent", 0.01),
        ("gaussian", "projection", 0.01),
        ("identity", "projection", 0.001),
        ("sparse_smart_tanh", "projection", 0.01),
    ],
)
def test_gaussian_matrices_have_their_sigma_and_tails(name, kind, sigma):
    matrix = drawn(name, LARGE, kind)
    assert_scale(matrix, sigma)
    assert np.abs(matrix).max() > 3.5 * sigma  # not truncated


def test_identity_is_the_identity():
    np.testing.assert_array_equal(drawn("identity", (30, 30), "recurrent"), np.eye(30))


@pytest.mark.parametrize("hidden", [1, 2, 100])
def test_slow_rotation_is_orthogonal(hidden):
    matrix = drawn("slow_rotation", (hidden, hidden), "recurrent")
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(hidden), atol=1e-5)


def test_slow_rotation_turns_by_small_angles_of_the_semicircle():
    radius = 2 * ROTATION
    matrices = [drawn("slow_rotation", (200, 200), "recurrent", seed) for seed in range(3)]
    angles = np.abs(np.angle([np.linalg.eigvals(matrix) for matrix in matrices]))
    assert 0.9 * radius < angles.max() < 1.1 * radius
    assert np.sqrt(np.mean(angles**2)) == pytest.approx(ROTATION, rel=0.02)
    assert np.mean(angles**4) == pytest.approx(2 * ROTATION**4, rel=0.05)  # a semicircle's


@pytest.mark.parametrize("hidden", [15, 16, 100])
def test_sparse_matrix_has_15_nonzeros_a_row_and_its_spectral_radius(hidden):
    for seed in range(3):
        matrix = drawn("sparse_smart_tanh", (hidden, hidden), "recurrent", seed)
        assert np.all(np.count_nonzero(matrix, axis=1) == 15)
        assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(0.95, rel=1e-4)


@pytest.mark.parametrize("hidden", [1, 2, 10])
def test_sparse_matrix_of_few_units_is_full(hidden):
    matrix = drawn("sparse_smart_tanh", (hidden, hidden), "recurrent")
    assert np.all(matrix != 0)
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(0.95, rel=1e-4)


def test_sparse_nonzeros_are_gaussian_and_anywhere():
    matrix = drawn("sparse_smart_tanh", (200, 200), "recurrent")
    nonzeros = matrix[matrix != 0] / matrix[matrix != 0].std()
    assert_scale(nonzeros, 1)
    assert abs(np.mean(nonzeros**4) - 3) < 1  # the kurtosis of a Gaussian
    assert np.count_nonzero(matrix, axis=0).max() < 15 + 5 * np.sqrt(15)  # no column preferred
    assert np.count_nonzero(matrix, axis=0).min() > 0


@pytest.mark.parametrize("seed", range(3))
def test_spectral_radius_is_that_of_the_eigenvalues(seed):
    draw = np.random.default_rng(seed)
    for matrix in (
        draw.normal(size=(20, 20)),
        1e-6 * draw.normal(size=(20, 20)),
        np.triu(draw.normal(size=(20, 20))),
        3 * np.array([[0.0, 1.0], [-1.0, 0.0]]),  # a pair of imaginary ones
    ):
        actual = float(spectral_radius(jnp.asarray(matrix, jnp.float32)))
        assert actual == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-4)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_input_scale_is_a_factor_on_w_xh_alone(name):
    full, scaled = (
        RNN(Elman(16, initializer=name, input_scale=scale), 16, 16, key=jax.random.key(0))
        for scale in (1.0, 0.125)
    )
    for each, factor in (("w_xh", 8), ("w_hh", 1), ("w_hy", 1)):
        np.testing.assert_array_equal(scaled.parameters[each], full.parameters[each] / factor)


def test_spectral_radius_of_zero_is_zero():
    assert float(spectral_radius(jnp.zeros((3, 3)))) == pytest.approx(0, abs=1e-30)


def matrices(name: InitializerName, seed: int) -> dict[str, np.ndarray]:
    """The three matrices of a network whose sizes are equal: one key would make them equal."""
    network = RNN(Elman(16, initializer=name), 16, 16, key=jax.random.key(seed))
    made = network.parameters
    np.testing.assert_array_equal(made["b_h"], np.zeros(16))
    np.testing.assert_array_equal(made["b_y"], np.zeros(16))
    return {each: np.asarray(made[each]) for each in ("w_xh", "w_hh", "w_hy")}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_seeds_differ_in_every_matrix_and_a_seed_repeats_itself(name):
    first, again, other = (matrices(name, seed) for seed in (0, 0, 1))
    for each in first:
        np.testing.assert_array_equal(first[each], again[each])
        if (name, each) != ("identity", "w_hh"):
            assert np.mean(first[each] != other[each]) > 0.3


@pytest.mark.parametrize("name", INITIALIZERS)
def test_each_matrix_has_its_own_key(name):
    for one, other in itertools.combinations(matrices(name, 0).values(), 2):
        # Not a multiple of another either: some schemes differ in scale alone.
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.4


def parts(network: RNN) -> dict[str, np.ndarray]:
    """Every matrix, those of several gates one by one, all 8 x 8."""
    return {
        f"{name}[{gate}]": part
        for name, matrix in network.parameters.items()
        if matrix.ndim > 1
        for gate, part in enumerate(np.split(np.asarray(matrix), matrix.shape[1] // 8, axis=1))
    }


@pytest.mark.parametrize(
    "cell",
    [
        LeakyElman(8),
        GRU(8),
        LSTM(8),
        Elman(8, layers=3),
        GRU(8, layers=2),
        Stack(LSTM(8), Elman(8), GRU(8)),
    ],
    ids=["leaky", "gru", "lstm", "three of elman", "two of gru", "stack"],
)
def test_every_random_part_of_every_layer_has_its_own_key(cell):
    first, again, other = (parts(RNN(cell, 8, 8, key=jax.random.key(seed))) for seed in (0, 0, 1))
    for name, matrix in first.items():
        np.testing.assert_array_equal(matrix, again[name])
        assert np.mean(matrix != other[name]) > 0.9
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(8), atol=1e-5)  # each gate by itself
    for one, another in itertools.combinations(first.values(), 2):
        assert abs(np.corrcoef(one.ravel(), another.ravel())[0, 1]) < 0.5


def test_a_cell_of_one_layer_begins_alike_below_other_layers():
    alone = RNN(GRU(8), 8, 8, key=jax.random.key(0)).parameters
    below = RNN(GRU(8, layers=2), 8, 8, key=jax.random.key(0)).parameters
    for name in ("w_xh", "w_hh", "b_h", "b_n"):
        np.testing.assert_array_equal(alone[name], below[f"0.{name}"])


@pytest.mark.parametrize("bias", [1.0, -0.5])
def test_biases_begin_at_zero_but_that_of_the_forget_gate(bias):
    lstm = RNN(LSTM(4, forget_bias=bias), 3, 2, key=jax.random.key(0)).parameters
    np.testing.assert_array_equal(lstm["b_h"], np.repeat([0, bias, 0, 0], 4))
    gru = RNN(GRU(4), 3, 2, key=jax.random.key(0)).parameters
    np.testing.assert_array_equal(gru["b_h"], np.zeros(12))
    np.testing.assert_array_equal(gru["b_n"], np.zeros(4))
