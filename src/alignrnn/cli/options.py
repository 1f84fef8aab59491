"""What a run is made of, as options: rule, network, optimiser and protocol.

The defaults of a rule's options are written here once more, for the help; tests/cli/test_help.py
holds them to the rules'. JAX is imported only once a rule is made.
"""

import inspect
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import tyro

from ..errors import check_integer, check_number
from ..names import (
    ActivationName,
    Align,
    Decay,
    InitializerName,
    InputGradient,
    InverseInitializerName,
    LocalLossName,
    NormalizationName,
    NormOver,
    OverSteps,
    Place,
    Reduction,
    RegularizationBy,
    RuleName,
)


def hint(kind: Any, default: str) -> Any:
    """An option that, not given, is left to what it belongs to; the help shows this default."""
    choices = get_args(kind)
    shown = (
        "{" + ",".join(choices) + "}"
        if choices
        else {float: "FLOAT", int: "INT", Path: "PATH"}.get(kind)
    )
    return tyro.conf.arg(metavar=shown or kind, help_behavior_hint=f"(default: {default})")


@dataclass(kw_only=True)
class RunOptions:
    """Options of the commands that train one setting."""

    # The rule
    rule: RuleName = "lra-diff"
    """RNN-LRA-diff (the paper's Algorithms 1 and 2), backpropagation through time, or target
    propagation through time with a learned inverse."""
    target_step: Annotated[
        float | Literal["unit"] | None,
        hint("FLOAT|unit", "10.0 for lra-diff, 1.0 for tptt"),
    ] = None
    """β: step of the targets, or unit, the step that passes a displacement on at a gain of one
    (lra-diff); α_i: step of the last target (tptt)."""
    output_target_step: Annotated[
        float | None, hint(float, "the target step; 1 where that is unit")
    ] = None
    """β of the output layer alone; in units of a sample's own error where the target step is unit
    (lra-diff)."""
    inner_steps: Annotated[int | None, hint(int, "1")] = None
    """K: inner steps a target is refined by (lra-diff)."""
    local_loss: Annotated[LocalLossName | None, hint(LocalLossName, "mse")] = None
    """ℓ: local loss, mean squared error or the log penalty of eq. 8 (lra-diff)."""
    reduction: Annotated[Reduction | None, hint(Reduction, "mean")] = None
    """R: of the local loss, the mean over all B·H entries, or the sum over units and the mean over
    samples (lra-diff, tptt)."""
    align: Annotated[Align | None, hint(Align, "states")] = None
    """What the local loss compares: states z, as in the paper, or pre-activations h (lra-diff)."""
    gradient_bound: Annotated[float | None, hint(float, "0.0")] = None
    """c₁: bound on the norm of each step's parameter gradients; 0: off (lra-diff)."""
    displacement_bound: Annotated[float | None, hint(float, "0.0")] = None
    """c₂: bound on the norm of the targets' displacements; 0: off (lra-diff)."""
    normalization: Annotated[NormalizationName | None, hint(NormalizationName, "clip")] = None
    """How c₁ and c₂ act: shrink what is larger (Algorithm 1), force the norm (Figure 3), or not
    (lra-diff)."""
    regularization: Annotated[float | None, hint(float, "0.0")] = None
    """α: strength of Ω, which keeps the norm of the error (Algorithm 2); 0: off. With bptt it acts
    on W_hh, after Pascanu et al. 2013 (lra-diff, bptt)."""
    regularize: Annotated[tuple[Place, ...] | None, hint(Place, "weights inputs targets")] = None
    """The places α acts on: weights (W_hh, W_hy), recurrent (W_hh alone), inputs (W_xh), targets
    (lra-diff)."""
    omega_norm: Annotated[
        NormOver | None, hint(NormOver, "batch for lra-diff, sample for bptt")
    ] = None
    """Ω's norms: over the whole batch, or per sample (lra-diff, bptt)."""
    omega_over_steps: Annotated[OverSteps | None, hint(OverSteps, "sum")] = None
    """Ω of all time steps: their sum, as in Algorithm 2, or their mean (lra-diff)."""
    regularization_by: Annotated[RegularizationBy | None, hint(RegularizationBy, "constant")] = None
    """α of each layer: constant, or driven by the error of the next layer downstream (lra-diff)."""
    clip: Annotated[float | None, hint(float, "0.0")] = None
    """Bound on the norm of the whole gradient; 0: none."""
    inverse_step: Annotated[float | None, hint(float, "0.1")] = None
    """α_g: step size of the inverse's own SGD; 0 leaves the inverse as it began (tptt)."""
    noise: Annotated[float | None, hint(float, "0.0")] = None
    """σ: of the noise the inverse is trained with; 0: none (tptt)."""
    inverse_reduction: Annotated[Reduction | None, hint(Reduction, "mean")] = None
    """R of the inverse's own loss (tptt)."""
    inverse_momentum: Annotated[float | None, hint(float, "0.0")] = None
    """Momentum of the inverse's SGD; 0: none (tptt)."""
    inverse_nesterov: Annotated[bool | None, hint(Literal["True", "False"], "True")] = None
    """Whether that is Nesterov's momentum (tptt)."""
    inverse_initializer: Annotated[
        InverseInitializerName | None, hint(InverseInitializerName, "orthogonal")
    ] = None
    """Initial weights of the inverse; transpose: W_hh's, transposed (tptt)."""
    input_gradient: Annotated[InputGradient | None, hint(InputGradient, "local")] = None
    """What trains W_xh: its local loss, or its exact gradient (tptt)."""

    # The network
    hidden_size: int = 100
    """H: hidden units."""
    activation: ActivationName = "tanh"
    """φ: activation of the hidden units."""
    initializer: InitializerName = "orthogonal"
    """Initial weights; slow_rotation, identity and sparse_smart_tanh are for W_hh."""
    input_scale: float = 1.0
    """Factor on the initial W_xh; below 1 the states begin small, and the past lasts longer."""

    # The optimiser
    optimizer: str = "sgd"
    """Any optimiser of Optax by name: sgd, adam, rmsprop, …"""
    learning_rate: float = 0.1
    """Learning rate."""
    momentum: Annotated[float | None, hint(float, "none")] = None
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
    batch_size: int = 20
    """B: samples an iteration."""
    max_iterations: int = 100_000
    """End after so many iterations."""
    check_every: int = 100
    """Iterations between validation checks."""
    validation_samples: int = 10_000
    """Size of a synthetic task's validation set. Of finite data a check looks at all that is held
    out, or where that is more, at a fixed random sample of so many."""
    patience: int = 30
    """End after so many checks without a better validation error; 0: never."""
    solved_below: float = 1e-4
    """Solved, and at an end, at a validation error below this; 0: never."""

    def make_rule(self):
        """The rule with the options given; one that belongs to another rule is refused."""
        from ..configuration import make_rule

        return make_rule(self.rule, self._of_rule)

    def make_optimizer(self):
        """The optimiser."""
        from ..training import Optimizer

        return Optimizer(
            self.optimizer,
            self.learning_rate,
            self._of_optimizer,
            self.decay,
            self.decay_iterations,
        )

    def make_network_options(self):
        """The network's."""
        from ..training import NetworkOptions

        return NetworkOptions(self.hidden_size, self.activation, self.initializer, self.input_scale)

    def make_protocol(self, *, diagnostics: bool):
        """What all seeds share."""
        from ..training import Protocol, Stopping

        # 0 stands for never here, which Stopping calls None.
        check_number("solved_below", self.solved_below, at_least=0)
        check_integer("patience", self.patience, 0)
        return Protocol(
            batch_size=self.batch_size,
            validation_samples=self.validation_samples,
            check_every=self.check_every,
            stopping=Stopping(
                solved_below=self.solved_below if self.solved_below != 0 else None,
                max_iterations=self.max_iterations,
                patience=self.patience if self.patience != 0 else None,
            ),
            diagnostics=diagnostics,
        )

    def sections(self) -> dict[str, dict[str, Any]]:
        """The same as sections of a configuration; made once, so that a mistake is told as of the
        option it is of."""
        from ..configuration import PROTOCOL_DEFAULTS
        from ..training import NetworkOptions

        for check in (self.make_rule, self.make_optimizer, self.make_network_options):
            check()
        self.make_protocol(diagnostics=False)
        return {
            "rule": {"name": self.rule, **self._of_rule},
            "optimizer": {
                "name": self.optimizer,
                "learning_rate": self.learning_rate,
                "decay": self.decay,
                "decay_iterations": self.decay_iterations,
                **self._of_optimizer,
            },
            "network": {field.name: getattr(self, field.name) for field in fields(NetworkOptions)},
            "protocol": {
                name: getattr(self, name) for name in PROTOCOL_DEFAULTS if name != "diagnostics"
            },
        }

    @property
    def _of_rule(self) -> dict[str, Any]:
        """The rule's options that were given."""
        from ..rules import RULES

        names = {name for make in RULES.values() for name in inspect.signature(make).parameters}
        return {
            name: getattr(self, name) for name in sorted(names) if getattr(self, name) is not None
        }

    @property
    def _of_optimizer(self) -> dict[str, float | bool]:
        """Optax's options that were given."""
        options: dict[str, float | bool] = dict(self.optimizer_option)
        if self.momentum is not None:
            options["momentum"] = self.momentum
        if self.nesterov:
            options["nesterov"] = True
        return options
