"""In: a setting of a rule. Out: the longest length it solves, and the report of the search."""

from .labels import checked_label as checked_label
from .labels import put_label as put_label
from .report import write_frontier as write_frontier
from .search import LENGTHS as LENGTHS
from .search import Search as Search
