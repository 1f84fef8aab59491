"""The yardstick: the rate of float32 matrix products, all devices at once."""

import statistics
import time

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

SIZE = 512
"""Large enough for the machine's best rate, small enough for its caches."""
_PRODUCTS = 40


class MatrixProduct:
    """A chain of square products on every device."""

    def __init__(self, devices: list):
        def chain(matrix):
            def multiply(product, _):
                return product @ matrix[0], None

            return jax.lax.scan(multiply, matrix[0], length=_PRODUCTS)[0][None]

        mesh = Mesh(devices, ("devices",))
        spec = PartitionSpec("devices")
        self._run = jax.jit(
            jax.shard_map(chain, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
        )
        # Orthogonal, so that the chain neither grows nor vanishes.
        orthogonal = jax.nn.initializers.orthogonal()(jax.random.key(0), (SIZE, SIZE), jnp.float32)
        self._matrices = jnp.stack([orthogonal] * len(devices))
        self._operations = 2 * SIZE**3 * _PRODUCTS * len(devices)
        jax.block_until_ready(self._run(self._matrices))

    def gigaflops(self, repeats: int = 3) -> float:
        """GFLOP/s, the median of some repeats."""

        def once() -> float:
            started = time.perf_counter()
            jax.block_until_ready(self._run(self._matrices))
            return self._operations / (time.perf_counter() - started) / 1e9

        return statistics.median(once() for _ in range(repeats))
