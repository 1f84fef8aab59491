"""The leaky Elman RNN: each state keeps a part of the one before."""

from dataclasses import KW_ONLY, dataclass

from .._types import Drive, PRNGKey, State, StepInputs
from ..errors import ConfigurationError, check_number
from ..names import ActivationName, InitializerName
from .activations import ACTIVATIONS
from .base import Cell, Parameters, project
from .elman import Elman


@dataclass(frozen=True)
class LeakyElman(Cell):
    r"""The simple RNN with leaky units, of a time constant of 1/a steps.

        z_t = (1 - a) z_{t-1} + a φ(x_t W_xh + z_{t-1} W_hh + b_h),    0 < a ≤ 1

    What a target displaces is z_t itself. Shapes as in `Elman`. Raises `ConfigurationError` for an
    a outside of (0, 1], and for what `Elman` refuses.

    Examples:
        >>> import alignrnn as ar
        >>> cell = ar.LeakyElman(64, leak=0.1)  # ten steps
        >>> cell.hidden_size, cell.leak
        (64, 0.1)
    """

    _: KW_ONLY
    leak: float = 0.5
    """a: how much of a state is new at each step; 1 is the Elman RNN."""
    activation: ActivationName = "tanh"
    """φ: activation of the hidden units."""
    initializer: InitializerName = "orthogonal"
    """Initial weights; slow_rotation, identity and sparse_smart_tanh are for W_hh."""
    input_scale: float = 1.0
    """Factor on the initial W_xh; below 1 the states begin small, and the past lasts longer."""

    def check(self) -> None:
        super().check()
        check_number("leak", self.leak, above=0)
        if self.leak > 1:
            raise ConfigurationError("leak", self.leak, "it must be at most 1")
        assert self._elman

    @property
    def _elman(self) -> Elman:
        return Elman(
            self.hidden_size,
            activation=self.activation,
            initializer=self.initializer,
            input_scale=self.input_scale,
        )

    def init(self, input_size: int, *, key: PRNGKey) -> Parameters:
        return self._elman.init(input_size, key=key)

    def drive(self, p: Parameters, inputs: StepInputs) -> Drive:
        return project(inputs, p["w_xh"])

    def step(self, p: Parameters, drive: Drive, previous: State) -> State:
        new = ACTIVATIONS[self.activation].value(drive + previous @ p["w_hh"] + p["b_h"][None])
        return (1 - self.leak) * previous + self.leak * new
