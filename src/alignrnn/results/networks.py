"""The networks of runs, one file a run beside their records, and back from there."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigurationError
from ..network import RNN
from ..network_file import load_network
from .record import Record
from .store import Store, is_store, read_store


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
    kept = [] if store is None else with_networks(store)
    if store is None or not kept:
        raise ConfigurationError(
            "path",
            str(path),
            "a directory must have runs that kept their networks, as those of alignrnn train do",
        )
    return load_network(store.network(best_of(last_of(kept)).identity))


def with_networks(store: Store) -> list[Record]:
    """The runs there that kept their networks."""
    return [record for record in store if store.network(record.identity).is_file()]


def last_of(records: Sequence[Record]) -> list[Record]:
    """Without the runs that another of them has gone on from, where a task has grown."""
    starts = [record.configuration.get("start", {}).get("name", "") for record in records]
    gone_on = {Path(name).stem for name in starts}
    return [record for record in records if record.identity not in gone_on]


def best_of(records: Sequence[Record]) -> Record:
    """The lowest validation error first, then the fewest iterations, then the lowest seed."""
    return min(records, key=lambda each: (each.best_error, each.iterations, each.seed))
