"""What both estimators are: parameters, training, and what the networks say together."""

import abc
import math
import warnings
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted

from ..cells import Cell, Stack
from ..data import Preparation, Sequences, as_groups, hold_out, preparation_of
from ..errors import (
    ConfigurationError,
    Description,
    Notice,
    check_choice,
    check_integer,
    check_number,
    check_switch,
)
from ..names import Missing
from ..network import RNN
from ..registry import CELLS, RULES
from ..rules import Rule
from ..tasks import ArrayTask
from ..training import Optimizer, Protocol, Run, RunResult, Stopping, train_many
from .forms import Layout, read

FEWEST_HELD_OUT = 10
"""An error of fewer sequences says too little to stop by."""
_LARGEST_SEED = 2**31 - 1
_SLICE, _SMALLEST_SLICE = 1024, 32
"""Sequences a network is asked of at once: a power of two between these, so that there are few
programs, and few sequences get the same bits as many."""


class SequenceEstimator(BaseEstimator, abc.ABC):
    """Base of both; see `SequenceClassifier`."""

    def __init__(
        self,
        rule: Rule | str = "lra-diff",
        cell: Cell | Stack | str = "gru",
        *,
        size: int = 64,
        optimizer: Optimizer | str = "adam",
        learning_rate: float = 0.01,
        clip: float = 1.0,
        batch_size: int = 32,
        max_iterations: int = 1000,
        check_every: int = 25,
        patience: int | None = 12,
        early_stopping: bool = True,
        validation_fraction: float = 0.2,
        standardize: bool = True,
        missing: Missing = "refuse",
        layout: Layout = "time-first",
        symbols: int | None = None,
        n_seeds: int = 3,
        random_state: Any = None,
        verbose: bool = False,
    ):
        self.rule = rule
        self.cell = cell
        self.size = size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.clip = clip
        self.batch_size = batch_size
        self.max_iterations = max_iterations
        self.check_every = check_every
        self.patience = patience
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.standardize = standardize
        self.missing: Missing = missing
        self.layout: Layout = layout
        self.symbols = symbols
        self.n_seeds = n_seeds
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing != "refuse"
        tags.target_tags.required = True
        tags.non_deterministic = False
        return tags

    @property
    def network_(self) -> RNN:
        """The first network; alone it predicts from what `fit` takes, time first."""
        check_is_fitted(self)
        return self.networks_[0]

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None):
        """Train new networks. `groups (N,)`: whole groups are held out, none is in both parts."""
        self._check()
        given, targets = self._read(X, reset=True), self._asked(y, reset=True)
        self._prepare(given)
        random = check_random_state(self.random_state)
        self._seed = int(random.randint(_LARGEST_SEED - self.n_seeds))
        self._calls = 0
        return self._train(given, targets, sample_weight, groups, whole=False)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, **reading: Any):
        self._check()
        is_first = not hasattr(self, "_raw_networks")
        given = self._read(X, reset=is_first)
        targets = self._asked(y, reset=is_first, **reading)
        if is_first:
            self._prepare(given)
            random = check_random_state(self.random_state)
            self._seed, self._calls = int(random.randint(_LARGEST_SEED - self.n_seeds)), 0
        return self._train(given, targets, sample_weight, None, whole=True)

    # What a classifier and a regressor do each in its own way.

    @abc.abstractmethod
    def _targets(self, y: Any, *, reset: bool, **reading: Any) -> np.ndarray:
        """y, which is there, as numbers to train on; with `reset` what it is like is kept."""

    @abc.abstractmethod
    def _reading(self) -> dict[str, Any]:
        """How an `ArrayTask` is to read these."""

    @abc.abstractmethod
    def _speaking(self, network: RNN) -> RNN:
        """A trained network, as it predicts y from X by itself."""

    @abc.abstractmethod
    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """The labels of which each is to be held out alike."""

    def _asked(self, y: Any, *, reset: bool, **reading: Any) -> np.ndarray:
        if y is None:
            name = type(self).__name__
            raise ValueError(f"{name} requires y to be passed, but the target y is None")
        return self._targets(y, reset=reset, **reading)

    def _check(self) -> None:
        for name in ("size", "batch_size", "max_iterations", "check_every", "n_seeds"):
            check_integer(name, getattr(self, name), 1)
        check_number("validation_fraction", self.validation_fraction, above=0, below=1)
        for name in ("early_stopping", "standardize", "verbose"):
            check_switch(name, getattr(self, name))
        check_choice("missing", self.missing, get_args(Missing))
        check_choice("layout", self.layout, get_args(Layout))
        if self.symbols is not None:
            check_integer("symbols", self.symbols, 1)

    def _run(self, seed: int, start: RNN | None) -> Run:
        rule, cell, optimizer = self.rule, self.cell, self.optimizer
        if isinstance(rule, str):
            made = RULES.of(rule)
            options: dict[str, Any] = {"clip": self.clip, "target_step": "unit"}
            taken = RULES.options(rule)
            # TPTT's target step is of another kind.
            if rule != "lra-diff":
                del options["target_step"]
            rule = made(**{name: value for name, value in options.items() if name in taken})
        if isinstance(cell, str):
            cell = CELLS.of(cell)(self.size)
        if isinstance(optimizer, str):
            optimizer = Optimizer(optimizer, self.learning_rate)
        return Run(rule, optimizer, cell, seed, start)

    def _read(self, X: Any, *, reset: bool) -> Sequences:
        return read(
            self,
            X,
            layout=self.layout,
            symbols=self.symbols,
            allow_nan=self.missing != "refuse",
            reset=reset,
        )

    def _prepare(self, given: Sequences) -> None:
        self._steps = given.inputs.shape[1]
        self._preparation: Preparation | None = None
        self._raw_networks: list[RNN] = []
        if self.symbols is None:
            self._preparation = preparation_of(
                "X", given, standardize=self.standardize, missing=self.missing
            )

    def _prepared(self, given: Sequences) -> Sequences:
        if given.are_symbols:
            limit = self.symbols or 0
            if given.inputs.min() < 0 or given.inputs.max() >= limit:
                worst = given.inputs.min() if given.inputs.min() < 0 else given.inputs.max()
                raise ConfigurationError("X", int(worst), f"symbols go from 0 to {limit - 1}")
            return Sequences(given.inputs.astype(np.int32), given.lengths)
        return given if self._preparation is None else self._preparation("X", given)

    def _train(
        self, given: Sequences, targets: np.ndarray, weights: Any, groups: Any, *, whole: bool
    ):
        check_consistent_length(given.inputs, targets)
        given = self._prepared(given)
        rows = np.arange(len(given))
        if weights is not None:
            weights = _check_sample_weight(weights, given.inputs, ensure_non_negative=True)
            rows = np.flatnonzero(weights > 0)
            if not len(rows):
                found, allowed = Description("only zeros"), "some must be above 0"
                raise ConfigurationError("sample_weight", found, allowed)
            weights = weights / weights[rows].mean()
        kept, held = rows, rows
        is_held_out = False
        if self.early_stopping and not whole:
            kept, held, is_held_out = self._split(targets, groups, rows)

        def weights_of(rows: np.ndarray) -> np.ndarray | None:
            return None if weights is None else weights[rows]

        task = ArrayTask(
            given.of(kept),
            targets[kept],
            weights=weights_of(kept),
            validation=(given.of(held), targets[held], None, weights_of(held)),
            symbols=self.symbols,
            notices=False,
            **self._reading(),
        )
        batch_size = min(self.batch_size, len(kept))
        iterations = math.ceil(len(kept) / batch_size) if whole else self.max_iterations
        protocol = Protocol(
            batch_size=batch_size,
            # Without a held-out part the last network is the one to keep: the only one looked at.
            check_every=self.check_every if is_held_out else iterations,
            validation_samples=max(len(held), 1),
            stopping=Stopping(
                solved_below=None,
                max_iterations=iterations,
                patience=self.patience if is_held_out else None,
            ),
        )
        starts = self._raw_networks or [None] * self.n_seeds
        first = (self._seed + self._calls * len(starts)) % (_LARGEST_SEED - len(starts))
        runs = [self._run(first + number, start) for number, start in enumerate(starts)]
        results = train_many(task, runs, protocol, on_progress=self._progress())
        self._calls += 1
        self._keep(results, goes_on=whole)
        self.n_held_out_ = len(held) if is_held_out else 0
        return self

    def _split(
        self, targets: np.ndarray, groups: Any, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        strata, own_groups = self._strata(targets), as_groups(groups, len(targets))
        try:
            kept, held = hold_out(
                None if strata is None else strata[rows],
                None if own_groups is None else np.unique(own_groups[rows], return_inverse=True)[1],
                len(rows),
                self.validation_fraction,
                self._seed,
            )
        except ConfigurationError:
            if groups is not None:
                raise
            kept, held = rows, rows[:0]
        is_enough = len(held) >= FEWEST_HELD_OUT
        if strata is not None and groups is None:
            is_enough &= len(np.unique(strata[rows][kept])) == len(np.unique(strata[rows]))
        if is_enough:
            return rows[kept], rows[held], True
        text = (
            f"early_stopping: {len(rows)} sequences are too few to hold out a fraction of "
            f"{self.validation_fraction:g}; all are trained on, for max_iterations"
        )
        warnings.warn(text, Notice, stacklevel=4)
        return rows, rows, False

    def _keep(self, results: list[RunResult], *, goes_on: bool) -> None:
        failed = [result for result in results if result.status == "diverged"]
        if failed:
            text = f"{len(failed)} of {len(results)} networks diverged: {failed[0].explanation}"
            warnings.warn(text, Notice, stacklevel=4)
        good = [n for n, each in enumerate(results) if each.status != "diverged"]
        # One that diverged says what its best check was; where all did, there is nothing better.
        speakers = good or list(range(len(results)))
        self._raw_networks = [each.network.speaking(None, None) for each in results]
        self._speakers = speakers
        self.networks_ = [self._speaking(self._raw_networks[n]) for n in speakers]
        self.history_ = [each.history for each in results]
        iterations = max(each.iterations for each in results)
        self.n_iter_ = (getattr(self, "n_iter_", 0) if goes_on else 0) + iterations

    def _progress(self) -> Any:
        if not self.verbose:
            return None

        def show(snapshot: Any) -> None:
            best = min(snapshot.best_errors)
            print(f"iteration {max(snapshot.iterations)}: lowest validation error {best:.4g}")

        return show

    def _scores(self, X: Any) -> np.ndarray:
        """y of every network, `(networks, N, O)`, in double precision."""
        check_is_fitted(self)
        given = self._prepared(self._read(X, reset=False))
        if given.lengths is not None:
            given = given.padded_to(max(self._steps, given.inputs.shape[1]))
        made = []
        for start in range(0, len(given), _SLICE):
            rows = np.arange(start, min(start + _SLICE, len(given)))
            size = max(_SMALLEST_SLICE, 1 << (len(rows) - 1).bit_length())
            filled = given.of(np.resize(rows, size))
            inputs = jnp.asarray(filled.inputs.swapaxes(0, 1))
            lengths = None if filled.lengths is None else jnp.asarray(filled.lengths, jnp.int32)
            each = [_outputs(self._raw_networks[n], inputs, lengths) for n in self._speakers]
            made.append(np.stack([np.asarray(one[0, : len(rows)], float) for one in each]))
        return np.concatenate(made, axis=1)


@jax.jit
def _outputs(network: RNN, inputs: Any, lengths: Any) -> Any:
    return network.outputs(inputs, lengths)
