"""What a report says its records were made with."""

import dataclasses

from alignrnn.configuration import configuration
from alignrnn.reports import trained_with

from ..studies.paper.records import made_up

BARE = {"task": {"name": "adding", "length": 10}, "rule": {"name": "bptt"}}
RECORD = made_up(configuration(BARE))


def by(**software):
    return dataclasses.replace(RECORD, software=software)


def test_records_of_one_machine_name_it_once():
    assert trained_with([by(jax="0.1", python="3.11")] * 3) == "python 3.11, jax 0.1"


def test_records_of_several_say_how_many_are_of_each():
    records = [by(jax="0.1"), by(jax="0.2", devices=["cpu:0", "cpu:1"]), by(jax="0.1"), by()]
    assert trained_with(records) == (
        "jax 0.1 (2); jax 0.2, devices cpu:0 cpu:1 (1); not recorded (1)"
    )
