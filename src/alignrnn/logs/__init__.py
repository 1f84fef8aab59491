"""In: what the checks of a running training find. Out: rows of a CSV file, TensorBoard's events."""

from .base import Log as Log
from .csv_file import CSVLog as CSVLog
from .tensorboard import TensorBoardLog as TensorBoardLog

LOGS: dict[str, tuple[type[Log], str]] = {
    "csv": (CSVLog, "log.csv"),
    "tensorboard": (TensorBoardLog, "tensorboard"),
}
"""By its name: a log, and what it is called in a directory of runs."""
