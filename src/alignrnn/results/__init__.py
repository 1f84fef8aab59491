"""In: run results. Out: records on disk, and back from there."""

from .. import network_file as network_file
from ..network_file import load_network as load_network
from ..network_file import save_network as save_network
from .checkpoints import Checkpoints as Checkpoints
from .lineage import carried_over as carried_over
from .lineage import lineage as lineage
from .lineage import lineage_of as lineage_of
from .lineage import would_go_on as would_go_on
from .networks import load as load
from .query import ordered as ordered
from .query import select as select
from .record import Record as Record
from .record import checks_of as checks_of
from .record import record_of as record_of
from .software import software as software
from .store import Store as Store
from .store import is_store as is_store
from .store import open_store as open_store
from .store import own_or_unused as own_or_unused
from .store import read_store as read_store
from .table import Row as Row
from .table import columns_of as columns_of
from .table import flat as flat
from .table import row_of as row_of
from .table import usual as usual
from .table import varying as varying
