"""Plain values: what of them a program is given, and what it is made for."""

from dataclasses import KW_ONLY, dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from alignrnn import BPTT, GRU, LSTM, TPTT, ConfigurationError, Elman, LRADiff, Number, Plain
from alignrnn.plain import is_off, rebuilt


@dataclass(frozen=True)
class Example(Plain):
    """Numbers, a float that is part of the structure, a name and a switch."""

    rate: Number = 1.0
    _: KW_ONLY
    bound: Number | None = None
    scale: float = 2.0
    count: int = 3
    name: str = "one"
    is_on: bool = True

    def check(self):
        if self.name not in ("one", "two"):
            raise ConfigurationError("name", self.name, "it must be one or two")


def test_numbers_are_what_may_vary_within_a_program():
    assert Example().numbers == {"rate": 1.0}
    assert Example(2, bound=0.5).numbers == {"rate": 2.0, "bound": 0.5}
    assert LRADiff("unit").numbers == {}
    assert TPTT(3.0, noise=0.1).numbers == {"target_step": 3.0, "inverse_step": 0.1, "noise": 0.1}


def test_the_structure_is_all_but_the_numbers():
    assert Example(1.0).structure == Example(5.0).structure
    others = [
        Example(bound=1.0),
        Example(scale=3.0),
        Example(count=4),
        Example(name="two"),
        Example(is_on=False),
        Example(0.0),
    ]
    structures = {Example().structure, *(each.structure for each in others)}
    assert len(structures) == 1 + len(others)
    assert BPTT(clip=1.0).structure == BPTT(clip=2.0).structure
    assert LRADiff().structure != LRADiff("unit").structure


def test_zero_is_part_of_the_structure_but_an_array_of_zero_is_not():
    assert Example(0.0).numbers == {}
    assert is_off(0.0)
    assert is_off(0)
    assert not is_off(1e-300)
    assert not is_off(jnp.zeros(()))
    assert not is_off(np.zeros(()))
    assert BPTT().structure != BPTT(clip=1e-9).structure


@pytest.mark.parametrize(
    "value", [Example(3.0, name="two"), LRADiff(gradient_bound=0.3), TPTT(noise=1.0), BPTT()]
)
def test_a_value_is_rebuilt_from_its_structure_and_its_numbers(value):
    assert rebuilt(value.structure, value.numbers) == value.effective
    double = {name: 2 * number for name, number in value.numbers.items()}
    again = rebuilt(value.structure, double)
    assert again == value.effective.replaced(**double)
    assert type(again) is type(value)


def test_it_is_rebuilt_within_a_program_that_is_compiled_once():
    traces = []

    @jax.jit
    def doubled(numbers):
        traces.append(1)
        return 2 * rebuilt(Example().structure, numbers).rate

    assert [float(doubled({"rate": rate})) for rate in (1.0, 3.0)] == [2.0, 6.0]
    assert len(traces) == 1


@pytest.mark.parametrize("given", [2, np.int64(2), np.float64(2.0), np.float32(2.0), 2.0])
def test_a_number_is_a_float_however_it_was_written(given):
    made = Example(given, bound=given, scale=given)
    for value in (made.rate, made.bound, made.scale):
        assert type(value) is float
    assert (made, hash(made)) == (Example(2.0, bound=2.0, scale=2.0), hash(made))
    assert type(Example(count=2).count) is int
    assert Example(is_on=True).is_on is True


def test_a_value_is_checked_when_made_and_when_replaced():
    with pytest.raises(ConfigurationError, match="name: got 'three', but it must be one or two"):
        Example(name="three")
    with pytest.raises(ConfigurationError, match="name: got 'three'"):
        Example().replaced(name="three")
    assert Example().replaced(count=9) == Example(count=9)


def test_options_that_change_nothing_are_not_part_of_the_program():
    assert LRADiff(omega_norm="sample").structure == LRADiff().structure
    assert LRADiff(omega_norm="sample") != LRADiff()
    on = {"regularization": 1.0}
    assert LRADiff(omega_norm="sample", **on).structure != LRADiff(**on).structure
    off = LRADiff(gradient_bound=1.0, normalization="off")
    assert off.structure == LRADiff().structure


def test_cells_are_plain_values_too():
    assert {Elman(3), Elman(3), GRU(3), LSTM(3)} == {Elman(3), GRU(3), LSTM(3)}
    assert Elman(3, layers=2).each == (Elman(3), Elman(3))
    assert Elman(3, input_scale=1) == Elman(3)
