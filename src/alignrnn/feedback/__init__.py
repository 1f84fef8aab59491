"""In: what the step after told. Out: this step's local error, and what the step before is told.
One file a way back through time."""

from .base import Additive as Additive
from .base import Feedback as Feedback
from .base import check_one_elman as check_one_elman
from .damped_inverse import DampedInverse as DampedInverse
from .direct import DirectFeedback as DirectFeedback
from .error_weights import ErrorWeights as ErrorWeights
from .fixed_weights import FixedWeights as FixedWeights
from .learned_error_weights import LearnedErrorWeights as LearnedErrorWeights
from .learned_inverse import LearnedInverse as LearnedInverse
from .local_targets import LocalTargets as LocalTargets
from .regularization import omega_cotangent as omega_cotangent
from .skips import SkippingErrorWeights as SkippingErrorWeights
from .steps import Above as Above
from .steps import AboveLayer as AboveLayer
from .steps import AboveReadout as AboveReadout
from .steps import At as At
from .steps import Back as Back
from .steps import LocalStep as LocalStep
from .steps import LocalTerms as LocalTerms
from .transposes import Transposes as Transposes
