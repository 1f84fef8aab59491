"""The networks of runs, one file a run beside their records, and back from there."""

from pathlib import Path

from ..errors import ConfigurationError
from ..network import RNN
from ..network_file import load_network
from .store import is_store, read_store


def load(path: str | Path) -> RNN:
    """A trained network, ready to `predict`.

    `path` is a network's `.npz` file, or a directory of runs that kept theirs: then that of the
    best run, lowest validation error first, then fewest iterations. Raises `ConfigurationError` for
    anything else, and for a damaged file, by name.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> ar.save_network(ar.RNN(ar.GRU(8), 3, 2, key=jax.random.key(0)), "network.npz")
        >>> ar.load("network.npz").predict([[0, 1, 2]]).shape
        (1,)
    """
    path = Path(path)
    if not path.is_dir():
        return load_network(path)
    store = read_store(path) if is_store(path) else None
    kept = [each for each in store or () if store and store.network(each.identity).is_file()]
    if store is None or not kept:
        raise ConfigurationError(
            "path",
            str(path),
            "a directory must have runs that kept their networks, as those of alignrnn train do",
        )
    best = min(kept, key=lambda record: (record.best_error, record.iterations))
    return load_network(store.network(best.identity))
