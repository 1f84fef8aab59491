"""In: a grid of configurations. Out: a record of each. Groups of equal structure, side by side."""

import importlib
from typing import TYPE_CHECKING, Any

from .climb import Climb as Climb
from .climb import climb as climb
from .engine import CHECKPOINT_SECONDS as CHECKPOINT_SECONDS
from .engine import Engine as Engine
from .engine import Job as Job
from .engine import Standing as Standing
from .engine import groups_of as groups_of
from .estimate import Estimate as Estimate
from .estimate import estimate as estimate
from .grid import Grid as Grid
from .grid import expand as expand
from .grid import load_grid as load_grid
from .places import Group as Group
from .places import Place as Place
from .places import Slice as Slice
from .places import local_places as local_places

if TYPE_CHECKING:
    from .cluster import cluster_places as cluster_places


def __getattr__(name: str) -> Any:
    """Of the cluster, which needs an extra: imported when it is asked for."""
    if name == "cluster_places":
        return importlib.import_module(".cluster", __name__).cluster_places
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
