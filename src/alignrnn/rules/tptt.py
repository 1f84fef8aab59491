"""TPTT, difference target propagation through time: a learned inverse carries the targets back."""

from dataclasses import KW_ONLY, dataclass
from typing import get_args

from ..errors import check_choice
from ..feedback import LearnedInverse
from ..names import InputGradient
from ..plain import is_off
from .backward import Backward


@dataclass(frozen=True)
class TPTT(LearnedInverse, Backward):
    r"""Target propagation through time (Manchev & Spratling 2020; docs/algorithms.md, 5).

        F(x, z) = φ(x W_xh + z W_hh + b_h)      the network's step, z_{t-1} → z_t
        G(x, z) = φ(x W_xh + z V_hh + c_h)      its learned inverse, z_t → z_{t-1}

    An update makes one step of the inverse, then targets with it, then the gradients, all of the
    same batch:

        V_hh, c_h:  SGD with α_g on Σ_t ℓ_G(G(x_t, F(x_t, z_{t-1} + ε)), z_{t-1} + ε),  ε ~ N(0, σ²)
        targets:    z̄_T = z_T - α_i ∂L/∂z_T;    z̄_{t-1} = z_{t-1} - G(x_t, z_t) + G(x_t, z̄_t)
        W_hh, b_h, W_xh:  gradients of Σ_t ℓ(F(x_t, z_{t-1}), z̄_t), z_{t-1} and z̄_t held constant
        W_hy, b_y:        ∂L/∂W_hy, ∂L/∂b_y

    With answers at several steps z̄_t gets -α_i ∂L_t/∂z_t besides (docs/algorithms.md, 8). ℓ and ℓ_G
    are mse. The network's step size α_f is the optimiser's learning rate. It takes one layer of
    `Elman`, whose step G inverts.

    **Arguments:**

    - `target_step`: α_i. `inverse_step`: α_g; 0 leaves the inverse as it began.
    - `clip`: bound on the norm of the network's whole gradient, all parameters together; 0: none.
    - `noise`: σ; 0: none.
    - `reduction`, `inverse_reduction`: R of ℓ and of ℓ_G, see `LocalLoss`.
    - `inverse_momentum`, `inverse_nesterov`: of the inverse's SGD; 0: plain.
    - `inverse_initializer`: a scheme of `cells/initializers.py` for V_hh, or `"transpose"`:
      W_hhᵀ, which for orthogonal weights and small states is the inverse from the start, whereas a
      V_hh drawn anew has to learn it. c_h starts at zero.
    - `input_gradient`: W_xh by its `"local"` loss, or by `"bptt"`, its exact gradient.

    Raises `ConfigurationError` for an α_i that is not positive, an α_g, σ or clip below 0, a
    momentum outside [0, 1), an unknown name, or another cell.

    **Leaves open** in the formulas, and chosen here: R is `"mean"` for both, as mse says, so that
    the hidden weights learn H times more slowly than with `"batch"` beside the output's. That is
    what long sequences need: at T = 100 all three tasks of the paper are solved with α_i = 1,
    α_g = 0.1, Nesterov's momentum of 0.9 and α_f = 0.01 to 0.03, and none of 24 settings with
    `"batch"` left chance on temporal order; at T = 20 it is the faster one. L is the mean over the
    batch in z̄_T too. The inverse learns at t = 1 as well, from where no target is carried on.

    The targets are states, so its diagnostics' displacements are z̄_t - z_t, and `norm_ratio` is
    their gain from t to t - 1, ‖z̄_{t-1} - z_{t-1}‖/‖z̄_t - z_t‖.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.TPTT(target_step=1, inverse_step=0.1, inverse_momentum=0.9, clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    _: KW_ONLY
    input_gradient: InputGradient = "local"
    """What trains W_xh: its local loss, or its exact gradient."""

    def check(self) -> None:
        super().check()
        check_choice("input_gradient", self.input_gradient, get_args(InputGradient))

    @property
    def has_exact_input_gradient(self) -> bool:
        return self.input_gradient == "bptt"

    def products(self, steps: int) -> int:
        """Forward and gradient; the inverse, its gradient, and twice for the targets."""
        return (6 + (not is_off(self.noise)) + self.has_exact_input_gradient) * steps
