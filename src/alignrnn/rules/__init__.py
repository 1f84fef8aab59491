"""In: a network and a batch. Out: an Update (loss, gradients, diagnostics). One file a rule."""

from .base import Diagnostics as Diagnostics
from .base import Rule as Rule
from .base import Update as Update
from .bptt import BPTT as BPTT
from .lra_diff import PLACES as PLACES
from .lra_diff import Align as Align
from .lra_diff import LRADiff as LRADiff
from .lra_diff import NormalizationName as NormalizationName
from .lra_diff import OverSteps as OverSteps
from .lra_diff import Place as Place
from .lra_diff import RegularizationBy as RegularizationBy
from .regularization import NormOver as NormOver
from .tptt import TPTT as TPTT
from .tptt import InputGradient as InputGradient
from .tptt import InverseInitializerName as InverseInitializerName

RULES: dict[str, type[Rule]] = {"lra-diff": LRADiff, "bptt": BPTT, "tptt": TPTT}
"""The rules by the names they are asked for."""
