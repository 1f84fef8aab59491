"""labels.json: what the user calls settings. A label is no part of a run: tables and pictures
have it, records do not."""

import json
import unicodedata
import warnings
from collections.abc import Mapping
from pathlib import Path

from ...configuration import Configuration
from ...errors import ConfigurationError, DamagedFileWarning
from ...files import atomic, set_aside, writable
from ...reports import can_be_drawn
from ...results import Store
from .settings import options_of, setting_id

Labels = Mapping[str, Mapping[str, str]]
"""By task, then by `setting_id`, in the order they were given."""

FILE = "labels.json"
LONGEST = 40


def checked_label(label: str) -> str:
    """The label as it is kept; `ConfigurationError` for one that tables and pictures cannot
    have."""
    text = unicodedata.normalize("NFC", label).strip()
    if not 0 < len(text) <= LONGEST or not text.isprintable() or not can_be_drawn(text):
        raise ConfigurationError(
            "label",
            label,
            f"it must be 1 to {LONGEST} characters on one line, all in the font of the figures",
        )
    return text


def put_label(store: Store, configuration: Configuration, label: str) -> None:
    """Call the setting of a configuration so on its task, in place of what it was called before.

    The store must be open for writing. Raises `ConfigurationError` for a label that another
    setting on that task has, as long as there are records of it.
    """
    text = checked_label(label)
    task, own = configuration.task["name"], setting_id(options_of(configuration.as_dict()))
    labels = {name: dict(by_setting) for name, by_setting in _read(store.path, aside=True).items()}
    of_task = labels.setdefault(task, {})
    there = {
        setting_id(options_of(record.configuration))
        for record in store
        if record.configuration["task"]["name"] == task
    }
    for setting, other in list(of_task.items()):
        if setting == own or other != text:
            continue
        if setting in there:
            raise ConfigurationError(
                "label", label, f"it is that of another setting on {task} in this directory"
            )
        del of_task[setting]
    of_task[own] = text

    def write(path: Path) -> None:
        with atomic(path) as file:
            json.dump(labels, file, indent=2, ensure_ascii=False)
            file.write("\n")

    writable("out", store.path / FILE, write)


def read_labels(directory: Path) -> Labels:
    """The labels of a directory; a damaged file is warned of, and counts as none."""
    return _read(directory, aside=False)


def _read(directory: Path, *, aside: bool) -> Labels:
    file = directory / FILE
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))
        for by_setting in labels.values():
            for label in by_setting.values():
                checked_label(label)
            if len(set(by_setting.values())) < len(by_setting):
                raise ValueError("one label for two settings")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        done = f"set aside as {set_aside(file).name}" if aside else "not used"
        warnings.warn(
            f"{file}: it is not labels as this program writes them; {done}",
            DamagedFileWarning,
            stacklevel=3,
        )
        return {}
    return labels
