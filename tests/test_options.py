"""Options read from the source are the fields of the class, of every rule and cell."""

import dataclasses
import textwrap
from typing import Any, Literal, get_args

import pytest

from alignrnn.options import REQUIRED, classes_of, options_of
from alignrnn.plain import Number
from alignrnn.registry import CELLS, RULES

REGISTERED = [(registry, name) for registry in (RULES, CELLS) for name in registry.names]


@pytest.mark.parametrize(("registry", "name"), REGISTERED, ids=[name for _, name in REGISTERED])
def test_they_are_the_fields_of_every_registered_class(registry, name):
    cls, options = registry.of(name), registry.options(name)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    assert {*options} == {*fields}
    for option in options.values():
        field = fields[option.name]
        assert option.default == field.default
        assert option.help
        assert option.help == " ".join(option.help.split())
        assert option.kind is not Any
        assert option.kind == plain_kind(field.type)


def plain_kind(kind):
    """A field's type as it is read: a number is a float to whoever writes one."""
    if kind is Number:
        return float
    if Number in get_args(kind):
        others = [each for each in get_args(kind) if each is not Number]
        made = float
        for each in others:
            made = made | each
        return made
    return kind


@pytest.mark.parametrize(("registry", "name"), REGISTERED, ids=[name for _, name in REGISTERED])
def test_a_class_has_one_name(registry, name):
    assert registry.name_of(registry.of(name)) == name


def test_those_of_ones_own_class_are_its_bases_too(tmp_path):
    file = tmp_path / "own.py"
    text = '''
        from dataclasses import KW_ONLY, dataclass, field
        from typing import ClassVar, Literal

        from alignrnn import BPTT, Number


        @dataclass(frozen=True)
        class Own(BPTT):
            """A rule."""

            _: KW_ONLY
            needed: int
            speed: Number = 2.0
            """How fast,
            in steps."""
            kind: Literal["a", "b"] = "a"
            size: int = field(default=3)
            name: ClassVar[str] = "own"
            _hidden: int = 0

            def method(self):
                within: int = 1
                return within
    '''
    file.write_text(textwrap.dedent(text))
    options = options_of(file, "Own")
    assert {"clip", "regularization", "omega_norm"} < {*options}
    own = {name: (options[name].kind, options[name].default) for name in [*options][-4:]}
    assert own == {
        "needed": (int, REQUIRED),
        "speed": (float, 2.0),
        "kind": (Literal["a", "b"], "a"),
        "size": (int, 3),
    }
    assert options["speed"].help == "How fast, in steps."
    assert options["needed"].help == ""
    assert classes_of(file) == ["Own"]
    with pytest.raises(LookupError):
        options_of(file, "Other")
