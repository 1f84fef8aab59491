"""In: a task and runs. Out: how each ended, its history, its network. Many runs, one program."""

from .checkpoint import Checkpoint as Checkpoint
from .checkpoint import UnfitCheckpointError as UnfitCheckpointError
from .devices import available_cores as available_cores
from .devices import use_cores as use_cores
from .optimizers import Optimizer as Optimizer
from .optimizers import optimizer_names as optimizer_names
from .program import Orders as Orders
from .program import Program as Program
from .program import check_start as check_start
from .program import initial_state as initial_state
from .race import Race as Race
from .runs import LARGEST_SEED as LARGEST_SEED
from .runs import History as History
from .runs import Protocol as Protocol
from .runs import Run as Run
from .runs import RunResult as RunResult
from .sharing import sharers_for as sharers_for
from .stopping import EXPLANATIONS as EXPLANATIONS
from .stopping import Stopping as Stopping
from .together import Snapshot as Snapshot
from .together import Training as Training
from .trainer import train as train
from .trainer import train_many as train_many
from .validation import VALIDATION_SLICE as VALIDATION_SLICE
