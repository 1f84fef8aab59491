"""In: a network and a batch. Out: an Update (loss, gradients, diagnostics). One file a rule."""

from .backward import Backward as Backward
from .base import Diagnostics as Diagnostics
from .base import Rule as Rule
from .base import Update as Update
from .bptt import BPTT as BPTT
from .direct_feedback_alignment import DirectFeedbackAlignment as DirectFeedbackAlignment
from .e_prop import EProp as EProp
from .feedback_alignment import FeedbackAlignment as FeedbackAlignment
from .lra_diff import LRADiff as LRADiff
from .lra_e import LRAE as LRAE
from .lra_fdbk import LRAFdbk as LRAFdbk
from .online import Online as Online
from .online import OnlineStep as OnlineStep
from .readout import ReadoutAlone as ReadoutAlone
from .rec_lra import RecLRA as RecLRA
from .regularized_inverse import RegularizedInverse as RegularizedInverse
from .rflo import RFLO as RFLO
from .rtrl import RTRL as RTRL
from .snap import SnAp1 as SnAp1
from .tptt import TPTT as TPTT
from .uoro import UORO as UORO
