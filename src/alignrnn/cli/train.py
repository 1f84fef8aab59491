"""`alignrnn train`: one setting over seeds, from options to a directory of results."""

import inspect
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import tyro

from ..configuration import make_rule
from ..errors import check_integer
from ..losses import LocalLossName, Reduction
from ..networks import ActivationName, InitializerName
from ..reports import learning_curves, per_step, results_table, save_figure
from ..results import new_directory, save_results
from ..rules import (
    PLACES,
    RULES,
    Align,
    InputGradient,
    NormalizationName,
    NormOver,
    OverSteps,
    Place,
    RegularizationBy,
    Rule,
)
from ..tasks import DEFAULT_LENGTH, FILE_DEFAULTS, SYNTHETIC_TASKS, Task, named_task
from ..training import (
    Decay,
    NetworkOptions,
    Optimizer,
    Protocol,
    Run,
    Stopping,
    train_many,
    use_cores,
)
from .progress import StopRequest, TrainingProgress
from .terminal import wide_console


def _hint(kind: Any, default: str) -> Any:
    """An option that, not given, is left to what it belongs to; the help shows this default."""
    choices = get_args(kind)
    shown = (
        "{" + ",".join(choices) + "}"
        if choices
        else {float: "FLOAT", int: "INT", Path: "PATH"}.get(kind)
    )
    return tyro.conf.arg(metavar=shown or kind, help_behavior_hint=f"(default: {default})")


def _of_rules(name: str, kind: Any) -> Any:
    """An option of one rule or of several; where they differ, the help shows each default."""
    defaults = {
        rule: str(parameters[name].default)
        for rule, make in RULES.items()
        if name in (parameters := inspect.signature(make).parameters)
    }
    if len(set(defaults.values())) == 1:
        return _hint(kind, next(iter(defaults.values())))
    return _hint(kind, ", ".join(f"{value} for {rule}" for rule, value in defaults.items()))


@dataclass
class Train:
    """Train networks on one task with one rule, over seeds, and keep what came out.

    Writes a directory: config.json, runs.csv, history.csv, diagnostics.npz, the networks
    (seed-0.npz …) and the pictures. Ctrl-C ends the training and keeps what was reached.
    """

    task: tyro.conf.Positional[str]
    """temporal-order, temporal-order-3bit, random-permutation, adding, pixel-digits, or a file
    my.npz with the arrays inputs and targets."""

    # The task
    length: Annotated[int | None, _hint(int, str(DEFAULT_LENGTH))] = None
    """T: time steps, at least 10. A data set has its own."""
    held_out: Annotated[float | None, _hint(float, str(FILE_DEFAULTS["held_out"]))] = None
    """For a file without validation arrays: the fraction of the samples to validate on."""
    tolerance: Annotated[float | None, _hint(float, str(FILE_DEFAULTS["tolerance"]))] = None
    """For a file with real targets: the squared error up to which a sample counts as right."""

    # The rule
    rule: Literal["lra-diff", "bptt", "tptt"] = "lra-diff"
    """RNN-LRA-diff (the paper's Algorithms 1 and 2), backpropagation through time, or target
    propagation through time with a learned inverse."""
    target_step: Annotated[
        float | Literal["unit"] | None,
        _hint("FLOAT|unit", "10.0 for lra-diff, 1.0 for tptt"),
    ] = None
    """β: step of the targets, or unit, the step that passes a displacement on at a gain of one
    (lra-diff); α_i: step of the last target (tptt)."""
    output_target_step: Annotated[
        float | None, _hint(float, "the target step; 1 where that is unit")
    ] = None
    """β of the output layer alone; in units of a sample's own error where the target step is unit
    (lra-diff)."""
    inner_steps: Annotated[int | None, _of_rules("inner_steps", int)] = None
    """K: inner steps a target is refined by (lra-diff)."""
    local_loss: Annotated[LocalLossName | None, _of_rules("local_loss", LocalLossName)] = None
    """ℓ: local loss, mean squared error or the log penalty of eq. 8 (lra-diff)."""
    reduction: Annotated[Reduction | None, _of_rules("reduction", Reduction)] = None
    """R: of the local loss, the mean over all B·H entries, or the sum over units and the mean over
    samples (lra-diff, tptt)."""
    align: Annotated[Align | None, _of_rules("align", Align)] = None
    """What the local loss compares: states z, as in the paper, or pre-activations h (lra-diff)."""
    gradient_bound: Annotated[float | None, _of_rules("gradient_bound", float)] = None
    """c₁: bound on the norm of each step's parameter gradients; 0: off (lra-diff)."""
    displacement_bound: Annotated[float | None, _of_rules("displacement_bound", float)] = None
    """c₂: bound on the norm of the targets' displacements; 0: off (lra-diff)."""
    normalization: Annotated[
        NormalizationName | None, _of_rules("normalization", NormalizationName)
    ] = None
    """How c₁ and c₂ act: shrink what is larger (Algorithm 1), force the norm (Figure 3), or not
    (lra-diff)."""
    regularization: Annotated[float | None, _of_rules("regularization", float)] = None
    """α: strength of Ω, which keeps the norm of the error (Algorithm 2); 0: off. With bptt it acts
    on W_hh, after Pascanu et al. 2013 (lra-diff, bptt)."""
    regularize: Annotated[tuple[Place, ...] | None, _hint(Place, " ".join(PLACES))] = None
    """The places α acts on: weights (W_hh, W_hy), inputs (W_xh), targets (lra-diff)."""
    omega_norm: Annotated[NormOver | None, _of_rules("omega_norm", NormOver)] = None
    """Ω's norms: over the whole batch, or per sample (lra-diff, bptt)."""
    omega_over_steps: Annotated[OverSteps | None, _of_rules("omega_over_steps", OverSteps)] = None
    """Ω of all time steps: their sum, as in Algorithm 2, or their mean (lra-diff)."""
    regularization_by: Annotated[
        RegularizationBy | None, _of_rules("regularization_by", RegularizationBy)
    ] = None
    """α of each layer: constant, or driven by the error of the next layer downstream (lra-diff)."""
    clip: Annotated[float | None, _of_rules("clip", float)] = None
    """Bound on the norm of the whole gradient; 0: none (lra-diff, bptt)."""
    inverse_step: Annotated[float | None, _of_rules("inverse_step", float)] = None
    """α_g: step size of the inverse's own SGD; 0 leaves the inverse as it began (tptt)."""
    noise: Annotated[float | None, _of_rules("noise", float)] = None
    """σ: of the noise the inverse is trained with; 0: none (tptt)."""
    inverse_reduction: Annotated[Reduction | None, _of_rules("inverse_reduction", Reduction)] = None
    """R of the inverse's own loss (tptt)."""
    inverse_momentum: Annotated[float | None, _of_rules("inverse_momentum", float)] = None
    """Momentum of the inverse's SGD; 0: none (tptt)."""
    inverse_nesterov: Annotated[
        bool | None, _of_rules("inverse_nesterov", Literal["True", "False"])
    ] = None
    """Whether that is Nesterov's momentum (tptt)."""
    inverse_initializer: Annotated[
        InitializerName | None, _of_rules("inverse_initializer", InitializerName)
    ] = None
    """Initial weights of the inverse (tptt)."""
    input_gradient: Annotated[InputGradient | None, _of_rules("input_gradient", InputGradient)] = (
        None
    )
    """What trains W_xh: its local loss, or its exact gradient (tptt)."""

    # The network
    hidden_size: int = 100
    """H: hidden units."""
    activation: ActivationName = "tanh"
    """φ: activation of the hidden units."""
    initializer: InitializerName = "orthogonal"
    """Initial weights; identity and sparse_smart_tanh are for W_hh."""

    # The optimiser
    optimizer: str = "sgd"
    """Any optimiser of Optax by name: sgd, adam, rmsprop, …"""
    learning_rate: float = 0.1
    """Learning rate."""
    momentum: Annotated[float | None, _hint(float, "none")] = None
    """Momentum of sgd and of what else takes one."""
    nesterov: bool = False
    """Nesterov's momentum."""
    decay: Decay = "none"
    """How the learning rate falls: exponential halves it every τ iterations, inverse divides it by
    1 + i/τ, cosine brings it to 0 at iteration τ."""
    decay_iterations: float = 0.0
    """τ of the decay."""
    optimizer_option: dict[str, float] = field(default_factory=dict)
    """Further numbers by their Optax names: --optimizer-option b1 0.8 b2 0.99."""

    # The protocol
    seeds: int = 1
    """How many runs, with seeds one after another; all are trained at once."""
    seed: int = 0
    """The first seed."""
    batch_size: int = 20
    """B: samples an iteration."""
    max_iterations: int = 100_000
    """End after so many iterations."""
    check_every: int = 100
    """Iterations between validation checks."""
    validation_samples: int = 10_000
    """Size of a synthetic task's validation set."""
    patience: int = 30
    """End after so many checks without a better validation error; 0: never."""
    solved_below: float = 1e-4
    """Solved, and at an end, at a validation error below this; 0: never."""
    diagnostics: bool = True
    """Record local losses and gradient norms per time step at every check."""

    # The machine and the output
    devices: Annotated[int | None, _hint(int, "all cores")] = None
    """CPU devices to train on."""
    out: Annotated[Path | None, _hint(Path, "runs/TASK-RULE")] = None
    """Directory for the results; must be new or empty."""

    def run(self) -> bool:
        """Train, write, show; whether it was stopped from outside."""
        use_cores(self.devices)
        check_integer("seeds", self.seeds, 1)
        protocol, rule = self._protocol(), self._rule()
        runs = [
            Run(rule, self._optimizer(), self._network(), seed)
            for seed in range(self.seed, self.seed + self.seeds)
        ]
        task = self._task()
        out = new_directory(self.out if self.out is not None else self._unused_directory(task))
        label = f"{task.name} T={task.length}"
        with StopRequest() as stop, TrainingProgress(label, task.counts_errors) as progress:
            results = train_many(task, runs, protocol, on_progress=progress.show, should_stop=stop)
        save_results(out, task, protocol, results)
        panels = {label: {self.rule: results}}
        save_figure(learning_curves(panels), out / "learning_curves.png")
        if protocol.diagnostics:
            save_figure(per_step(panels), out / "local_losses.png")
        console = wide_console()
        console.print(results_table([(label, self.rule, results)]))
        for line in dict.fromkeys(f"{r.status}: {r.explanation}" for r in results):
            console.print(line, highlight=False)
        console.print(f"written to {out}", highlight=False, soft_wrap=True)
        return stop.requested

    def _task(self) -> Task:
        options = {name: getattr(self, name) for name in ("length", *FILE_DEFAULTS)}
        return named_task(self.task, options)

    def _rule(self) -> Rule:
        """The rule with the options given; one that belongs to another rule is refused."""
        names = {name for make in RULES.values() for name in inspect.signature(make).parameters}
        given = {
            name: getattr(self, name) for name in sorted(names) if getattr(self, name) is not None
        }
        return make_rule(self.rule, given)

    def _optimizer(self) -> Optimizer:
        options: dict[str, float | bool] = dict(self.optimizer_option)
        if self.momentum is not None:
            options["momentum"] = self.momentum
        if self.nesterov:
            options["nesterov"] = True
        return Optimizer(
            self.optimizer, self.learning_rate, options, self.decay, self.decay_iterations
        )

    def _network(self) -> NetworkOptions:
        return NetworkOptions(self.hidden_size, self.activation, self.initializer)

    def _protocol(self) -> Protocol:
        return Protocol(
            batch_size=self.batch_size,
            validation_samples=self.validation_samples,
            check_every=self.check_every,
            stopping=Stopping(
                solved_below=self.solved_below if self.solved_below != 0 else None,
                max_iterations=self.max_iterations,
                patience=self.patience if self.patience != 0 else None,
            ),
            diagnostics=self.diagnostics,
        )

    def _unused_directory(self, task: Task) -> Path:
        """runs/TASK-RULE, or the first of its numbered neighbours that is not there yet."""
        length = f"-T{task.length}" if self.task in SYNTHETIC_TASKS else ""
        name = f"{task.name}{length}-{self.rule}"
        numbered = (Path("runs") / f"{name}-{number}" for number in itertools.count(2))
        candidates = itertools.chain([Path("runs") / name], numbered)
        return next(path for path in candidates if not path.exists())
