"""In: a case to train. Out: how fast it is here, against this machine's own matrix products."""

from .matrix import MatrixProduct as MatrixProduct
from .throughput import Case as Case
from .throughput import Measurement as Measurement
from .throughput import measure as measure
from .throughput import measure_elsewhere as measure_elsewhere
