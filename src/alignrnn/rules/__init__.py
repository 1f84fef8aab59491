"""In: a network and a batch. Out: an Update (loss, gradients, diagnostics). One file a rule."""

from .backward import Backward as Backward
from .base import Diagnostics as Diagnostics
from .base import Rule as Rule
from .base import Update as Update
from .bptt import BPTT as BPTT
from .e_prop import EProp as EProp
from .lra_diff import LRADiff as LRADiff
from .online import Online as Online
from .online import OnlineStep as OnlineStep
from .readout import ReadoutAlone as ReadoutAlone
from .rflo import RFLO as RFLO
from .rtrl import RTRL as RTRL
from .snap import SnAp1 as SnAp1
from .tptt import TPTT as TPTT
from .uoro import UORO as UORO
