"""In: a grid of configurations. Out: a record of each. Groups of equal structure, side by side."""

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
from .places import local_places as local_places
