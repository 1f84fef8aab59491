"""What stands beside PyTorch is trained as users train it."""

import pytest

from alignrnn.studies.benchmarks import PeerCase, measure_ours, peers


@pytest.mark.parametrize(
    ("batch_size", "units", "runs", "devices", "sharers"),
    [(20, 100, 1, 1, 1), (128, 256, 1, 2, 2), (128, 256, 16, 2, 1)],
    ids=["a small batch stays whole", "a large one is shared", "of many runs none is"],
)
def test_devices_are_those_of_training(batch_size, units, runs, devices, sharers, monkeypatch):
    given = []

    class Timed:
        def __init__(self, task, protocol, runs, devices, sharers):
            given.append((len(runs), len(devices), sharers))

        def iterations_in(self, seconds):
            return 1

        def call(self, iterations):
            return 1.0

    monkeypatch.setattr(peers, "TimedProgram", Timed)
    case = PeerCase("elman", 4, batch_size, units, runs)
    assert measure_ours(case, "bptt", 1) == 1000 / runs
    assert given == [(runs, devices, sharers)]
