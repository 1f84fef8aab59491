"""In: results. Out: tables, figures and reports. Never trains."""

from .document import Cell as Cell
from .document import Document as Document
from .document import Picture as Picture
from .document import Section as Section
from .document import Table as Table
from .document import Text as Text
from .document import plain as plain
from .figures import learning_curves as learning_curves
from .figures import per_step as per_step
from .figures import save_figure as save_figure
from .gradient_flow import PerCheck as PerCheck
from .gradient_flow import flow_figure as flow_figure
from .gradient_flow import flow_rows as flow_rows
from .html import to_html as to_html
from .markdown import to_markdown as to_markdown
from .numbers import duration as duration
from .numbers import percent as percent
from .relative_change import relative_change_figure as relative_change_figure
from .sweep_tables import axes_table as axes_table
from .sweep_tables import runs_table as runs_table
from .table import results_table as results_table
from .write import write_report as write_report
