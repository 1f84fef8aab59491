"""LRA-E: error weights that learn displace each state by what the next one missed."""

from dataclasses import dataclass

from ..feedback import LearnedErrorWeights
from .backward import Backward


@dataclass(frozen=True)
class LRAE(LearnedErrorWeights, Backward):
    r"""`LRAFdbk` whose error weights learn (docs/algorithms.md, 9).

    Targets, errors and gradients are those of `LRAFdbk`; then, of the same batch, with W of W_hh
    and E of E_hh, and the same of W_hy and E_hy:

        fixed:          E stays as drawn
        learned:        E ← E - η ΔWᵀ
        kolen-pollack:  E ← E - η (ΔWᵀ/β + κ E),   ΔW + κ W in place of ΔW
        mirror:         E ← E + η (M/β - E),   M = mean[(F(z + ξ) - F(z))ᵀ ξ]/σ²,   ξ ~ N(0, σ²)

    ΔW is what the optimiser is given, after the bounds. The mirror's mean is over samples and
    steps, F is the step's pre-activation or its state, and the readout for W_hy; it comes before
    the targets are made, with E as it then is. It takes one layer of `Elman`.

    **Arguments:** those of `LRAFdbk`, and

    - `learning`: one of the four.
    - `feedback_step`: η; 0: E stays as drawn.
    - `weight_decay`: κ of `"kolen-pollack"`; 0: none.
    - `mirror_noise`: σ. `mirror_of`: F, `"pre_activations"` or `"states"`: then M has φ′ of the
      step in it, a second time.

    Raises `ConfigurationError` as `LRAFdbk`, for a step or decay below 0, and for a σ that is not
    positive.

    Source: Ororbia & Mali 2019, "Biologically Motivated Algorithms for Propagating Local Target
    Representations" (AAAI); Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019, "Deep Learning
    without Weight Transport" (NeurIPS), for the last two. **Chosen here:** a rule knows nothing of
    the optimiser, so E makes plain steps of a size of its own: η is γ times the learning rate of
    plain SGD, of which both defaults are 0.1, so γ = 1. Kolen-Pollack's decay is a term of the
    gradient, as an L2 penalty has it: κ = λ/η. Under plain SGD with a learning rate of η, W_hhᵀ -
    βE_hh shrinks by the factor 1 - ηκ at every update; under another optimiser it need not. Its
    step is divided by β, so that what E comes to carries errors back as W_hhᵀ does; that of
    `"learned"` is not, as published.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.LRAE(learning="mirror", clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """
