"""RFLO, random feedback local online learning: eligibility traces and fixed random weights."""

from dataclasses import KW_ONLY, dataclass

from ..names import OutputFeedback
from .e_prop import EProp


@dataclass(frozen=True)
class RFLO(EProp):
    r"""Random feedback local online learning (Murray 2019; docs/algorithms.md, 12).

        P_t,i = (1 - a) P_{t-1},i + a φ′(h_t,i) x̂_t
        Δθ_i = Σ_t Σ_B q_t,i P_t,i,    q_t = (∂L_t/∂y_t) B

    For these cells its traces are those of `EProp`; a fixed random B `(O, H)`, drawn as W_hy is at
    the beginning, carries the outputs' error, so that no weight is needed in two places. a is the
    paper's 1/τ. It takes one layer of `LeakyElman`, or of `Elman`: with a = 1 a trace is one step
    long, and nothing is learnt of what came before.

    **Arguments:**

    - `feedback`: what carries the outputs' error to the units, `"random"`, B, or `"symmetric"`,
      W_hyᵀ.
    - `clip`: bound on the norm of the whole gradient, all parameters together; 0: none.

    Raises `ConfigurationError` for a negative number, an unknown name, another cell, or several
    layers.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> cell = ar.LeakyElman(8, leak=0.1)
        >>> ar.train("temporal-order", ar.RFLO(clip=1), cell=cell, protocol=few).status
        'max_iterations'
    """

    _: KW_ONLY
    feedback: OutputFeedback = "random"
    """What carries the outputs' error to the units: random, fixed weights of its own, or symmetric,
    W_hy's transpose."""
