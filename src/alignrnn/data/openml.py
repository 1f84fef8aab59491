"""Data sets of openml.org, a sequence a row; where there is a network."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigurationError, Description, check_integer, described
from .dataset import Dataset, Part
from .source import Source, needs, reason_of

PREFIX = "openml:"


@dataclass(frozen=True)
class OpenML(Source):
    """`openml:NAME` or `openml:ID`: rows of numbers as sequences of one feature, with the data
    set's own target. scikit-learn fetches them, and keeps them."""

    version: int = 1
    """Which of the data sets of that name; what has a number (ID) has one version."""

    is_file: ClassVar[bool] = False

    def check(self) -> None:
        """See `Plain.check`."""
        super().check()
        check_integer("version", self.version, 1)

    def read(self, name: str, *, asked: bool = True) -> Dataset:
        """See `Source.read`. Needs scikit-learn, and a network unless it has kept the data."""
        wanted = name.removeprefix(PREFIX)
        if wanted in ("", "openml"):
            raise ConfigurationError("task", name, "it must be openml:NAME or openml:ID")
        try:
            from sklearn.datasets import fetch_openml
        except ImportError:
            raise needs(name, "data", "scikit-learn") from None
        which: dict[str, Any] = (
            {"data_id": int(wanted)}
            if wanted.isascii() and wanted.isdigit()
            else {"name": wanted, "version": self.version}
        )
        try:
            with warnings.catch_warnings():
                # Of each attempt; what came of them is said once.
                warnings.simplefilter("ignore")
                fetched: Any = fetch_openml(**which, as_frame=False, n_retries=1, delay=0.5)
        except ImportError:
            raise needs(name, "data", "pandas") from None
        except Exception as error:  # of the network, of openml.org, of a parser
            allowed = f"it must be a data set that openml.org gives ({reason_of(error)})"
            raise ConfigurationError("task", name, allowed) from None
        rows, target = fetched.data, fetched.target
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind not in "iufb":
            found = described(rows) if hasattr(rows, "dtype") else Description("no numbers")
            raise ConfigurationError("task", found, f"{name} must be rows of numbers")
        if target is None:
            raise ConfigurationError("task", Description("no target"), f"{name} must have one")
        return Dataset(wanted, Part(rows.astype(float)[:, :, None], target))
