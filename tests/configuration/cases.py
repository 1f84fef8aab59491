"""Configurations as plain data to begin from, and a data file that may change."""

import copy

import numpy as np

from alignrnn.configuration import configuration

MINIMAL = {"task": {"name": "temporal-order"}, "rule": {"name": "lra-diff"}}
EVERY_RULE = {
    "lra-diff": {"name": "lra-diff"},
    "bptt": {"name": "bptt"},
    "tptt": {"name": "tptt"},
}


def changed(**sections):
    """The minimal configuration with these sections laid over its own."""
    data = copy.deepcopy(MINIMAL)
    for name, value in sections.items():
        whole = not isinstance(value, dict) or "name" in value
        data[name] = value if whole else {**data.get(name, {}), **value}
    return data


def identity(**sections):
    return configuration(changed(**sections)).identity


def rewrite(path):
    with np.load(path) as file:
        content = dict(file)
    content["inputs"][0, 0, 0] += 1
    np.savez(path, **content)
