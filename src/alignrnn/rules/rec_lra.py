"""rec-LRA: error weights that skip steps, besides those from step to step."""

from dataclasses import dataclass

from ..feedback import SkippingErrorWeights
from .backward import Backward


@dataclass(frozen=True)
class RecLRA(SkippingErrorWeights, Backward):
    r"""`LRAE` with error weights that skip steps (docs/algorithms.md, 9).

        z̄_t = φ(h_t - β e_{t+1} E_hh - β e_{y,t} E_hy - β s_t E_k),    e_t = z_t - z̄_t
        from steps:    s_t = e_{t+k}, of each step to the one k before it
        from outputs:  s_t = Σ_{u > t} e_{y,u}, of every later answer straight to each step

    `E_k (H, H)` or `(O, H)` is drawn as E_hh is, orthogonal where that begins at the transpose, and
    never learns: no forward weight goes where it goes. So its error does not fade with the number
    of steps. It takes one layer of `Elman`.

    **Arguments:** those of `LRAE`, and

    - `skip_from`: `"outputs"` or `"steps"`. `skip_steps`: k, of skips from steps, at least 2.
    - `skip_gain`: factor on E_k, whose gain βE_k is one.

    Raises `ConfigurationError` as `LRAE`, for a k below 2 and for a skip gain that is not positive.

    Source: Ororbia, Mali, Kifer & Giles 2023, "Backpropagation-Free Deep Learning with Recursive
    Local Representation Alignment" (AAAI), for layers. **Chosen here**, where steps are the layers:
    which steps are skipped, one E_k for all of them, and that the step before is told as well.

    Examples:
        >>> import alignrnn as ar
        >>> few = ar.Protocol(stopping=ar.Stopping(max_iterations=10))
        >>> rule = ar.RecLRA(skip_from="steps", skip_steps=5, clip=1)
        >>> ar.train("temporal-order", rule, cell=ar.Elman(8), protocol=few).status
        'max_iterations'
    """

    def products(self, steps: int) -> int:
        """Those of `LRAE`, and one for the skips."""
        return 4 * steps
