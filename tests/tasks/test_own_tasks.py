"""Tasks of one's own: what `sample` must give is found out before training, in one line."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    Batch,
    ConfigurationError,
    NetworkOptions,
    Optimizer,
    Protocol,
    Stopping,
    Task,
    TemporalOrder,
    train,
)
from alignrnn.tasks import SYNTHETIC_TASKS, check_task
from alignrnn.training import program

T, B, I, O = 5, 4, 3, 2  # noqa: E741
PROTOCOL = Protocol(B, 50, check_every=2, stopping=Stopping(max_iterations=2))


class Own(Task):
    """Says which of I symbols came last, of O classes, or gives as many values."""

    length: int = eqx.field(static=True, default=T)
    output_kind: Literal["classes", "values"] = eqx.field(static=True, default="classes")
    input_size: int = eqx.field(static=True, default=I)
    output_size: int = eqx.field(static=True, default=O)
    tolerance: float | None = eqx.field(static=True, default=None)
    name: str = eqx.field(static=True, default="own")

    def sample(self, key, batch_size) -> Any:
        inputs = jax.random.randint(key, (T, batch_size), 0, I)
        return self.altered(inputs, jnp.minimum(inputs[-1], O - 1))

    def altered(self, inputs, targets) -> Any:
        """What this task makes of a batch that is right."""
        return Batch(inputs, targets)


def message_of(task) -> str:
    with pytest.raises(ConfigurationError) as caught:
        train(task, BPTT(), network=NetworkOptions(4), protocol=PROTOCOL)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"{caught.value.field}: got ")
    return said


MISTAKES = {
    "a tuple": (
        lambda x, y: (x, y),
        "sample(): got a tuple, but it must be a Batch(inputs, targets)",
    ),
    "a list within": (
        lambda x, _: Batch(x, [0]),  # pyright: ignore[reportArgumentType]
        "sample().targets: got a list, but it must be an array",
    ),
    "samples first": (
        lambda x, y: Batch(x.T, y),
        "sample().inputs: got int32 of shape (4, 5), but T, the length, is 5, and time comes first",
    ),
    "too short": (
        lambda x, y: Batch(x[:-1], y),
        "sample().inputs: got int32 of shape (4, 4), but T, the length, is 5, and time comes first",
    ),
    "another batch size": (
        lambda x, y: Batch(x[:, :3], y[:3]),
        "sample().inputs: got int32 of shape (5, 3), but B, the batch size asked for, is 4",
    ),
    "targets of fewer samples": (
        lambda x, y: Batch(x, y[:3]),
        "sample().targets: got int32 of shape (3,), but B, the batch size asked for, is 4",
    ),
    "real symbols": (
        lambda x, y: Batch(x.astype(float), y),
        "sample().inputs: got float32 of shape (5, 4), but it must be integers (T, B), symbols, "
        "or real numbers (T, B, I), features",
    ),
    "too few features": (
        lambda _, y: Batch(jnp.zeros((T, len(y), 2)), y),
        "sample().inputs: got float32 of shape (5, 4, 2), but I, the input size, is 3",
    ),
    "real classes": (
        lambda x, y: Batch(x, y.astype(float)),
        "sample().targets: got float32 of shape (4,), but with classes as output_kind it must be "
        "integers (B,), one class a sample",
    ),
    "values for classes": (
        lambda x, y: Batch(x, jnp.zeros((len(y), O))),
        "sample().targets: got float32 of shape (4, 2), but with classes as output_kind it must "
        "be integers (B,), one class a sample",
    ),
    "a symbol too large": (
        lambda x, y: Batch(x + 1, y),
        "sample().inputs: got 3, but symbols go from 0 to 2",
    ),
    "a negative symbol": (
        lambda x, y: Batch(x - 1, y),
        "sample().inputs: got -1, but symbols go from 0 to 2",
    ),
    "a label too large": (
        lambda x, y: Batch(x, y + 1),
        "sample().targets: got 2, but classes go from 0 to 1",
    ),
    "a feature that is not finite": (
        lambda _, y: Batch(jnp.log(-jnp.ones((T, len(y), I))), y),
        "sample().inputs: got nan, but all must be finite",
    ),
    "NumPy on what was drawn": (
        lambda x, y: Batch(jnp.asarray(np.asarray(x)), y),
        "sample(): got a TracerArrayConversionError, but it runs inside jit: what is drawn is for "
        "jax.numpy and jax.random alone",
    ),
}


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_batch_that_cannot_be_is_one_line(mistake):
    class Mistaken(Own):
        def altered(self, inputs, targets):
            return MISTAKES[mistake][0](inputs, targets)

    assert message_of(Mistaken()) == MISTAKES[mistake][1]


@pytest.mark.usefixtures("without_type_checker")
def test_samples_first_are_seen_where_there_are_as_many_as_steps():
    class Square(Own):
        def altered(self, inputs, targets):
            return Batch(inputs.T, targets)

    with pytest.raises(ConfigurationError, match="time comes first"):
        train(Square(), BPTT(), protocol=Protocol(batch_size=T))


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (
            lambda size: jnp.zeros((size, 1)),
            "sample().targets: got float32 of shape (4, 1), but O, the output size, is 2",
        ),
        (
            lambda size: jnp.zeros(size, int),
            "sample().targets: got int32 of shape (4,), but with values as output_kind it must be "
            "real numbers (B, O), values",
        ),
        (
            lambda size: jnp.full((size, O), jnp.inf),
            "sample().targets: got inf, but all must be finite",
        ),
    ],
)
def test_values_that_cannot_be_are_one_line(targets, message):
    class Mistaken(Own):
        def altered(self, inputs, _):
            return Batch(inputs, targets(inputs.shape[1]))

    assert message_of(Mistaken(output_kind="values")) == message


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"length": 5.0}, "task.length: got 5.0, but it must be an integer of at least 1"),
        ({"output_size": 0}, "task.output_size: got 0, but it must be an integer of at least 1"),
        (
            {"output_kind": "logits"},
            "task.output_kind: got 'logits', but it must be one of: classes, values",
        ),
        (
            {"tolerance": -1},
            "task.tolerance: got -1, but it must be a finite number of at least 0",
        ),
    ],
)
def test_sizes_that_cannot_be_are_one_line(fields: dict[str, Any], message):
    assert message_of(Own(**fields)) == message


def test_a_size_that_is_not_static_is_one_line():
    class Numbered(Own):
        length: int = T

    assert message_of(Numbered()) == (
        "task.length: got 5, but a field that is no array must be static: eqx.field(static=True)"
    )


class Finite(Own):
    """Has a validation set of its own."""

    targets: jax.Array = eqx.field(default_factory=lambda: jnp.zeros(7, "int32"))
    steps: int = eqx.field(static=True, default=T)
    shift: int = eqx.field(static=True, default=0)

    def altered(self, inputs, targets):
        return Batch(inputs, 0 * targets + self.shift)

    def validation(self, samples):
        return Batch(jnp.zeros((self.steps, 7), "int32"), self.targets)


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"steps": 4},
            "validation().inputs: got int32 of shape (4, 7), but T, the length, is 5, "
            "and time comes first",
        ),
        (
            {"targets": jnp.zeros(6, "int32")},
            "validation().targets: got int32 of shape (6,), but B, the samples of inputs, is 7",
        ),
        (
            {"targets": jnp.full(7, 2, "int32")},
            "validation().targets: got 2, but classes go from 0 to 1",
        ),
        ({"shift": -9}, "sample().targets: got -9, but classes go from 0 to 1"),
    ],
)
def test_a_validation_set_of_its_own_is_checked_beside_a_batch(fields: dict[str, Any], message):
    assert message_of(Finite(**fields)) == message


def test_a_task_of_ones_own_that_is_right_trains():
    options = Optimizer(learning_rate=0.5)
    for task in (Own(), Finite()):
        result = train(
            task, BPTT(), optimizer=options, network=NetworkOptions(4), protocol=PROTOCOL
        )
        assert result.status in ("solved", "max_iterations")


@pytest.mark.parametrize("name", SYNTHETIC_TASKS)
def test_the_tasks_of_the_library_are_traced_and_never_computed(name):
    with jax.checking_leaks():
        check_task(SYNTHETIC_TASKS[name](20), 20, 1000)


@pytest.mark.usefixtures("without_type_checker")
def test_a_mistake_is_found_before_the_program_is_compiled(monkeypatch):
    def compiled(*_):
        raise AssertionError

    monkeypatch.setattr(program, "_advance", compiled)

    class Mistaken(Own):
        def altered(self, inputs, targets):
            return Batch(inputs, targets + 1)

    assert message_of(Mistaken()).startswith("sample().targets: got 2")


def test_a_run_without_a_check_has_no_accuracy():
    result = train(
        TemporalOrder(10),
        BPTT(),
        optimizer=Optimizer(learning_rate=1e6),
        network=NetworkOptions(4, activation="identity"),
        protocol=Protocol(validation_samples=50),
    )
    assert (result.status, result.best_iteration) == ("diverged", 0)
    assert np.isnan(result.accuracy)
