"""Strict mode for every test: shapes checked at run time, no silent promotion, two devices."""

import importlib
import os
import pkgutil
import signal
import time
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "agg")
# Neither the tests nor the commands they start use what their user keeps; see `compiled_once`.
os.environ["JAX_COMPILATION_CACHE_DIR"] = ""

import jaxtyping
from jaxtyping import install_import_hook

import tests.strict

with install_import_hook("alignrnn", f"{tests.strict.__name__}.typechecker"):
    import alignrnn

    # All of it now: what is imported later, when it is first asked for, is not checked.
    for module in pkgutil.walk_packages(alignrnn.__path__, "alignrnn."):
        if module.name not in (
            "alignrnn.__main__",
            "alignrnn.sweeps.cluster",  # an extra
            "alignrnn.export.torch_module",  # needs PyTorch
        ):
            importlib.import_module(module.name)

import jax
import pytest
from jax.experimental.compilation_cache import compilation_cache

alignrnn.use_cores(2)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# Commands that tests start hear Ctrl-C and a hang-up even where the tests themselves do not, in the
# background or under `nohup`: a child inherits a signal that is ignored, not one that is caught.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


MAPPINGS = 20_000
OWN_MAPPINGS = Path("/proc/self/maps")


@pytest.fixture(scope="session")
def uncounted():
    """Seconds of tests since mappings were last counted."""
    return [0.0]


@pytest.fixture(autouse=True)
def few_programs(uncounted):
    """Every compiled program holds memory mappings, of which Linux gives a process 65,530; an
    oracle run operation by operation makes thousands, and past the limit the compiler crashes. To
    count them takes longer than most tests, which compile nothing, so it is done once a second."""
    start = time.perf_counter()
    yield
    uncounted[0] += time.perf_counter() - start
    if uncounted[0] < 1 or not OWN_MAPPINGS.exists():
        return
    uncounted[0] = 0.0
    with OWN_MAPPINGS.open() as mappings:
        if sum(1 for _ in mappings) > MAPPINGS:
            jax.clear_caches()


@pytest.fixture
def float64():
    """Double precision, for comparisons with an oracle."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def without_type_checker():
    """A user has no run-time type checker: what a wrong type meets is the package's own check."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Where programs compiled within `compiled_once` are kept."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def compiled_once(programs):
    """For tests that train the same small runs again and again: every program of these modules is
    compiled once, which takes seconds."""
    changes = {
        "jax_compilation_cache_dir": str(programs),
        "jax_persistent_cache_min_compile_time_secs": 0.5,
        "jax_persistent_cache_min_entry_size_bytes": 0,
    }
    before = {name: getattr(jax.config, name) for name in changes}
    for settings in (changes, before):
        for name, value in settings.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
        if settings is changes:
            yield
