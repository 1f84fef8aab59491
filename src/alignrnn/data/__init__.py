"""In: anyone's sequences, in any form. Out: the same checked, padded, split, prepared."""

from . import suspicions as suspicions
from .dataset import PART_NAMES as PART_NAMES
from .dataset import Dataset as Dataset
from .dataset import Part as Part
from .kept_away import dataset_of as dataset_of
from .labels import classes_of as classes_of
from .labels import names_of as names_of
from .labels import one_sided as one_sided
from .parts import Shown as Shown
from .parts import shown_parts as shown_parts
from .preparation import Preparation as Preparation
from .preparation import preparation_of as preparation_of
from .preparation import refused as refused
from .sequences import Sequences as Sequences
from .sequences import as_sequences as as_sequences
from .source import Source as Source
from .splits import as_groups as as_groups
from .splits import hold_out as hold_out
from .table import TableFile as TableFile
from .targets import Targets as Targets
from .targets import as_targets as as_targets
