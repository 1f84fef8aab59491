"""Runs that are the same but for their iterations, and what the record of one says of another."""

import dataclasses

import pytest

from alignrnn.configuration import configuration
from alignrnn.results import carried_over, lineage, lineage_of, would_go_on

from ..studies.paper.records import made_up


def made(iterations=1000, **changes):
    data = {
        "task": {"name": "temporal-order"},
        "rule": {"name": "bptt"},
        "protocol": {"max_iterations": iterations, "check_every": 100},
    }
    return configuration(data | changes)


def ended(status, iterations, of=1000):
    return dataclasses.replace(made_up(made(of)), status=status, iterations=iterations)


def test_it_is_the_same_with_more_iterations_and_with_nothing_else_changed():
    assert lineage(made(1000)) == lineage(made(2000)) != made(1000).identity
    assert lineage(made(seed=1)) != lineage(made())
    assert lineage(made(protocol={"max_iterations": 1000, "patience": 7})) != lineage(made())


def test_a_record_has_its_run_s_unless_this_version_would_make_another():
    record = made_up(made())
    assert lineage_of(record) == lineage(made())
    assert lineage_of(dataclasses.replace(record, identity="of another algorithm")) is None
    unknown = {**record.configuration, "new section": {}}
    assert lineage_of(dataclasses.replace(record, configuration=unknown)) is None


@pytest.mark.parametrize(
    ("status", "iterations", "of", "goes_on"),
    [
        ("max_iterations", 1000, 1000, True),
        ("stopped", 512, 1000, True),
        ("solved", 700, 1000, False),
        ("solved", 1000, 1000, False),
        ("solved", 950, 950, True),  # at a check that is only made at the end
        ("no_improvement", 950, 950, True),
        ("diverged", 950, 950, False),
        ("diverged", 123, 1000, False),
    ],
)
def test_with_more_iterations_some_would_go_on(status, iterations, of, goes_on):
    assert would_go_on(ended(status, iterations, of)) == goes_on


@pytest.mark.parametrize(
    ("record", "iterations", "follows"),
    [
        (ended("solved", 700), 2000, True),
        (ended("no_improvement", 700), 2000, True),
        (ended("diverged", 123), 2000, True),
        (ended("solved", 700), 800, True),  # nor do fewer change anything
        (ended("solved", 700), 500, False),
        (ended("no_improvement", 700), 700, False),  # then the iterations ended it
        (ended("max_iterations", 1000), 2000, False),
        (ended("stopped", 512), 2000, False),
        (ended("outpaced", 500), 2000, False),  # that was the runs beside it
        (ended("solved", 950, of=950), 2000, False),
    ],
)
def test_what_ended_by_itself_is_the_same_for_both(record, iterations, follows):
    same = carried_over(record, made(iterations))
    assert (same is not None) == follows
    if same is not None:
        assert same.identity == made(iterations).identity
        assert same.configuration == made(iterations).as_dict()
        assert (same.status, same.history) == (record.status, record.history)
