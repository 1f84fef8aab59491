"""How fast training is on this machine, against the machine's own matrix products."""

from .matrix import MatrixProduct as MatrixProduct
from .throughput import Case as Case
from .throughput import Measurement as Measurement
from .throughput import measure as measure
from .throughput import measure_elsewhere as measure_elsewhere
