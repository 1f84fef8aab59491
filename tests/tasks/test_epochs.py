"""The order of finite data: a new permutation each epoch, computed a place at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from alignrnn.tasks.epochs import epoch_rows, permuted

from ..thinned import thinned

SIZES = (1, 2, 3, 7, 216, 1000, 1797)
_permuted = jax.jit(permuted, static_argnums=2)
_epoch_rows = jax.jit(epoch_rows, static_argnums=(2, 3))


def permutation(key: int, rows: int) -> np.ndarray:
    places = jnp.arange(rows, dtype="uint32")
    return np.asarray(_permuted(jnp.full(rows, key, "uint32"), places, rows))


def rows_seen(seed: int, batch_size: int, rows: int, epochs: int) -> np.ndarray:
    """All rows of so many whole epochs, `(epochs, rows)`."""
    iterations = -(-rows * epochs // batch_size)
    of = jax.vmap(lambda number: epoch_rows(jax.random.key(seed), number, batch_size, rows))
    seen = np.asarray(jax.jit(of)(jnp.arange(iterations, dtype="int32"))).ravel()
    return seen[: rows * epochs].reshape(epochs, rows)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("key", [0, 1, 12345, 2**32 - 1])
def test_every_key_gives_a_permutation(key, rows):
    np.testing.assert_array_equal(np.sort(permutation(key, rows)), np.arange(rows))


@pytest.mark.parametrize(
    ("rows", "batch_size"),
    thinned(
        [(rows, size) for rows in (1, 2, 3, 7, 216) for size in (1, 2, 5, 16, 500)]
        + [(1000, 64), (1797, 20), (1797, 4000)],
        3,
    ),
)
def test_each_epoch_visits_every_row_once(rows, batch_size):
    for order in rows_seen(3, batch_size, rows, 5):
        np.testing.assert_array_equal(np.sort(order), np.arange(rows))


def test_the_batch_size_changes_no_order():
    for batch_size in (1, 3, 50, 216, 700):
        np.testing.assert_array_equal(rows_seen(7, batch_size, 216, 4), rows_seen(7, 8, 216, 4))


def test_orders_differ_between_epochs_and_between_keys():
    orders = [row.tobytes() for seed in range(4) for row in rows_seen(seed, 20, 216, 25)]
    assert len(set(orders)) == 100


@pytest.mark.parametrize("rows", [2, 3, 5, 7, 12])
def test_a_row_stands_at_each_place_equally_often(rows):
    epochs = 6000
    orders = rows_seen(11, rows, rows, epochs)
    counts = np.array([np.bincount(orders[:, at], minlength=rows) for at in range(rows)])
    # Rows and columns of the table both add up to the epochs: (n - 1)^2 degrees of freedom. The
    # factor makes a multiple of a permutation table's variance, n / (n - 1), that of chi-square.
    statistic = ((counts - epochs / rows) ** 2 / (epochs / rows)).sum() * (rows - 1) / rows
    assert 1e-4 < stats.chi2.sf(statistic, (rows - 1) ** 2) < 1 - 1e-4


@pytest.mark.parametrize("rows", [3, 4, 6, 9])
def test_each_ordered_pair_of_neighbours_is_equally_frequent(rows):
    epochs = 6000
    orders = rows_seen(5, rows, rows, epochs)
    pairs = orders[:, :-1] * rows + orders[:, 1:]
    counts = np.bincount(pairs.ravel(), minlength=rows * rows).reshape(rows, rows)
    off_diagonal = counts[~np.eye(rows, dtype=bool)]
    expected = epochs / rows  # (n - 1) pairs an epoch over n (n - 1) ordered pairs
    assert np.all(np.diag(counts) == 0)
    # A pair occurs at most once an epoch: a binomial, of which none should be 5 deviations off.
    deviation = np.sqrt(epochs * (1 / rows) * (1 - 1 / rows))
    assert np.abs(off_diagonal - expected).max() < 5 * deviation


@pytest.mark.parametrize("rows", [3, 4])
def test_every_order_of_few_rows_is_equally_frequent(rows):
    orders = rows_seen(2, rows, rows, 4800)
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == np.prod(range(1, rows + 1))
    assert stats.chisquare(counts).pvalue > 1e-4


def test_successive_epochs_have_nothing_in_common():
    """Fixed points between one epoch's order and the next: Poisson of mean 1."""
    orders = rows_seen(13, 100, 100, 2000)
    common = (orders[1:] == orders[:-1]).sum(axis=1)
    assert abs(common.mean() - 1) < 5 / np.sqrt(len(common))


@pytest.mark.parametrize("rows", [7, 216, 1797])
def test_late_iterations_overflow_nothing(rows):
    """An epoch of whole batches around 2^31 - 1, with p = iteration · B counted by Python."""
    batch_size, last = 20, 2**31 - 1
    first = (last - 2 * rows) // rows * rows  # of n iterations, which are B whole epochs
    numbers = jnp.arange(first, first + rows, dtype="int32")
    of = jax.vmap(lambda number: epoch_rows(jax.random.key(0), number, batch_size, rows))
    orders = np.asarray(jax.jit(of)(numbers)).reshape(batch_size, rows)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(rows))
    assert len({order.tobytes() for order in orders}) > batch_size / 2
    at_last = np.asarray(_epoch_rows(jax.random.key(0), jnp.int32(last), batch_size, rows))
    assert at_last.min() >= 0
    assert at_last.max() < rows


@pytest.mark.slow
def test_it_is_the_same_compiled_or_not_one_by_one_or_together():
    key, numbers = jax.random.key(4), jnp.arange(50, dtype="int32")
    together = jax.vmap(lambda number: epoch_rows(key, number, 6, 17))(numbers)
    keys = jax.vmap(lambda seed: epoch_rows(jax.random.key(seed), jnp.int32(3), 6, 17))
    each = np.asarray(keys(numbers))
    for number in range(50):
        plain = epoch_rows(key, jnp.int32(number), 6, 17)
        np.testing.assert_array_equal(plain, _epoch_rows(key, jnp.int32(number), 6, 17))
        np.testing.assert_array_equal(plain, together[number])
        own = epoch_rows(jax.random.key(number), jnp.int32(3), 6, 17)
        np.testing.assert_array_equal(own, each[number])


def test_double_precision_changes_no_order():
    def orders():
        return rows_seen(9, 20, 216, 3)

    single = orders()
    with jax.enable_x64(True):
        np.testing.assert_array_equal(orders(), single)
