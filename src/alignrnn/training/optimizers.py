"""Any Optax optimiser by name, its numbers as leaves so that a sweep over them never recompiles."""

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

import jax.numpy as jnp
import optax
from jaxtyping import Array

from ..errors import ConfigurationError, check_choice, check_number, check_type
from ..names import Decay

_UNSUITABLE = {
    "lbfgs": "evaluates the loss within an update, which a local rule does not define",
    "polyak_sgd": "needs the loss in an update",
    "noisy_sgd": "has a random key of its own, which a batch of runs would share",
    "optimistic_adam": "deprecated by Optax in favour of optimistic_adam_v2",
}
_AVERAGING = "averaging"
"""γ among an optimiser's numbers: where it is one, the optimiser's state ends with the mean."""
_MOMENTA = frozenset({"b1", "b2", "b3", "decay", "decay_rate", "momentum", "rho"})
"""Optax's names of what is left of a running mean after an update; at 1 or more it never fades."""


@functools.cache
def optimizer_names() -> tuple[str, ...]:
    """Every optimiser of Optax that turns gradients and a learning rate into updates."""

    def is_optimizer(name: str) -> bool:
        maker = getattr(optax, name)
        if not inspect.isfunction(maker) or name in _UNSUITABLE:
            return False
        return "learning_rate" in inspect.signature(maker).parameters and not name.startswith(
            ("scale_by", "inject", "normalize")
        )

    return tuple(sorted(name for name in dir(optax) if name[0] != "_" and is_optimizer(name)))


@dataclass(frozen=True)
class Optimizer:
    """An Optax optimiser: its `name`, its `learning_rate`, and its other options by their Optax
    names (`{"momentum": 0.9, "nesterov": True}`). The paper's is plain SGD.

    With a `decay` every update of iteration i (the first is 0) is multiplied by f(i/τ), τ being
    `decay_iterations`:

        exponential:  f(s) = 2^(-s)        inverse:  f(s) = 1/(1 + s)
        cosine:       f(s) = (1 + cos(π·min(s, 1)))/2

    With `averaging`, γ > 0, the network that is checked and kept is a running mean of those that
    the updates lead to (Polyak & Juditsky 1992), after the update of iteration i

        θ̄ ← γ_i θ̄ + (1 - γ_i) θ,    γ_i = min(γ, (1 + i)/(10 + i))

    so that the first networks are soon forgotten. Training itself goes on with θ, as without.

    Numbers may differ between the runs of a batch; switches (True, False) and the kind of decay are
    part of its program. Raises `ConfigurationError` for an unknown name, option or decay, a
    learning rate that is not positive, a τ that is not where there is a decay, or, outside [0, 1),
    an averaging or a momentum (`momentum`, `b1`, `b2`, `b3`, `decay`, `decay_rate`, `rho`, signum's
    `beta`).

    Examples:
        >>> import alignrnn as ar
        >>> ar.Optimizer("sgd", 0.01, {"momentum": 0.9, "nesterov": True}).learning_rate
        0.01
        >>> ar.Optimizer("adam", 0.01, decay="cosine", decay_iterations=1000).decay
        'cosine'
    """

    name: str = "sgd"
    learning_rate: float = 0.1
    options: Mapping[str, float | bool] = field(default_factory=dict)
    decay: Decay = "none"
    decay_iterations: float = 0.0
    averaging: float = 0.0

    def __post_init__(self):
        check_choice("optimizer", self.name, optimizer_names())
        check_number("learning_rate", self.learning_rate, above=0)
        check_choice("decay", self.decay, get_args(Decay))
        if self.decay != "none":
            check_number("decay_iterations", self.decay_iterations, above=0)
        elif self.decay_iterations != 0:
            raise ConfigurationError(
                "decay_iterations", self.decay_iterations, "without a decay it must be 0"
            )
        check_number("averaging", self.averaging, at_least=0, below=1)
        names = 'it must map Optax\'s names to values, such as {"momentum": 0.9}'
        check_type("options", self.options, Mapping, names)
        allowed = self._defaults
        for option, value in self.options.items():
            if option not in allowed:
                raise ConfigurationError(
                    "optimizer_option",
                    option,
                    f"{self.name} takes: {', '.join(sorted(allowed)) or 'none'}",
                )
            if isinstance(allowed[option], bool) != isinstance(value, bool):
                kind = "true or false" if isinstance(allowed[option], bool) else "a finite number"
                raise ConfigurationError(f"optimizer_option {option}", value, f"it must be {kind}")
            if option in _MOMENTA or (self.name, option) == ("signum", "beta"):
                check_number(f"optimizer_option {option}", value, at_least=0, below=1)
            elif not isinstance(value, bool):
                check_number(f"optimizer_option {option}", value)

    @property
    def _maker(self):
        return getattr(optax, self.name)

    @property
    def _defaults(self) -> dict[str, Any]:
        """Optax's values of every option there is."""
        return {
            name: parameter.default
            for name, parameter in inspect.signature(self._maker).parameters.items()
            if name != "learning_rate" and not name.endswith(("dtype", "mask"))
        }

    @property
    def all_options(self) -> dict[str, float | bool]:
        """The options given, and Optax's values of those not given that are real numbers or
        switches; Optax treats both alike."""
        defaults = {k: v for k, v in self._defaults.items() if isinstance(v, float | bool)}
        return defaults | dict(self.options)

    @property
    def numbers(self) -> dict[str, Array]:
        """What may vary from run to run."""
        options = {k: v for k, v in self.options.items() if not isinstance(v, bool)}
        everything = {"learning_rate": self.learning_rate, **options}
        if self.decay != "none":
            everything["decay_iterations"] = self.decay_iterations
        if self.averaging:
            everything[_AVERAGING] = self.averaging
        return {name: jnp.asarray(value, float) for name, value in everything.items()}

    def rate_after(self, iterations: int) -> float:
        """The learning rate of the update after so many."""
        if self.decay == "none":
            return self.learning_rate
        return self.learning_rate * float(_DECAYS[self.decay](iterations / self.decay_iterations))

    @property
    def structure(self) -> tuple:
        """What must be equal for two optimisers to share one program."""
        switches = sorted((k, v) for k, v in self.options.items() if isinstance(v, bool))
        return self.name, tuple(switches), tuple(sorted(self.numbers)), self.decay


def as_optimizer(given: Optimizer | str) -> Optimizer:
    """The optimiser given, or by its name one with the default learning rate."""
    if isinstance(given, str):
        return Optimizer(given)
    allowed = 'it must be an Optimizer, such as Optimizer("adam", 0.001), or the name of one'
    check_type("optimizer", given, Optimizer, allowed)
    return given


def transformation(structure: tuple, numbers: Mapping[str, Any] | None = None):
    """The Optax transformation of an `Optimizer.structure`.

    Its state carries the numbers, so only `init` needs them.
    """
    name, switches, number_names, decay = structure
    if numbers is None:
        numbers = dict.fromkeys(number_names, jnp.ones(()))
    ours = "decay_iterations", _AVERAGING
    of_optax = {key: value for key, value in numbers.items() if key not in ours}
    made = optax.inject_hyperparams(getattr(optax, name))(**of_optax, **dict(switches))
    parts: list[optax.GradientTransformation] = [made]
    if decay != "none":
        parts.append(_decayed(decay, numbers["decay_iterations"]))
    if _AVERAGING in numbers:
        parts.append(_averaged(numbers[_AVERAGING]))
    return optax.chain(*parts) if len(parts) > 1 else parts[0]


def to_check(structure: tuple, state: Any, network: Any) -> Any:
    """The network that is checked and kept: the mean in the optimiser's state, or else this one."""
    _, _, number_names, _ = structure
    return state[-1].mean if _AVERAGING in number_names else network


def _decayed(decay: Decay, iterations: Any) -> optax.GradientTransformation:
    """Multiply updates by the decay's f. Where they are proportional to the learning rate, as those
    of SGD and Adam, that is the decay of the learning rate."""

    def scale(iterations: Any) -> optax.GradientTransformation:
        return optax.scale_by_schedule(lambda count: _DECAYS[decay](count / iterations))

    return optax.inject_hyperparams(scale)(iterations)


class _Mean(NamedTuple):
    """What averaging keeps between two updates."""

    mean: Any
    """θ̄"""
    most: Array
    """γ"""
    count: Array
    """i"""


def _averaged(most: Any) -> optax.GradientTransformation:
    """Updates as they are, and in the state the mean of what they lead to."""

    def init(params: Any) -> _Mean:
        return _Mean(params, jnp.asarray(most, float), jnp.zeros((), jnp.int32))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, _Mean]:
        count = state.count.astype(state.most.dtype)
        kept = jnp.minimum(state.most, (1 + count) / (10 + count))
        mean = optax.incremental_update(optax.apply_updates(params, updates), state.mean, 1 - kept)
        return updates, _Mean(mean, state.most, state.count + 1)

    return optax.GradientTransformation(init, update)


_DECAYS = {
    "exponential": lambda s: jnp.exp2(-s),
    "inverse": lambda s: 1 / (1 + s),
    "cosine": lambda s: (1 + jnp.cos(jnp.pi * jnp.minimum(s, 1))) / 2,
}
