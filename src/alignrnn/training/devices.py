"""All cores of a machine: on a CPU, XLA runs one run's small products on one core, whatever its
thread settings, so training gives it one host device a core and spreads the runs over them."""

import os

import jax

from ..errors import ConfigurationError, check_integer


def available_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_cores(count: int | None = None) -> int:
    """Give JAX `count` CPU devices (default: one for each available core); returns how many.

    Call it before JAX's first computation; afterwards JAX cannot change them any more, and it
    raises `ConfigurationError`. Without it everything works, on one core. GPUs need no such call.

    Examples:
        >>> import alignrnn as ar
        >>> ar.use_cores(2)
        2
    """
    count = available_cores() if count is None else count
    check_integer("devices", count, 1)
    try:
        jax.config.update("jax_num_cpu_devices", count)
    except RuntimeError:
        if jax.local_device_count("cpu") != count:
            raise ConfigurationError(
                "devices", count, "JAX has started already; set it before the first computation"
            ) from None
    return count
