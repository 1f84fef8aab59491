"""In: a key and a batch size. Out: a Batch of sequences and targets. One file a task."""

from .adding import Adding as Adding
from .arrays import ArrayTask as ArrayTask
from .arrays import load_arrays as load_arrays
from .base import Batch as Batch
from .base import Task as Task
from .checks import check_numbers as check_numbers
from .checks import check_task as check_task
from .copy import Copy as Copy
from .delayed_match import DelayedMatch as DelayedMatch
from .digits import pixel_digits as pixel_digits
from .named import FILE_DEFAULTS as FILE_DEFAULTS
from .named import PIXEL_DIGITS as PIXEL_DIGITS
from .named import as_task as as_task
from .named import named_task as named_task
from .random_permutation import RandomPermutation as RandomPermutation
from .temporal_order import TemporalOrder as TemporalOrder
from .temporal_order_3bit import TemporalOrder3Bit as TemporalOrder3Bit
