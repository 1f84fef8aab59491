"""Train recurrent networks with local targets instead of backpropagation through time."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cells import GRU as GRU
    from .cells import LSTM as LSTM
    from .cells import Cell as Cell
    from .cells import Elman as Elman
    from .cells import LeakyElman as LeakyElman
    from .cells import Stack as Stack
    from .cells import activated as activated
    from .cells import project as project
    from .errors import ConfigurationError as ConfigurationError
    from .estimators import SequenceClassifier as SequenceClassifier
    from .estimators import SequenceRegressor as SequenceRegressor
    from .evaluation import Evaluation as Evaluation
    from .export import to_onnx as to_onnx
    from .export import to_torch as to_torch
    from .feedback import Above as Above
    from .feedback import Additive as Additive
    from .feedback import At as At
    from .feedback import Back as Back
    from .feedback import Feedback as Feedback
    from .feedback import LocalStep as LocalStep
    from .feedback import LocalTerms as LocalTerms
    from .logs import CSVLog as CSVLog
    from .logs import TensorBoardLog as TensorBoardLog
    from .losses import LocalLoss as LocalLoss
    from .network import RNN as RNN
    from .network import Forward as Forward
    from .network import Layer as Layer
    from .network import Readout as Readout
    from .network import Trajectory as Trajectory
    from .noise import Noise as Noise
    from .plain import Number as Number
    from .plain import Plain as Plain
    from .results import load as load
    from .results import load_network as load_network
    from .results import save_network as save_network
    from .rules import BPTT as BPTT
    from .rules import LRAE as LRAE
    from .rules import RFLO as RFLO
    from .rules import RTRL as RTRL
    from .rules import TPTT as TPTT
    from .rules import UORO as UORO
    from .rules import Backward as Backward
    from .rules import DirectFeedbackAlignment as DirectFeedbackAlignment
    from .rules import EProp as EProp
    from .rules import FeedbackAlignment as FeedbackAlignment
    from .rules import LRADiff as LRADiff
    from .rules import LRAFdbk as LRAFdbk
    from .rules import Online as Online
    from .rules import OnlineStep as OnlineStep
    from .rules import ReadoutAlone as ReadoutAlone
    from .rules import RecLRA as RecLRA
    from .rules import RegularizedInverse as RegularizedInverse
    from .rules import Rule as Rule
    from .rules import SnAp1 as SnAp1
    from .rules import Update as Update
    from .studies.comparison import Comparison as Comparison
    from .studies.comparison import compare as compare
    from .studies.generalization import Dynamics as Dynamics
    from .studies.generalization import Generalization as Generalization
    from .studies.generalization import dynamics as dynamics
    from .studies.generalization import generalize as generalize
    from .tasks import Adding as Adding
    from .tasks import ArrayTask as ArrayTask
    from .tasks import Batch as Batch
    from .tasks import Copy as Copy
    from .tasks import DelayedMatch as DelayedMatch
    from .tasks import RandomPermutation as RandomPermutation
    from .tasks import SyntheticTask as SyntheticTask
    from .tasks import Task as Task
    from .tasks import TemporalOrder as TemporalOrder
    from .tasks import TemporalOrder3Bit as TemporalOrder3Bit
    from .tasks import frame_task as frame_task
    from .tasks import load_data as load_data
    from .tasks import read_data as read_data
    from .training import Check as Check
    from .training import History as History
    from .training import Optimizer as Optimizer
    from .training import Protocol as Protocol
    from .training import Run as Run
    from .training import RunResult as RunResult
    from .training import Stopping as Stopping
    from .training import Training as Training
    from .training import train as train
    from .training import train_many as train_many
    from .training import use_cores as use_cores

__version__ = "0.2.0"

_PUBLIC = {
    "cells": "Cell Elman GRU LSTM LeakyElman Stack activated project",
    "errors": "ConfigurationError",
    "estimators": "SequenceClassifier SequenceRegressor",
    "evaluation": "Evaluation",
    "export": "to_onnx to_torch",
    "feedback": "Above Additive At Back Feedback LocalStep LocalTerms",
    "logs": "CSVLog TensorBoardLog",
    "losses": "LocalLoss",
    "network": "RNN Forward Layer Readout Trajectory",
    "noise": "Noise",
    "plain": "Number Plain",
    "results": "load load_network save_network",
    "rules": "BPTT LRAE RFLO RTRL TPTT UORO Backward DirectFeedbackAlignment EProp "
    "FeedbackAlignment LRADiff LRAFdbk Online OnlineStep ReadoutAlone RecLRA RegularizedInverse "
    "Rule SnAp1 Update",
    "studies.comparison": "Comparison compare",
    "studies.generalization": "Dynamics Generalization dynamics generalize",
    "tasks": "Adding ArrayTask Batch Copy DelayedMatch RandomPermutation SyntheticTask Task "
    "TemporalOrder TemporalOrder3Bit frame_task load_data read_data",
    "training": "Check History Optimizer Protocol Run RunResult Stopping Training train train_many "
    "use_cores",
}
"""What a user may rely on, by the stage it is of. Loaded when it is first asked for: JAX takes a
second to import, which a help text should not cost. tests/test_public.py holds it to the above."""

_STAGE_OF = {name: stage for stage, names in _PUBLIC.items() for name in names.split()}
__all__ = list(_STAGE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _STAGE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_STAGE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_STAGE_OF})
