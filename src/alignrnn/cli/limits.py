"""A limit on memory that JAX cannot live with is told before JAX starts: under one it hangs or
aborts in native code, where no message of ours could come any more."""

import os

from ..errors import ConfigurationError, Description

_GIBIBYTE = 2**30
_LEAST = 1.6
"""GiB of addresses that JAX and its compiler map, little of which is ever touched."""
_A_CORE = 0.17
"""GiB more for each core: the stacks and arenas of its threads. Together they are just above what a
small training was measured to map: 1.76 GiB for 1 core, 1.79 for 2; with as many threads, devices
and arenas as 16 and 64 cores have, 4.14 and 10.91."""


def check_memory_limit() -> None:
    """Refuse a limit on addresses (`ulimit -v`) below what a training needs at the least."""
    try:
        import resource
    except ImportError:  # no such limits there
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    needed = _LEAST + _A_CORE * cores
    if limit != resource.RLIM_INFINITY and limit < needed * _GIBIBYTE:
        raise ConfigurationError(
            "ulimit -v",
            Description(f"{limit / _GIBIBYTE:.2f} GiB"),
            f"JAX needs at least {needed:.2f} GiB of addresses on {cores} core{'s' * (cores > 1)}",
        )
