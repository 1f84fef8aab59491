"""In: a budget. Out: every table and figure of the paper, from records. One manifest each."""

from .budgets import BUDGETS as BUDGETS
from .budgets import Budget as Budget
from .manifest import Lookup as Lookup
from .manifest import Manifest as Manifest
from .plan import plan as plan
from .reproduce import EVERY as EVERY
from .reproduce import MANIFESTS as MANIFESTS
from .reproduce import reproduce as reproduce
