"""Local targets: each step is displaced so that the next comes closer to its own target."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import PerStep, Scalar, State
from ..cells import PullBack
from ..errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_integer,
    check_number,
    check_type,
)
from ..losses import Answers, LocalLoss, size
from ..names import (
    PLACES,
    Align,
    LocalLossName,
    NormalizationName,
    NormOver,
    OverSteps,
    Reduction,
    RegularizationBy,
    RegularizedPlace,
)
from ..network import Layer, Readout, Trajectory, held
from ..numerics import added, frobenius_norm, normalize, scaled
from ..plain import Number, is_off
from .base import Feedback
from .regularization import norm_ratio, omega_cotangent
from .steps import Above, AboveReadout, At, Back, LocalTerms


class Told(NamedTuple):
    """What a step is told by the one after it."""

    target: State
    """z̄_t, or with aligned pre-activations h̄_t."""
    downstream: Scalar | None
    """‖δ_{t+1}‖_F, where it drives α."""
    moved: State | None
    """h̄_t - h_t, where it is reported."""


class _Pull(NamedTuple):
    """One neighbour that displaces a state: the step after, or what stands above."""

    step: Any
    """How far."""
    error: State
    """Its error where the state is h."""
    pulled: PullBack
    again: Callable[[State], tuple[State, PullBack]]
    """The same where the state is h̄."""
    alpha: Any


@dataclass(frozen=True)
class LocalTargets(Feedback):
    """The targets of RNN-LRA-diff (the paper's Algorithms 1 and 2), see `LRADiff`."""

    target_step: Number | Literal["unit"] = 10.0
    """β: step of the targets, or unit, the step that passes a displacement on at a gain of one."""
    _: KW_ONLY
    output_target_step: Number | None = None
    """β of the output layer alone; in units of a sample's own error where the target step is unit
    (default: the target step; 1 where that is unit)."""
    inner_steps: int = 1
    """K: inner steps a target is refined by."""
    local_loss: LocalLossName = "mse"
    """ℓ: local loss, mean squared error or the log penalty of eq. 8."""
    reduction: Reduction = "mean"
    """R: of the local loss, the mean over all B·H entries, or the sum over units and the mean over
    samples."""
    align: Align = "states"
    """What the local loss compares: states z, as in the paper, or pre-activations h."""
    gradient_bound: Number = 0.0
    """c₁: bound on the norm of each step's parameter gradients; 0: off."""
    displacement_bound: Number = 0.0
    """c₂: bound on the norm of the targets' displacements; 0: off."""
    normalization: NormalizationName = "clip"
    """How c₁ and c₂ act: shrink what is larger (Algorithm 1), force the norm (Figure 3), or not."""
    regularization: Number = 0.0
    """α: strength of Ω, which keeps the norm of the error (Algorithm 2); 0: off."""
    regularize: tuple[RegularizedPlace, ...] = PLACES
    """The places α acts on: weights (W_hh, W_hy), recurrent (W_hh alone), inputs (W_xh), targets
    (every displacement of h̄)."""
    omega_norm: NormOver = "batch"
    """Ω's norms: over the whole batch, or per sample."""
    omega_over_steps: OverSteps = "sum"
    """Ω of all time steps: their sum, as in Algorithm 2, or their mean, α/(T - 1) at each."""
    regularization_by: RegularizationBy = "constant"
    """α of each layer: constant, or driven by the error of the next layer downstream."""

    def check(self) -> None:
        super().check()
        if not isinstance(self.target_step, str):
            check_number("target_step", self.target_step, above=0)
        elif self.target_step != "unit":
            allowed = "it must be a finite number above 0 or unit"
            raise ConfigurationError("target_step", self.target_step, allowed)
        if self.output_target_step is not None:
            check_number("output_target_step", self.output_target_step, above=0)
        check_integer("inner_steps", self.inner_steps, 1)
        assert LocalLoss(self.local_loss, self.reduction)
        check_choice("align", self.align, get_args(Align))
        check_number("gradient_bound", self.gradient_bound, at_least=0)
        check_number("displacement_bound", self.displacement_bound, at_least=0)
        check_choice("normalization", self.normalization, get_args(NormalizationName))
        check_number("regularization", self.regularization, at_least=0)
        check_choice("omega_norm", self.omega_norm, get_args(NormOver))
        check_choice("omega_over_steps", self.omega_over_steps, get_args(OverSteps))
        check_choice("regularization_by", self.regularization_by, get_args(RegularizationBy))
        object.__setattr__(self, "regularize", _places(self.regularize))
        if not self.regularize and not is_off(self.regularization):
            places = ", ".join(get_args(RegularizedPlace))
            allowed = f"with a regularization it must name one of: {places}"
            raise ConfigurationError("regularize", Description("nothing"), allowed)

    @property
    def effective(self) -> Any:
        changes: dict[str, Any] = {}
        if is_off(self.regularization):
            changes |= {
                "regularize": PLACES,
                "omega_norm": "batch",
                "omega_over_steps": "sum",
                "regularization_by": "constant",
            }
        if self.normalization == "off":
            changes |= {"gradient_bound": 0.0, "displacement_bound": 0.0, "normalization": "clip"}
        return self.replaced(**changes)

    @property
    def loss(self) -> LocalLoss:
        """ℓ."""
        return LocalLoss(self.local_loss, self.reduction)

    @property
    def is_unit(self) -> bool:
        """Whether the target step is the unit step."""
        return isinstance(self.target_step, str)

    def unit_step(self, batch: int, width: int) -> float:
        """1/ℓ″, the step of unit gain, for so many samples and entries of a state."""
        return 1 / self.loss.curvature(batch, width)

    def acts_on(self, *places: RegularizedPlace) -> bool:
        """Whether there is an Ω, and it acts on one of these."""
        return not is_off(self.regularization) and bool({*places} & {*self.regularize})

    # From one step to the one before

    def start(self, at_last: At, above: Above, state: Any) -> Told:
        layer, h = at_last.layer, at_last.h
        pull = self._from_above(above, layer, h, at_last.z)
        h_bar = self._displace(h, [pull])
        moved = _difference(h_bar, h) if at_last.reports else None
        return Told(self._target(layer, h_bar), self._downstream_norm(pull.error), moved)

    def back(self, at: At, signal: Told, state: Any) -> Back:
        layer, step, target = at.layer, at.step, signal.target
        error = self._error(layer, at.h, at.z, target, at.live)
        share = 1 / max(at.count - 1, 1) if self.omega_over_steps == "mean" else 1
        alpha = self._alpha(signal.downstream, share)
        before = step.previous_h, step.previous_z
        pulled = layer.pull_back(step.drive, *before, error, step.residuals)

        def again(h_bar: State) -> tuple[State, PullBack]:
            z_bar = layer.activate(h_bar)
            h_hat, residuals = layer.step_with_residuals(step.drive, z_bar)
            error = self._error(layer, h_hat, layer.activate(h_hat), target, at.live)
            return error, layer.pull_back(step.drive, h_bar, z_bar, error, residuals)

        pulls = [_Pull(self._step(at.h), error, pulled, again, alpha)]
        if at.before is not None:
            pulls.append(self._from_above(at.before, layer, step.previous_h, step.previous_z))
        # Before the first step there is no state to give a target to.
        h_bar = jax.lax.cond(
            at.is_first,
            lambda: step.previous_h,
            lambda: self._displace(step.previous_h, pulls),
        )
        report = None
        if at.reports:
            ratio = jnp.where(at.is_first, 0, norm_ratio(pulled.error, error))
            report = self._local_loss(at, target), frobenius_norm(signal.moved), ratio
        told = Told(
            self._target(layer, h_bar),
            self._downstream_norm(error),
            _difference(h_bar, step.previous_h) if at.reports else None,
        )
        return Back(self._terms(error, pulled, at.is_first, alpha), told, report, target)

    def error_above(self, upper: Layer, h: State, told: State, live: Any) -> State:
        return self._error(upper, h, upper.activate(h), told, live)

    # The parts of it

    def _from_above(self, above: Above, layer: Layer, h: State, z: State) -> _Pull:
        def again(h_bar: State) -> tuple[State, PullBack]:
            z_bar = layer.activate(h_bar)
            v = above.error(layer, z_bar)
            return v, above.pull_back(layer, h_bar, z_bar, v)

        v = above.error(layer, z)
        if isinstance(above, AboveReadout):
            step, alpha = self._output_step(h), self._alpha(self._downstream_norm(v))
        else:
            # Between layers errors are carried without Ω.
            step, alpha = self._step(h), None
        return _Pull(step, v, above.pull_back(layer, h, z, v), again, alpha)

    def _step(self, h: State) -> Any:
        """β."""
        return size(h)[0] if self.is_unit else self.target_step

    def _output_step(self, h: State) -> Any:
        """β_y; under "unit" in units of a sample's own error, of which L has the B-th part."""
        if self.output_target_step is None:
            return self._step(h)
        return self.output_target_step * (size(h)[0] if self.is_unit else 1)

    def _error(self, layer: Layer, h: State, z: State, target: State, live: Any) -> State:
        """δ, the derivative of the local loss in h; z = φ(h)."""
        compared = h if self.align == "pre_activations" else z
        slope = scaled(self.loss.derivative(compared, target), self._calibration(compared))
        if self.align == "states":
            slope = layer.pull_back_activation(h, z, slope)
        return within(live, slope)

    def _local_loss(self, at: At, target: State) -> Scalar:
        compared = at.h if self.align == "pre_activations" else at.z
        compared = held(at.live, compared, target)
        return self._calibration(compared) * self.loss.value(compared, target)

    def _calibration(self, z: State) -> float:
        """What ℓ is multiplied by: under "unit" 1/(B·ℓ″), so that its curvature is 1/B."""
        batch, hidden = size(z)
        return 1 / (batch * self.loss.curvature(batch, hidden)) if self.is_unit else 1

    def _target(self, layer: Layer, h_bar: State) -> State:
        """What the local loss compares with: z̄ = φ(h̄), or h̄ itself."""
        return h_bar if self.align == "pre_activations" else layer.activate(h_bar)

    def _displace(self, h: State, pulls: Sequence[_Pull]) -> State:
        """h̄ after K steps from h. The first takes the errors at h, which are known already."""

        def moved(h_bar: State, pairs: Any) -> State:
            for pull, (error, pulled) in zip(pulls, pairs, strict=True):
                way = self._displacement(error, pulled, pull.alpha)
                h_bar = jax.tree.map(lambda at, way: at - pull.step * way, h_bar, way)  # noqa: B023
            return h_bar

        h_bar = moved(h, [(pull.error, pull.pulled) for pull in pulls])

        def inner(h_bar: State, _: None) -> tuple[State, None]:
            return moved(h_bar, [pull.again(h_bar) for pull in pulls]), None

        if self.inner_steps > 1:
            h_bar, _ = jax.lax.scan(inner, h_bar, length=self.inner_steps - 1)
        return h_bar

    def _displacement(self, error: State, pulled: PullBack, alpha: Any) -> State:
        """N₂(∂ℓ/∂h̄ + α ∂Ω/∂h̄)."""
        gradient = pulled.error
        if self.acts_on("targets") and alpha is not None:
            bent = pulled.bend(self._omega_cotangent(pulled.error, error, alpha))
            gradient = added(gradient, bent)
        if is_off(self.displacement_bound) or self.normalization == "off":
            return gradient
        return normalize(gradient, self.displacement_bound, self.normalization)

    def _terms(self, error: State, pulled: PullBack, is_first: Array, alpha: Any) -> LocalTerms:
        """A step's terms; those of Ω only from t = 2 on."""
        weights, inputs = self.acts_on("weights", "recurrent"), self.acts_on("inputs")
        if not (weights or inputs):
            return LocalTerms(error)
        cotangent = jax.tree.map(
            lambda leaf: jnp.where(is_first, 0, leaf),
            self._omega_cotangent(pulled.error, error, alpha),
        )
        return LocalTerms(
            error=error,
            omega_error=error if weights else None,
            weight_cotangent=cotangent if weights else None,
            input_cotangent=pulled.bend(cotangent) if inputs else None,
        )

    def _omega_cotangent(self, u: State, v: State, alpha: Any) -> State:
        """α ∂Ω/∂u."""
        return scaled(omega_cotangent(u, v, self.omega_norm), alpha)

    def _downstream_norm(self, error: State) -> Scalar | None:
        """What drives α one layer on; None where nothing does."""
        is_driven = self.regularization_by == "downstream" and not is_off(self.regularization)
        return frobenius_norm(error) if is_driven else None

    def _alpha(self, downstream: Scalar | None, share: float = 1) -> Any:
        """A layer's α; None without Ω."""
        if is_off(self.regularization):
            return None
        return self.regularization * share * (1 if downstream is None else downstream)

    # Parameter gradients

    def readout_gradient(
        self, readout: Readout, layer: Layer, run: Trajectory, answers: Answers
    ) -> Readout | None:
        """N₁(∂L_t/∂W_hy + α ∂Ω/∂W_hy) of each scored step, and Σ ∂L_t/∂b_y."""
        is_regularized = self.acts_on("weights")
        if answers.steps > 1 and not is_regularized and not self.normalizes:
            return None
        scored = jax.tree.map(
            lambda leaf: leaf[-answers.steps :], (run.pre_activations, run.states)
        )

        def of_step(h: State, z: State, answers: Answers) -> Readout:
            above = AboveReadout(readout, answers)
            v = above.error(layer, z)
            cotangents = [v]
            if is_regularized:
                u = above.pull_back(layer, h, z, v).error
                alpha = self._alpha(self._downstream_norm(v))
                cotangents.append(self._omega_cotangent(u, v, alpha))

            def maps(readout: Readout) -> list[State]:
                outcomes = [readout(layer.output(z))]
                if is_regularized:
                    above = AboveReadout(readout, answers)
                    outcomes.append(above.pull_back(layer, h, z, v).error)
                return outcomes

            return self.normalize(jax.vjp(maps, readout)[1](cotangents)[0])

        def add(total: Readout, at: Any) -> tuple[Readout, None]:
            return added(total, of_step(*at)), None

        if answers.steps == 1:
            return of_step(*jax.tree.map(lambda leaf: leaf[0], (*scored, answers)))
        zero = jax.tree.map(jnp.zeros_like, readout)
        return jax.lax.scan(add, zero, (*scored, answers))[0]

    @property
    def normalizes(self) -> bool:
        return not is_off(self.gradient_bound) and self.normalization != "off"

    @property
    def joins_each_step(self) -> bool:
        """Where a norm is bounded, or Ω has one of the whole batch."""
        displacements = not is_off(self.displacement_bound) and self.normalization != "off"
        by_batch = self.omega_norm == "batch" or self.regularization_by == "downstream"
        of_omega = by_batch and not is_off(self.regularization)
        return self.normalizes or displacements or of_omega

    def normalize(self, gradient: Any) -> Any:
        """N₁ of each weight matrix; biases stay as they are."""
        if not self.normalizes:
            return gradient

        def normalized(leaf: Array) -> Array:
            if leaf.ndim == 1 or self.normalization == "off":
                return leaf
            return normalize(leaf, self.gradient_bound, self.normalization)

        return jax.tree.map(normalized, gradient)

    def diagnose(self, terms: LocalTerms, reports: Any) -> dict[str, PerStep]:
        """`local_loss`, ℓ(z_t, z̄_t); `displacement_norm`, ‖h̄_t - h_t‖, how far the target is from
        where the step was; `norm_ratio`, ‖u_t‖/‖v_t‖, the gain of the error carried from step t to
        t - 1, 0 at t = 1, from where nothing is carried on."""
        return dict(zip(("local_loss", "displacement_norm", "norm_ratio"), reports, strict=True))


def within(live: Any, error: State) -> State:
    """An error, 0 for sequences that have ended."""
    if live is None:
        return error
    return jax.tree.map(lambda leaf: jnp.where(live[:, None], leaf, 0), error)


def _difference(one: State, other: State) -> State:
    return jax.tree.map(jnp.subtract, one, other)


def _places(given: Any) -> tuple[Any, ...]:
    """Each once, sorted; a name by itself is one place."""
    places = (given,) if isinstance(given, str) else given
    check_type("regularize", places, tuple | list | set | frozenset, "it must be a list of places")
    for place in places:
        check_choice("regularize", place, get_args(RegularizedPlace))
    return tuple(sorted(set(places)))
