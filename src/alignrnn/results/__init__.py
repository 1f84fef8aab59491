"""In: run results. Out: records on disk, and back from there."""

from .checkpoints import Checkpoints as Checkpoints
from .describe import software as software
from .directory import first_unused as first_unused
from .directory import load as load
from .directory import load_config as load_config
from .directory import load_diagnostics as load_diagnostics
from .directory import new_directory as new_directory
from .directory import save_results as save_results
from .directory import write_or_elsewhere as write_or_elsewhere
from .network_file import load_network as load_network
from .network_file import save_network as save_network
from .query import ordered as ordered
from .query import select as select
from .record import Record as Record
from .record import record_of as record_of
from .store import Store as Store
from .store import is_sweep as is_sweep
from .store import open_store as open_store
from .store import read_store as read_store
from .table import Row as Row
from .table import columns_of as columns_of
from .table import flat as flat
from .table import row_of as row_of
from .table import usual as usual
from .table import varying as varying
