"""Which network a command means: a file, or that of a run of a directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, Description
from ..registry import data_key

if TYPE_CHECKING:
    from ..configuration import Configuration
    from ..network import RNN
    from ..results import Record


@dataclass(frozen=True)
class Trained:
    """A network that was trained, and of a run its record."""

    network: "RNN"
    file: Path
    record: "Record | None"


def trained(run: Path, id: str | None) -> Trained:
    """The network of a file, or of a directory's run: that of the id, or the best that is kept."""
    from ..results import load_network

    file, record = network_file_of(run, id)
    return Trained(load_network(file), file, record)


def kept_networks(run: Path, id: str | None) -> list[Trained]:
    """The network of a file, or those of a directory's runs: of one, or of all that kept theirs and
    that no other there has gone on from."""
    from ..results import last_of, load_network, read_store, with_networks

    if id is not None or not run.is_dir():
        return [trained(run, id)]
    network_file_of(run, None)  # which says what is wrong
    store = read_store(run)
    kept = last_of(with_networks(store))
    files = [(store.network(record.identity), record) for record in kept]
    return [Trained(load_network(file), file, record) for file, record in files]


def network_file_of(run: Path, id: str | None) -> "tuple[Path, Record | None]":
    """Its file, and of a run its record."""
    from ..results import last_of, read_store, with_networks

    if not run.exists():
        allowed = "there is no such file or directory"
        raise ConfigurationError("run", str(run), allowed)
    if not run.is_dir():
        if id is not None:
            raise ConfigurationError("run_id", id, f"{run} is no directory of runs")
        return run, None
    store = read_store(run)
    kept = with_networks(store)
    if not kept:
        allowed = "it must have runs that kept their networks, as those of alignrnn train do"
        raise ConfigurationError("run", str(run), allowed)
    record = one_record(kept if id is not None else last_of(kept), id, run, "run_id")
    return store.network(record.identity), record


def configuration_of(record: "Record") -> "Configuration":
    """A run's configuration, to look at its task: what a drawn task's run has gone on from is of
    no matter then, and may be elsewhere by now."""
    from ..configuration import configuration

    data = dict(record.configuration)
    if data_key(data["task"]["name"]) is None:
        data.pop("start", None)
    return configuration(data)


def one_record(
    records: "Sequence[Record]", id: str | None, directory: Path, option: str = "id"
) -> "Record":
    """The run whose id begins like this; without an id the best."""
    from ..results import best_of

    if id is None and records:
        return best_of(records)
    found = [each for each in records if each.identity.startswith(id or "")]
    if len(found) != 1:
        begin = f"{len(found) or 'none'} of the {len(records)} runs there"
        raise ConfigurationError(
            option,
            Description("nothing") if id is None else id,
            f"it must be the beginning of one run's id, and {begin} "
            f"{'fit' if len(found) > 1 else 'fits'}; alignrnn runs {directory} lists them",
        )
    return found[0]
