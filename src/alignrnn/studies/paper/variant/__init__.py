"""In: what is known of the paper's tables. Out: a rule and a task that make numbers like theirs."""

from .rule import CAUSES as CAUSES
from .rule import PublishedLRADiff as PublishedLRADiff
from .task import FirstSymbolTwice as FirstSymbolTwice
