"""Where a command trains: the options that say it, and the places they stand for."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from ..errors import ConfigurationError, check_number


@dataclass
class Where:
    """Options of the commands that train many runs."""

    devices: Annotated[
        int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="(default: all cores)")
    ] = None
    """CPU devices to train on."""
    workers: Annotated[
        int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="(default: in this process)")
    ] = None
    """Train in so many worker processes of a local Dask cluster (needs alignrnn[cluster])."""
    scheduler: Annotated[
        str | None, tyro.conf.arg(metavar="ADDRESS", help_behavior_hint="(default: none)")
    ] = None
    """Train on the workers of this Dask scheduler, tcp://HOST:PORT (needs alignrnn[cluster])."""
    checkpoint_every: float = 60.0
    """Seconds between checkpoints of what is being trained; 0: about every second."""

    def check(self) -> None:
        """That the options go together; and JAX gets the cores it is to use."""
        from ..training import use_cores

        given = [name for name in ("devices", "workers", "scheduler") if getattr(self, name)]
        if len(given) > 1:
            raise ConfigurationError(
                given[1], getattr(self, given[1]), f"it does not go with --{given[0]}"
            )
        check_number("checkpoint_every", self.checkpoint_every, at_least=0)
        if self.workers is None and self.scheduler is None:
            use_cores(self.devices)

    @contextlib.contextmanager
    def engine_options(self, runs: int | None = None) -> Iterator[dict[str, Any]]:
        """What an `Engine` has to know of it; `runs`: of how many in all, where that is known."""
        options: dict[str, Any] = {"checkpoint_every": self.checkpoint_every}
        if self.workers is None and self.scheduler is None:
            import jax

            from ..sweeps import local_places

            # Groups are cut for all devices, also where several of them are one place.
            yield {**options, "places": local_places(runs=runs), "parallel": len(jax.devices())}
            return
        try:
            from ..sweeps import cluster_places
        except ImportError:
            name = "workers" if self.scheduler is None else "scheduler"
            raise ConfigurationError(
                name,
                getattr(self, name),
                "it needs the extra: pip install 'alignrnn[cluster]'",
            ) from None
        with cluster_places(
            workers=self.workers, scheduler=self.scheduler, slice_seconds=self.checkpoint_every
        ) as (places, parallel):
            yield {**options, "places": places, "parallel": parallel}
