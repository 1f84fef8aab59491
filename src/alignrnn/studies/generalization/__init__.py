"""In: a trained network and a task. Out: its errors at any length, and where its states go."""

from .counting import AtLength as AtLength
from .counting import check_lengths as check_lengths
from .counting import errors_at as errors_at
from .counting import of_length as of_length
from .dynamics import Dynamics as Dynamics
from .dynamics import FixedPoint as FixedPoint
from .dynamics import dynamics as dynamics
from .generalize import LENGTHS as LENGTHS
from .generalize import Generalization as Generalization
from .generalize import generalize as generalize
