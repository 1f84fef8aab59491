"""Tasks of one's own: what `sample` must give is found out before training, in one line."""

from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    Batch,
    ConfigurationError,
    Elman,
    Optimizer,
    Protocol,
    Stopping,
    Task,
    TemporalOrder,
    train,
)
from alignrnn.registry import TASKS
from alignrnn.tasks import check_task
from alignrnn.training import program

T, B, I, O = 5, 4, 3, 2  # noqa: E741
PROTOCOL = Protocol(B, 50, check_every=2, stopping=Stopping(max_iterations=2))


class Own(Task):
    """Says which of I symbols came last, of O classes, or gives as many values."""

    length: int = eqx.field(static=True, default=T)
    output_kind: Literal["classes", "values", "bits"] = eqx.field(static=True, default="classes")
    input_size: int = eqx.field(static=True, default=I)
    output_size: int = eqx.field(static=True, default=O)
    tolerance: float | None = eqx.field(static=True, default=None)
    name: str = eqx.field(static=True, default="own")

    def sample(self, key, batch_size) -> Any:
        inputs = jax.random.randint(key, (T, batch_size), 0, I)
        return self.altered(inputs, jnp.minimum(inputs[-1:], O - 1))

    def altered(self, inputs, targets) -> Any:
        """What this task makes of a batch that is right."""
        return Batch(inputs, targets)


def message_of(task) -> str:
    with pytest.raises(ConfigurationError) as caught:
        train(task, BPTT(), cell=Elman(4), protocol=PROTOCOL)
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
        lambda x, y: Batch(x[:, :3], y[:, :3]),
        "sample().inputs: got int32 of shape (5, 3), but B, the batch size asked for, is 4",
    ),
    "targets of fewer samples": (
        lambda x, y: Batch(x, y[:, :3]),
        "sample().targets: got int32 of shape (1, 3), but B, the batch size asked for, is 4",
    ),
    "targets without their step": (
        lambda x, y: Batch(x, y[0]),
        "sample().targets: got int32 of shape (4,), but with classes as output_kind it must be "
        "integers (1, B), classes",
    ),
    "targets of every step where one is scored": (
        lambda x, _: Batch(x, jnp.minimum(x, O - 1)),
        "sample().targets: got int32 of shape (5, 4), but S, the scored steps, is 1, and time "
        "comes first",
    ),
    "a list of weights": (
        lambda x, y: Batch(x, y, weights=[1.0]),  # pyright: ignore[reportArgumentType]
        "sample().weights: got a list, but it must be an array",
    ),
    "weights without their step": (
        lambda x, y: Batch(x, y, weights=jnp.ones(y.shape[1])),
        "sample().weights: got float32 of shape (4,), but it must be real numbers (1, B), or None",
    ),
    "whole weights": (
        lambda x, y: Batch(x, y, weights=jnp.ones_like(y)),
        "sample().weights: got int32 of shape (1, 4), but it must be real numbers (1, B), or None",
    ),
    "weights of fewer samples": (
        lambda x, y: Batch(x, y, weights=jnp.ones((1, 3))),
        "sample().weights: got float32 of shape (1, 3), but B, the batch size asked for, is 4",
    ),
    "weights of every step where one is scored": (
        lambda x, y: Batch(x, y, weights=jnp.ones(x.shape)),
        "sample().weights: got float32 of shape (5, 4), but S, the scored steps, is 1, and time "
        "comes first",
    ),
    "a negative weight": (
        lambda x, y: Batch(x, y, weights=jnp.ones(y.shape).at[0, 1].set(-2.0)),
        "sample().weights: got -2.0, but all must be finite and at least 0",
    ),
    "a weight that is not finite": (
        lambda x, y: Batch(x, y, weights=jnp.ones(y.shape).at[0, 1].set(jnp.inf)),
        "sample().weights: got inf, but all must be finite and at least 0",
    ),
    "no answer that counts": (
        lambda x, y: Batch(x, y, weights=jnp.zeros(y.shape)),
        "sample().weights: got 0.0, but some answer must count",
    ),
    "real lengths": (
        lambda x, y: Batch(x, y, lengths=jnp.full(y.shape[1], 2.0)),  # pyright: ignore[reportArgumentType]
        "sample().lengths: got float32 of shape (4,), but it must be integers (B,), or None",
    ),
    "lengths a step": (
        lambda x, y: Batch(x, y, lengths=jnp.ones(y.shape, int)),
        "sample().lengths: got int32 of shape (1, 4), but it must be integers (B,), or None",
    ),
    "lengths of fewer samples": (
        lambda x, y: Batch(x, y, lengths=jnp.ones(3, int)),
        "sample().lengths: got int32 of shape (3,), but B, the batch size asked for, is 4",
    ),
    "a length of zero": (
        lambda x, y: Batch(x, y, lengths=jnp.zeros(y.shape[1], int)),
        "sample().lengths: got 0, but lengths go from 1 to 5",
    ),
    "a length past the end": (
        lambda x, y: Batch(x, y, lengths=jnp.full(y.shape[1], 6)),
        "sample().lengths: got 6, but lengths go from 1 to 5",
    ),
    "real symbols": (
        lambda x, y: Batch(x.astype(float), y),
        "sample().inputs: got float32 of shape (5, 4), but it must be integers (T, B), symbols, "
        "or real numbers (T, B, I), features",
    ),
    "too few features": (
        lambda _, y: Batch(jnp.zeros((T, y.shape[1], 2)), y),
        "sample().inputs: got float32 of shape (5, 4, 2), but I, the input size, is 3",
    ),
    "real classes": (
        lambda x, y: Batch(x, y.astype(float)),
        "sample().targets: got float32 of shape (1, 4), but with classes as output_kind it must be "
        "integers (1, B), classes",
    ),
    "values for classes": (
        lambda x, y: Batch(x, jnp.zeros((1, y.shape[1], O))),
        "sample().targets: got float32 of shape (1, 4, 2), but with classes as output_kind it "
        "must be integers (1, B), classes",
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
        lambda _, y: Batch(jnp.log(-jnp.ones((T, y.shape[1], I))), y),
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
    ("kind", "targets", "message"),
    [
        (
            "values",
            lambda size: jnp.zeros((1, size, 1)),
            "sample().targets: got float32 of shape (1, 4, 1), but O, the output size, is 2",
        ),
        (
            "values",
            lambda size: jnp.zeros((1, size), int),
            "sample().targets: got int32 of shape (1, 4), but with values as output_kind it must "
            "be real numbers (1, B, O), values",
        ),
        (
            "values",
            lambda size: jnp.zeros((size, O)),
            "sample().targets: got float32 of shape (4, 2), but with values as output_kind it "
            "must be real numbers (1, B, O), values",
        ),
        (
            "values",
            lambda size: jnp.full((1, size, O), jnp.inf),
            "sample().targets: got inf, but all must be finite",
        ),
        (
            "bits",
            lambda size: jnp.ones((1, size, O), int),
            "sample().targets: got int32 of shape (1, 4, 2), but with bits as output_kind it must "
            "be real numbers (1, B, O), bits",
        ),
        (
            "bits",
            lambda size: jnp.full((1, size, O), 0.5),
            "sample().targets: got 0.5, but bits are 0 or 1",
        ),
        (
            "bits",
            lambda size: jnp.full((1, size, O), jnp.nan),
            "sample().targets: got nan, but bits are 0 or 1",
        ),
    ],
)
def test_values_and_bits_that_cannot_be_are_one_line(kind, targets, message):
    class Mistaken(Own):
        def altered(self, inputs, _):
            return Batch(inputs, targets(inputs.shape[1]))

    assert message_of(Mistaken(output_kind=kind)) == message


class AtEveryStep(Own):
    """Says at every step which symbol it was."""

    every_step: ClassVar[bool] = True

    def altered(self, inputs, _):
        return Batch(inputs, jnp.minimum(inputs, O - 1))


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (
            lambda x, y: Batch(x, y[-1:]),
            "sample().targets: got int32 of shape (1, 4), but S, the scored steps, is 5, and time "
            "comes first",
        ),
        (
            lambda x, y: Batch(x, y[0]),
            "sample().targets: got int32 of shape (4,), but with classes as output_kind it must "
            "be integers (T, B), classes",
        ),
        (
            lambda x, y: Batch(x, y, weights=jnp.ones((1, y.shape[1]))),
            "sample().weights: got float32 of shape (1, 4), but S, the scored steps, is 5, and "
            "time comes first",
        ),
        (
            lambda x, y: Batch(x, y + 1),
            "sample().targets: got 2, but classes go from 0 to 1",
        ),
    ],
)
def test_answers_at_every_step_that_cannot_be_are_one_line(alter, message):
    class Mistaken(AtEveryStep):
        def altered(self, inputs, targets):
            batch = super().altered(inputs, targets)
            return alter(batch.inputs, batch.targets)

    assert message_of(Mistaken()) == message


@pytest.mark.usefixtures("without_type_checker")
def test_whether_there_is_an_answer_at_every_step_is_yes_or_no():
    class Mistaken(AtEveryStep):
        every_step: ClassVar[Any] = 1

    assert message_of(Mistaken()) == "task.every_step: got 1, but it must be true or false"


@pytest.mark.usefixtures("without_type_checker")
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"length": 5.0}, "task.length: got 5.0, but it must be an integer of at least 1"),
        ({"output_size": 0}, "task.output_size: got 0, but it must be an integer of at least 1"),
        (
            {"output_kind": "logits"},
            "task.output_kind: got 'logits', but it must be one of: bits, classes, values",
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

    targets: jax.Array = eqx.field(default_factory=lambda: jnp.zeros((1, 7), "int32"))
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
            {"targets": jnp.zeros((1, 6), "int32")},
            "validation().targets: got int32 of shape (1, 6), but B, the samples of inputs, is 7",
        ),
        (
            {"targets": jnp.full((1, 7), 2, "int32")},
            "validation().targets: got 2, but classes go from 0 to 1",
        ),
        ({"shift": -9}, "sample().targets: got -9, but classes go from 0 to 1"),
    ],
)
def test_a_validation_set_of_its_own_is_checked_beside_a_batch(fields: dict[str, Any], message):
    assert message_of(Finite(**fields)) == message


class Weighted(AtEveryStep):
    """With bits, weights and lengths."""

    output_kind: Literal["bits"] = eqx.field(static=True, default="bits")

    def altered(self, inputs, _):
        count = inputs.shape[1]
        bits = jnp.stack([inputs == 1, inputs == 2], axis=-1).astype(float)
        lengths = jnp.arange(count) % T + 1
        return Batch(inputs, bits, jnp.ones(inputs.shape), lengths)


@pytest.mark.slow
def test_a_task_of_ones_own_that_is_right_trains():
    options = Optimizer(learning_rate=0.5)
    for task in (Own(), Finite(), AtEveryStep(), Weighted()):
        result = train(task, BPTT(), optimizer=options, cell=Elman(4), protocol=PROTOCOL)
        assert result.status in ("solved", "max_iterations")


@pytest.mark.parametrize("name", TASKS.names)
def test_the_tasks_of_the_library_are_traced_and_never_computed(name):
    with jax.checking_leaks():
        check_task(TASKS.of(name)(30), 30, 1000)


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
        cell=Elman(4, activation="identity"),
        protocol=Protocol(validation_samples=50),
    )
    assert (result.status, result.best_iteration) == ("diverged", 0)
    assert np.isnan(result.accuracy)
