"""In: sets of real sequences. Out: what each way to learn comes to on them, and the report."""

from .budgets import BUDGETS as BUDGETS
from .budgets import Budget as Budget
from .data_sets import DataSet as DataSet
from .data_sets import data_sets as data_sets
from .study import planned as planned
from .study import reproduce as reproduce
