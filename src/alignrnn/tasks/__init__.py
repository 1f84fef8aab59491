"""In: a key and a batch size. Out: a Batch of sequences and targets. One file a task."""

from collections.abc import Callable

from .adding import Adding as Adding
from .arrays import ArrayTask as ArrayTask
from .arrays import load_arrays as load_arrays
from .base import Batch as Batch
from .base import Task as Task
from .digits import pixel_digits as pixel_digits
from .random_permutation import RandomPermutation as RandomPermutation
from .temporal_order import TemporalOrder as TemporalOrder
from .temporal_order_3bit import TemporalOrder3Bit as TemporalOrder3Bit

SYNTHETIC_TASKS: dict[str, Callable[[int], Task]] = {
    task.name: task for task in (TemporalOrder, TemporalOrder3Bit, RandomPermutation, Adding)
}
"""The tasks of any length T ≥ 10, by name."""
