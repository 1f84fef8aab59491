"""scores/ID.json: what the network of a run comes to on each part of its data."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...configuration import Configuration, configuration
from ...data import PART_NAMES, shown_parts
from ...evaluation import answered, evaluation
from ...files import atomic
from ...results import Record, Store, load_network

FOLDER = "scores"
Scores = Mapping[str, Mapping[str, float]]
"""By part (train, validation, test), then by measure, see `Evaluation`."""


def scores_of(record: Record, store: Store) -> Scores | None:
    """The scores of a run's network, measured where they are not there yet; None where the network
    is not. The test part is looked at here, after all training."""
    file = _file(record.identity, store)
    if (kept := _read(file)) is not None:
        return kept
    if not store.network(record.identity).is_file():
        return None
    made = _measured(record, store)
    file.parent.mkdir(exist_ok=True)
    with atomic(file) as written:
        json.dump(made, written, indent=1, allow_nan=False)
        written.write("\n")
    return made


def has_scores(run: Configuration, store: Store) -> bool:
    """Whether a run has a record and scores."""
    return store.get(run) is not None and _read(_file(run.identity, store)) is not None


def _file(identity: str, store: Store) -> Path:
    return store.path / FOLDER / f"{identity}.json"


def _measured(record: Record, store: Store) -> Scores:
    network = load_network(store.network(record.identity))
    source, name = configuration(record.configuration).data_source()
    kind, every_step = network.output_kind, network.every_step
    made: dict[str, dict[str, float]] = {}
    for part in PART_NAMES:
        (shown,) = shown_parts(source, name, part, kind=kind, every_step=every_step)
        assert shown.asked is not None
        scores = network.scores(shown.given)
        found = evaluation(kind, [answered(scores, shown.asked)], labels=network.labels)
        made[part] = {
            measure: value for measure, value in found.as_dict().items() if _is_number(value)
        }
    return made


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _read(file: Path) -> Scores | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept if set(kept) == set(PART_NAMES) else None
    except (OSError, ValueError, TypeError):
        return None
