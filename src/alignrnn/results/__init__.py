"""In: run results. Out: records on disk, and back from there."""

from .directory import load as load
from .directory import new_directory as new_directory
from .directory import save_results as save_results
from .files import writable as writable
from .network_file import load_network as load_network
from .network_file import save_network as save_network
