"""In: a key and a batch size. Out: a Batch of sequences and targets. One file a task."""

from .adding import Adding as Adding
from .arrays import ArrayTask as ArrayTask
from .base import Batch as Batch
from .base import Task as Task
from .checks import check_numbers as check_numbers
from .checks import check_task as check_task
from .copy import Copy as Copy
from .delayed_match import DelayedMatch as DelayedMatch
from .named import Fit as Fit
from .named import as_task as as_task
from .named import check_task_name as check_task_name
from .named import frame_task as frame_task
from .named import load_data as load_data
from .named import named_task as named_task
from .named import read_data as read_data
from .named import source_of as source_of
from .named import task_of as task_of
from .random_permutation import RandomPermutation as RandomPermutation
from .synthetic import SyntheticTask as SyntheticTask
from .temporal_order import TemporalOrder as TemporalOrder
from .temporal_order_3bit import TemporalOrder3Bit as TemporalOrder3Bit
