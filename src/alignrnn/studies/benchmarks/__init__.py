"""In: a case to train. Out: how fast it is here, against this machine's own matrix products."""

from .matrix import MatrixProduct as MatrixProduct
from .peers import PeerCase as PeerCase
from .peers import has_torch as has_torch
from .peers import measure_ours as measure_ours
from .peers import measure_torch as measure_torch
from .sharing import measure_sharing as measure_sharing
from .sharing import shared_cases as shared_cases
from .throughput import Case as Case
from .throughput import Measurement as Measurement
from .throughput import measure as measure
from .throughput import measure_elsewhere as measure_elsewhere
