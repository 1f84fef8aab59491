"""Devices that share a batch: the same as one device, up to rounding, and nothing sent in vain."""

import re
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import (
    BPTT,
    GRU,
    LRAE,
    LSTM,
    RTRL,
    TPTT,
    UORO,
    ArrayTask,
    Batch,
    ConfigurationError,
    DirectFeedbackAlignment,
    Elman,
    EProp,
    FeedbackAlignment,
    LeakyElman,
    LRADiff,
    LRAFdbk,
    Optimizer,
    Protocol,
    ReadoutAlone,
    RecLRA,
    RegularizedInverse,
    Run,
    SnAp1,
    Stack,
    Stopping,
    Task,
    TemporalOrder,
    train_many,
)
from alignrnn._types import PRNGKey
from alignrnn.names import OutputKind
from alignrnn.rules import Update
from alignrnn.sweeps import expand, local_places
from alignrnn.sweeps.places import Work
from alignrnn.training import Training, program, sharers_for, sharing
from alignrnn.training.program import Orders, Program, initial_state
from tests.training.test_trainer import assert_same

TWO = jax.devices()[:2]
TASK = TemporalOrder(10)
SGD = Optimizer("sgd", 0.1)


@dataclass(frozen=True)
class MovesTowardsTheBatch(BPTT):
    """A rule of one's own, with a norm and a maximum of the whole batch."""

    def update(self, network, state, batch, *, key, diagnostics=False):
        made, state = super().update(network, state, batch, key=key, diagnostics=diagnostics)
        outputs = network.outputs(batch.inputs, batch.lengths)
        largest = jnp.max(jnp.abs(outputs)) + jnp.linalg.norm(outputs)
        scaled = jax.tree.map(lambda leaf: leaf / largest, made.gradients)
        return Update(made.loss, scaled, made.diagnostics), state


RULES = {
    "bptt": (BPTT(), Elman(12)),
    "bptt, regularised by batch": (
        BPTT(regularization=0.1, omega_norm="batch", clip=0.1),
        Elman(12),
    ),
    "lra-diff": (LRADiff(10.0, inner_steps=3), Elman(12)),
    "lra-diff, normalised": (
        LRADiff(10.0, displacement_bound=0.1, gradient_bound=0.1, regularization=0.1),
        Elman(12),
    ),
    "lra-diff, driven": (
        LRADiff("unit", regularization=0.1, regularization_by="downstream"),
        GRU(12),
    ),
    "tptt": (TPTT(noise=0.1, inverse_momentum=0.5), Elman(12)),
    "lra-fdbk": (LRAFdbk(), Elman(12)),
    "lra-e, kolen-pollack": (LRAE(learning="kolen-pollack"), Elman(12)),
    "lra-e, mirror": (LRAE(learning="mirror"), Elman(12)),
    "rec-lra": (RecLRA(skip_from="steps", skip_steps=3), Elman(12)),
    "feedback-alignment": (FeedbackAlignment(), Elman(12)),
    "direct-feedback-alignment": (DirectFeedbackAlignment(clip=0.1), GRU(12)),
    "regularized-inverse": (RegularizedInverse(damping="unit"), Elman(12)),
    "rtrl": (RTRL(clip=0.1), GRU(4)),
    "in noise": (LRADiff("unit", hidden_noise=0.1), Stack(GRU(8), Elman(6))),
    "snap-1": (SnAp1(), LeakyElman(12, leak=0.3)),
    "e-prop": (EProp(feedback="random"), LeakyElman(12, leak=0.3)),
    "uoro": (UORO(), Elman(12)),
    "readout": (ReadoutAlone(), GRU(12)),
    "of one's own": (MovesTowardsTheBatch(), Elman(12)),
    "layers": (LRADiff(10.0), Stack(LSTM(8), Elman(6))),
}
QUICK = ("of one's own",)


class Sums(Task):
    """Answers at every step, with weights, of sequences of many lengths."""

    name: ClassVar[str] = "sums"
    length: ClassVar[int] = 9
    input_size: ClassVar[int] = 2
    output_size: ClassVar[int] = 2
    output_kind: ClassVar[OutputKind] = "classes"
    tolerance: ClassVar[float | None] = None
    every_step: ClassVar[bool] = True

    def sample(self, key: PRNGKey, batch_size: int) -> Batch:
        of_inputs, of_weights, of_lengths = jax.random.split(key, 3)
        inputs = jax.random.normal(of_inputs, (self.length, batch_size, 2))
        return Batch(
            inputs,
            (jnp.cumsum(inputs[..., 0], axis=0) > 0).astype(jnp.int32),
            jax.random.uniform(of_weights, (self.length, batch_size), minval=0.5, maxval=2.0),
            jax.random.randint(of_lengths, (batch_size,), 3, 10, jnp.int32),
        )


def protocol(batch_size=8, iterations=12, check_every=6, **options):
    stopping = Stopping(max_iterations=iterations, patience=None)
    return Protocol(
        batch_size=batch_size,
        validation_samples=60,
        check_every=check_every,
        stopping=stopping,
        **options,
    )


@pytest.fixture
def precise(float64):
    """Double precision for whole trainings: counters are of 32 bits then, constants of 64."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def nearly(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "data", [pytest.param("symbols", marks=pytest.mark.slow), "weights and lengths"]
)
@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in RULES],
)
def test_every_rule_comes_to_the_same_up_to_rounding(name, data, precise):
    rule, cell = RULES[name]
    task = TASK if data == "symbols" else Sums()
    run = Run(rule, SGD, cell, 1)
    options = {"protocol": protocol(diagnostics=True), "devices": TWO}
    one, shared = (train_many(task, [run], batch_over=over, **options)[0] for over in (1, 2))
    assert_same(one, shared, nearly)
    assert one.history.diagnostics.keys() == shared.history.diagnostics.keys()
    for key, values in one.history.diagnostics.items():
        nearly(values, shared.history.diagnostics[key])


def compiled(rule, sharers):
    """The text of a program, one place, no check."""
    run = Run(rule, SGD, Elman(12))
    made = Program(TASK, protocol(), run.structure, TWO[:sharers], None, sharers)
    state = jax.device_get(initial_state(TASK, run))
    states = made.place(jax.tree.map(lambda leaf: leaf[None], state))
    orders = Orders(jnp.int32(1), jnp.bool_(False), jnp.bool_(False))
    orders = jax.device_put(orders, made._everywhere)
    return (
        made._compiled.lower(made._shared, orders, made.place(np.ones(1, bool)), states)
        .compile()
        .as_text()
    )


def sums(text):
    """What devices send each other, by how deep in loops: rows, iterations, steps."""
    sent = re.findall(r" (all-\w+|collective-\w+)\(.*?op_name=\"([^\"]*)\"", text)
    return [(kind, place.count("while/body")) for kind, place in sent]


@pytest.mark.parametrize("rule", [BPTT(), LRADiff(inner_steps=2), TPTT(noise=0.1)])
def test_devices_that_share_a_batch_meet_once_an_iteration_not_at_every_step(rule):
    meetings = sums(compiled(rule, 2))
    assert {kind for kind, _ in meetings} == {"all-reduce"}
    assert all(depth <= 2 for _, depth in meetings)
    # The gradients; of TPTT the inverse's; and in a check the counts of errors.
    assert len(meetings) == (3 if isinstance(rule, TPTT) else 2)
    assert not rule.joins_each_step


def test_a_rule_that_joins_each_step_says_so():
    bounded = LRADiff(displacement_bound=1.0)
    assert bounded.joins_each_step
    assert any(depth > 2 for _, depth in sums(compiled(bounded, 2)))
    assert LRADiff(regularization=0.1).joins_each_step
    assert not LRADiff(displacement_bound=1.0, normalization="off").joins_each_step
    assert not LRADiff(regularization=0.1, omega_norm="sample").joins_each_step


class TestWhenTheyDo:
    def test_only_a_batch_that_is_worth_it(self):
        def sharers(batch_size, rule=None, hidden=100, devices=TWO * 8):
            run = Run(rule or BPTT(), cell=Elman(hidden))
            return sharers_for(run, protocol(batch_size), devices)

        assert sharers(20) == 1
        assert sharers(64) == 2
        assert sharers(64, hidden=10) == 1
        assert sharers(62) == 2  # 62 = 2 · 31
        assert sharers(61) == 1
        assert sharers(512) == 16
        assert sharers(512, devices=TWO) == 2
        assert sharers(512, LRADiff(gradient_bound=1.0)) == 1
        assert sharers(1024, LRADiff(gradient_bound=1.0)) == 2

    def test_fewer_runs_than_devices_and_no_others(self, monkeypatch):
        monkeypatch.setattr(sharing, "LEAST_SHARE", 40)
        made = []
        original = program.program_for
        monkeypatch.setattr(
            "alignrnn.training.together.program_for",
            lambda *given: made.append(given) or original(*given),
        )
        run = Run(BPTT(), SGD, Elman(12))
        for runs, over, expected in ((1, None, 2), (2, None, 1), (1, 1, 1), (2, 2, 2)):
            Training(TASK, [run] * runs, protocol(), devices=TWO, batch_over=over)
            assert made[-1][-1] == expected
        Training(TASK, [run], protocol(7), devices=TWO)
        assert made[-1][-1] == 1

    @pytest.mark.parametrize("over", [0, 3, 4])
    def test_what_cannot_be_is_refused(self, over):
        with pytest.raises(ConfigurationError, match="batch_over"):
            Training(TASK, [Run(BPTT())], protocol(), devices=TWO, batch_over=over)

    def test_several_runs_share_two_devices_each_in_turn(self, precise):
        runs = [Run(BPTT(), SGD, Elman(12), seed) for seed in range(3)]
        one = train_many(TASK, runs, protocol(), devices=TWO)
        shared = train_many(TASK, runs, protocol(), devices=TWO, batch_over=2)
        for first, second in zip(one, shared, strict=True):
            assert_same(first, second, nearly)


class TestGoingOn:
    @pytest.mark.parametrize("over", [1, 2])
    def test_a_checkpoint_goes_on_as_it_was_bit_by_bit(self, over, monkeypatch):
        """Whatever a new training would do."""
        monkeypatch.setattr(sharing, "LEAST_SHARE", 40)
        run = Run(LRADiff(10.0), SGD, Elman(12))
        options = {"devices": TWO}
        through = train_many(TASK, [run], protocol(), batch_over=over, **options)[0]
        training = Training(TASK, [run], protocol(), batch_over=over, **options)
        training.advance()
        kept = training.checkpoint()
        assert kept.batch_over == over
        assert kept.iteration == 6
        later = Training(TASK, [run], protocol(), start_from=kept, **options)
        assert later.checkpoint().batch_over == over
        while later.training:
            later.advance()
        assert_same(through, later.results[0])

    def test_on_fewer_devices_it_goes_on_up_to_rounding(self, precise):
        run = Run(BPTT(), SGD, Elman(12))
        through = train_many(TASK, [run], protocol(), devices=TWO, batch_over=2)[0]
        training = Training(TASK, [run], protocol(), devices=TWO, batch_over=2)
        training.advance()
        kept = training.checkpoint()
        on_one = train_many(TASK, [run], protocol(), devices=TWO[:1], start_from=kept)[0]
        assert_same(through, on_one, nearly)

    def test_one_of_before_there_was_any_sharing(self):
        run = Run(BPTT(), SGD, Elman(12))
        training = Training(TASK, [run], protocol(), devices=TWO)
        training.advance()
        kept = training.checkpoint()
        del kept.arrays["batch_over"]
        assert kept.batch_over == 1


def test_places_for_few_runs_have_several_devices():
    def sizes(**options):
        return [len(place._devices) for place in local_places(TWO * 4, **options)]

    assert sizes() == [1] * 8
    assert sizes(runs=20) == [1] * 8
    assert sizes(runs=8) == [1] * 8
    assert sizes(runs=5) == [1] * 5
    assert sizes(runs=3) == [2] * 3
    assert sizes(runs=1) == [8]
    assert sizes(runs=0) == [1] * 8


def test_samples_that_cannot_be_split_equally_stay_whole(precise):
    """As those of a check: 55 validation samples."""
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(100, 6, 2))
    task = ArrayTask(inputs, inputs[:, -1], held_out=0.55, notices=False)
    assert len(task.validation_targets) == 55
    run = Run(BPTT(), SGD, Elman(12))
    one, two = (
        train_many(task, [run], protocol(), devices=TWO, batch_over=over)[0] for over in (1, 2)
    )
    assert_same(one, two, nearly)


def test_a_sweep_that_was_killed_goes_on_with_the_same_devices_to_the_same_bits(monkeypatch):
    """Three runs of a command for six devices, of which one is recorded by then."""
    monkeypatch.setattr(sharing, "LEAST_SHARE", 40)
    group = list(
        expand(
            {
                "task": {"name": "temporal-order", "length": 10},
                "rule": {"name": "bptt"},
                "cell": {"hidden_size": 8},
                "protocol": {
                    "batch_size": 20,
                    "max_iterations": 12,
                    "check_every": 6,
                    "validation_samples": 60,
                },
                "seed": [0, 1, 2],
            }
        )
    )

    def losses(slices):
        ended = [one for each in slices for one in each.ended.values()]
        return {one.record.identity: one.record.history["loss"] for one in ended}

    def place():
        return local_places(TWO * 3, runs=3)[0]

    through = losses(place().train(Work(group)))
    first = losses(place().train(Work(group[:1])))
    slices = place().train(Work(group[1:]))
    checkpoint = next(slices).checkpoint()
    slices.close()
    assert checkpoint.batch_over == 2
    rest = losses(place().train(Work(group[1:], checkpoint)))
    assert through == first | rest
