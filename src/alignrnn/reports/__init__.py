"""In: results. Out: tables and figures. Never trains."""

from .figures import learning_curves as learning_curves
from .figures import per_step as per_step
from .figures import save_figure as save_figure
from .table import results_table as results_table
