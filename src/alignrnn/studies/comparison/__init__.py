"""In: a task and rules. Out: how the gradient of each lies to BPTT's, by parameter and by step."""

from .compare import check_counts as check_counts
from .compare import compare as compare
from .comparison import AtStep as AtStep
from .comparison import Comparison as Comparison
from .comparison import OfParameter as OfParameter
from .comparison import Progress as Progress
from .entrants import entrant_of as entrant_of
from .entrants import entrants_of as entrants_of
from .entrants import usual_entrants as usual_entrants
from .pictures import pictures as pictures
