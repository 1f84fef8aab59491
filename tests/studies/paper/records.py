"""Records made up for a configuration, to see what a manifest makes of them."""

from alignrnn.configuration import Configuration
from alignrnn.results import Record


def made_up(configuration: Configuration, error: float = 0.5, iterations: int = 3100) -> Record:
    """A record that ended with this best error."""
    checks = [100, 200, 300]
    steps = configuration.task["length"]
    per_step = [[10.0 ** (step - steps) for step in range(steps)] for _ in checks]
    names = ("local_loss", "displacement_norm", "norm_ratio")
    weights = ("w_xh", "w_hh", "w_hy", "b_h", "b_y")
    return Record(
        identity=configuration.identity,
        configuration=configuration.as_dict(),
        status="solved" if error == 0 else "no_improvement",
        iterations=iterations,
        best_error=error,
        best_iteration=200,
        counts_errors=True,
        seconds=1.0,
        history={"iteration": checks, "loss": [1.0, 0.5, 0.4], "error": [0.6, error, error]},
        diagnostics=dict.fromkeys((*names, *(f"gradient_norm_{w}" for w in weights)), per_step),
        software={},
    )
