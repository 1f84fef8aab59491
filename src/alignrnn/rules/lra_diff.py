"""RNN-LRA-diff: every unrolled step gets a target that brings the next step closer to its own."""

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from .._types import PRNGKey, Scalar, State
from ..errors import (
    ConfigurationError,
    Description,
    check_choice,
    check_integer,
    check_number,
    check_type,
)
from ..losses import LocalLoss, global_loss
from ..names import (
    PLACES,
    Align,
    LocalLossName,
    NormalizationName,
    NormOver,
    OverSteps,
    Place,
    Reduction,
    RegularizationBy,
)
from ..networks import Network, PullBack, Trajectory
from ..numerics import Normalization, frobenius_norm, normalize
from ..tasks import Batch
from .base import Diagnostics, Rule, Update
from .numbers import number, unless_zero
from .parameter_gradients import LocalStep, LocalTerms, clip_whole, local_steps, total_gradient
from .regularization import norm_ratio, omega_cotangent


class LRADiff(Rule):
    r"""RNN-LRA-diff and its regularised form (the paper's Algorithms 1 and 2).

    From the last step to the first, with δ_t = ∂ℓ(z_t, z̄_t)/∂h_t:

        h̄ ← h_T;      K times:  h̄ ← h̄ - β_y·N₂(∂L(φ(h̄) W_hy + b_y)/∂h̄);           z̄_T = φ(h̄)
        h̄ ← h_{t-1};  K times:  ĥ = x_t W_xh + φ(h̄) W_hh + b_h
                                h̄ ← h̄ - β·N₂(∂ℓ(φ(ĥ), z̄_t)/∂h̄);                z̄_{t-1} = φ(h̄)
        ΔW_hh += N₁(z_{t-1}ᵀδ_t),   ΔW_xh += N₁(x_tᵀδ_t),   Δb_h += Σ_B δ_t
        ΔW_hy = N₁(∂L/∂W_hy),       Δb_y = ∂L/∂b_y

    N₁ and N₂ are Normalize with c₁ and c₂. The regularised rule adds α ∂Ω_t/∂θ (with Ω of
    `regularization.py`) inside N₁ or N₂ at each of the `regularize` places. Local: step t's
    gradient needs nothing but x_t, z_{t-1}, z_t and z̄_t.

    **Arguments:**

    - `target_step`: β (default 10, the largest of the paper's grid and mostly its best), or
      `"unit"`, see below. `output_target_step`: β_y, the same at the output layer (default: β; 1
      under `"unit"`).
    - `inner_steps`: K.
    - `local_loss`, `reduction`: ℓ and its R, see `LocalLoss`.
    - `align`: compare `"states"` ℓ(z, z̄), as in the paper, or `"pre_activations"` ℓ(h, h̄).
    - `gradient_bound`, `displacement_bound`: c₁, c₂; 0 switches that normalisation off.
    - `normalization`: `"clip"` (Algorithm 1), `"forced"` (Figure 3) or `"off"`.
    - `regularization`: α; 0 switches Ω off. `regularize`: the place or places it acts on, of
      `"weights"` (W_hh, W_hy), `"recurrent"` (W_hh alone), `"inputs"` (W_xh) and `"targets"` (every
      displacement of h̄).
    - `omega_norm`: Ω's norms over the `"batch"`, or per `"sample"`. `omega_over_steps`: the `"sum"`
      of Ω_t over the time steps, as in Algorithm 2, or their `"mean"`: α/(T - 1) at each.
    - `regularization_by`: α is `"constant"`, as in Algorithm 2, or at each layer driven by the
      error of its neighbour `"downstream"`, α_t = α‖δ_{t+1}‖_F, as the paper proposes (section VI);
      the last hidden layer's neighbour is the output, with ∂L/∂y, which has none and takes its own.
    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    **Unit step.** A displacement of z_t moves z_{t-1} by β ℓ″ times what the error needs, ℓ″ the
    curvature of ℓ at its target: 2/(B·H) under `mean`, 2/B under `batch`. `"unit"` is β = 1/ℓ″, a
    gain of one, and ℓ is measured by its own curvature, ℓ/(B·ℓ″), so that targets and gradients are
    the same under either reduction, for any size of batch and any width. β_y then is in units of a
    sample's own error, h̄_T = h_T - β_y·∂L_b/∂h_T with L = mean_b L_b: with β_y = 1 the last step
    gets BPTT's gradient, and on pre-activations every step does (K = 1, α = 0).

    β, β_y, c₁, c₂, α and the clip are array leaves. Raises `ConfigurationError` for a step that is
    not positive, a bound, clip or α below 0, an α that acts nowhere, K below 1, or an unknown name.

    docs/algorithms.md, 3 and 4, has all of it.

    **Differs from the paper** where its text leaves a choice open: there is no Ω at t = 1, from
    where no error is carried on; biases are neither normalised nor regularised. From what
    produced its tables it differs in that gradients are held local.
    """

    target_step: Scalar | None
    """None: unit."""
    output_target_step: Scalar
    gradient_bound: Scalar | None
    displacement_bound: Scalar | None
    regularization: Scalar | None
    clip: Scalar | None
    inner_steps: int = eqx.field(static=True)
    loss: LocalLoss
    align: Align = eqx.field(static=True)
    normalization: Normalization = eqx.field(static=True)
    regularize: tuple[Place, ...] = eqx.field(static=True)
    omega_norm: NormOver = eqx.field(static=True)
    omega_over_steps: OverSteps = eqx.field(static=True)
    regularization_by: RegularizationBy = eqx.field(static=True)

    def __init__(
        self,
        target_step: ArrayLike | Literal["unit"] = 10.0,
        *,
        output_target_step: ArrayLike | None = None,
        inner_steps: int = 1,
        local_loss: LocalLossName = "mse",
        reduction: Reduction = "mean",
        align: Align = "states",
        gradient_bound: ArrayLike = 0.0,
        displacement_bound: ArrayLike = 0.0,
        normalization: NormalizationName = "clip",
        regularization: ArrayLike = 0.0,
        regularize: Collection[Place] | Place = PLACES,
        omega_norm: NormOver = "batch",
        omega_over_steps: OverSteps = "sum",
        regularization_by: RegularizationBy = "constant",
        clip: ArrayLike = 0.0,
    ):
        is_unit = isinstance(target_step, str)
        if not is_unit:
            check_number("target_step", target_step, above=0)
        elif target_step != "unit":
            allowed = "it must be a finite number above 0 or unit"
            raise ConfigurationError("target_step", target_step, allowed)
        if output_target_step is None:
            output_target_step = 1.0 if is_unit else target_step
        check_number("output_target_step", output_target_step, above=0)
        check_integer("inner_steps", inner_steps, 1)
        check_choice("align", align, ("states", "pre_activations"))
        check_number("gradient_bound", gradient_bound, at_least=0)
        check_number("displacement_bound", displacement_bound, at_least=0)
        check_choice("normalization", normalization, ("clip", "forced", "off"))
        check_number("regularization", regularization, at_least=0)
        check_choice("omega_norm", omega_norm, ("batch", "sample"))
        check_choice("omega_over_steps", omega_over_steps, ("sum", "mean"))
        check_choice("regularization_by", regularization_by, ("constant", "downstream"))
        check_number("clip", clip, at_least=0)
        places = _places(regularize)
        if not places and unless_zero(regularization) is not None:
            allowed = f"with a regularization it must name one of: {', '.join(get_args(Place))}"
            raise ConfigurationError("regularize", Description("nothing"), allowed)
        self.target_step = None if is_unit else number(target_step)
        self.output_target_step = number(output_target_step)
        self.inner_steps = inner_steps
        self.loss = LocalLoss(local_loss, reduction)
        self.align = align
        bounded = normalization != "off"
        self.gradient_bound = unless_zero(gradient_bound) if bounded else None
        self.displacement_bound = unless_zero(displacement_bound) if bounded else None
        self.normalization = "clip" if normalization == "off" else normalization
        self.regularization = unless_zero(regularization)
        self.regularize = () if self.regularization is None else places
        self.omega_norm = omega_norm
        # Without Ω these change nothing, and runs differing in them are one program.
        self.omega_over_steps = omega_over_steps if self.regularize else "sum"
        self.regularization_by = regularization_by if self.regularize else "constant"
        self.clip = unless_zero(clip)

    @property
    def products_per_step(self) -> int:
        """Forward, target and gradient; two more an inner step; one more for Ω's gradient."""
        return 3 + 2 * (self.inner_steps - 1) + self._omega_on_recurrent

    @property
    def _omega_on_recurrent(self) -> bool:
        return bool({"weights", "recurrent"} & set(self.regularize))

    def init(self, network: Network, *, key: PRNGKey) -> tuple[()]:
        """LRA-diff remembers nothing."""
        return ()

    def update(
        self,
        network: Network,
        state: tuple[()],
        batch: Batch,
        *,
        key: PRNGKey,
        diagnostics: bool = False,
    ) -> tuple[Update, tuple[()]]:
        run = network.trajectory(batch.inputs)
        steps = local_steps(network, batch.inputs, run)
        output = self._output_layer(network, run.pre_activations[-1], run.states[-1], batch)
        targets = self._propagate(network, output, run, steps, diagnostics)
        gradients, norms = total_gradient(
            network,
            steps,
            targets.terms,
            output.gradient,
            diagnostics,
            None if self.gradient_bound is None else self._normalize_matrices,
        )
        details = None if norms is None else targets.diagnose(output.displacement, norms)
        return Update(output.loss, clip_whole(gradients, self.clip), details), state

    def _output_layer(self, network: Network, h: State, z: State, batch: Batch) -> "_OutputLayer":
        """Loss, gradient of W_hy and b_y, and the target of the last state."""

        def error_at(z: State) -> Float[Array, "batch output"]:
            return jax.grad(global_loss)(network.readout(z), batch.targets)

        def again(h: State) -> tuple[Array, PullBack]:
            z = network.activate(h)
            error = error_at(z)
            return error, network.pull_back_output(h, z, error)

        error = error_at(z)
        error_norm = self._downstream_norm(error)
        alpha = self._alpha(error_norm)
        pulled = network.pull_back_output(h, z, error)
        # Under "unit" the step is in units of a sample's own error, of which L has the B-th part.
        samples = len(z) if self.target_step is None else 1
        step = self.output_target_step * samples
        target_h = self._displace(h, error, pulled, again, step, alpha)

        def maps(parameters: Network):
            yielded = [parameters.readout(z)]
            if "weights" in self.regularize:
                yielded.append(parameters.pull_back_output(h, z, error).error)
            return yielded

        cotangents = [error]
        if "weights" in self.regularize:
            cotangents.append(self._omega_cotangent(pulled.error, error, alpha))
        outputs, pull = jax.vjp(maps, network)
        return _OutputLayer(
            loss=global_loss(outputs[0], batch.targets),
            gradient=pull(cotangents)[0],
            target_h=target_h,
            displacement=target_h - h,
            error_norm=error_norm,
        )

    def _propagate(
        self,
        network: Network,
        output: "_OutputLayer",
        run: Trajectory,
        steps: LocalStep,
        diagnostics: bool,
    ) -> "_Targets":
        """Targets from the last step to the first, and what each step's gradient is made of."""

        count, samples, _ = run.states.shape
        target_step = samples if self.target_step is None else self.target_step
        share = 1 / max(count - 1, 1) if self.omega_over_steps == "mean" else 1

        def backward(carried: tuple[State, Scalar | None], at):
            target, downstream = carried
            h, z, step, is_first = at
            error = self._error(network, h, z, target)
            alpha = self._alpha(downstream, share)
            pulled = network.pull_back(step.drive, step.previous_h, step.previous_z, error)

            def again(h_bar: State) -> tuple[Array, PullBack]:
                z_bar = network.activate(h_bar)
                h_hat = network.step(step.drive, z_bar)
                error = self._error(network, h_hat, network.activate(h_hat), target)
                return error, network.pull_back(step.drive, h_bar, z_bar, error)

            # Before the first step there is no state to give a target to.
            h_bar = jax.lax.cond(
                is_first,
                lambda: step.previous_h,
                lambda: self._displace(step.previous_h, error, pulled, again, target_step, alpha),
            )
            terms = self._terms(error, pulled, is_first, alpha)
            details = None
            if diagnostics:
                details = (
                    self._calibration(z)
                    * self.loss.value(z if self.align == "states" else h, target),
                    frobenius_norm(h_bar - step.previous_h),
                    jnp.where(is_first, 0, norm_ratio(pulled.error, error)),
                )
            return (self._target(network, h_bar), self._downstream_norm(error)), (terms, details)

        is_first = jnp.arange(len(run.states)) == 0
        _, (terms, details) = jax.lax.scan(
            backward,
            (self._target(network, output.target_h), output.error_norm),
            (run.pre_activations, run.states, steps, is_first),
            reverse=True,
        )
        return _Targets(terms, details)

    def _error(self, network: Network, h: State, z: State, target: State) -> State:
        """δ, the derivative of the local loss in h; z = φ(h)."""
        if self.align == "pre_activations":
            return self._calibration(h) * self.loss.derivative(h, target)
        slope = self._calibration(z) * self.loss.derivative(z, target)
        return network.pull_back_activation(h, z, slope)

    def _calibration(self, z: State) -> float:
        """What ℓ is multiplied by: under "unit" 1/(B·ℓ″), so that its curvature is 1/B."""
        return 1 / (len(z) * self.loss.curvature(*z.shape)) if self.target_step is None else 1

    def _target(self, network: Network, h_bar: State) -> State:
        """What the local loss compares with: z̄ = φ(h̄), or h̄ itself."""
        return h_bar if self.align == "pre_activations" else network.activate(h_bar)

    def _displace(
        self,
        h: State,
        error: Array,
        pulled: PullBack,
        again: Callable[[State], tuple[Array, PullBack]],
        target_step: Scalar | float,
        alpha: Scalar | None,
    ) -> State:
        """h̄ after K steps from h. The first takes the error at h, which is known already."""
        h_bar = h - target_step * self._displacement(error, pulled, alpha)

        def inner(h_bar: State, _: None) -> tuple[State, None]:
            return h_bar - target_step * self._displacement(*again(h_bar), alpha), None

        if self.inner_steps > 1:
            h_bar, _ = jax.lax.scan(inner, h_bar, length=self.inner_steps - 1)
        return h_bar

    def _displacement(self, error: Array, pulled: PullBack, alpha: Scalar | None) -> State:
        """N₂(∂ℓ/∂h̄ + α ∂Ω/∂h̄)."""
        gradient = pulled.error
        if "targets" in self.regularize:
            gradient = gradient + pulled.bend(self._omega_cotangent(pulled.error, error, alpha))
        if self.displacement_bound is None:
            return gradient
        return normalize(gradient, self.displacement_bound, self.normalization)

    def _terms(
        self, error: State, pulled: PullBack, is_first: Array, alpha: Scalar | None
    ) -> LocalTerms:
        """A step's terms; those of Ω only from t = 2 on."""
        weights, inputs = self._omega_on_recurrent, "inputs" in self.regularize
        if not (weights or inputs):
            return LocalTerms(error)
        cotangent = jnp.where(is_first, 0, self._omega_cotangent(pulled.error, error, alpha))
        return LocalTerms(
            error=error,
            omega_error=error if weights else None,
            weight_cotangent=cotangent if weights else None,
            input_cotangent=pulled.bend(cotangent) if inputs else None,
        )

    def _omega_cotangent(self, u: State, v: Array, alpha: Scalar | None) -> State:
        """α ∂Ω/∂u."""
        assert alpha is not None
        return alpha * omega_cotangent(u, v, self.omega_norm)

    def _downstream_norm(self, error: Array) -> Scalar | None:
        """What drives α one layer on; None where nothing does."""
        return frobenius_norm(error) if self.regularization_by == "downstream" else None

    def _alpha(self, downstream: Scalar | None, share: float = 1) -> Scalar | None:
        """A layer's α; None without Ω."""
        if self.regularization is None:
            return None
        return self.regularization * share * (1 if downstream is None else downstream)

    def _normalize_matrices(self, gradient: Network) -> Network:
        """N₁ of each weight matrix; biases stay as they are."""
        bound = self.gradient_bound
        assert bound is not None
        return jax.tree.map(
            lambda leaf: normalize(leaf, bound, self.normalization) if leaf.ndim > 1 else leaf,
            gradient,
        )


def _places(given: Collection[Place] | Place) -> tuple[Place, ...]:
    """Each once, sorted; a name by itself is one place."""
    places = (given,) if isinstance(given, str) else given
    check_type("regularize", places, Collection, "it must be a list of places")
    for place in places:
        check_choice("regularize", place, get_args(Place))
    return tuple(sorted(set(places)))


class _OutputLayer(NamedTuple):
    loss: Scalar
    gradient: Network
    target_h: State
    displacement: State
    error_norm: Scalar | None


class _Targets(NamedTuple):
    terms: LocalTerms
    details: tuple[Array, Array, Array] | None

    def diagnose(self, top_displacement: State, gradient_norms: Network) -> Diagnostics:
        """Step t made the displacement of step t - 1; the output layer made that of step T."""
        assert self.details is not None
        local_loss, displacement_below, ratio = self.details
        top = frobenius_norm(top_displacement)[None]
        return Diagnostics(
            local_loss=local_loss,
            displacement_norm=jnp.concatenate([displacement_below[1:], top]),
            norm_ratio=ratio,
            gradient_norms=gradient_norms,
        )
