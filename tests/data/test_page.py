"""docs/data.md: its examples run, and its tables name what there is."""

import re
from pathlib import Path

import pytest

from alignrnn.data import TableFile
from alignrnn.registry import DATA
from alignrnn.tasks import check_numbers, check_task

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_makes_a_task(number):
    names: dict = {}
    exec(EXAMPLES[number], names)
    task = names["task"]
    check_task(task, 2, 2)
    check_numbers(task, 2, task.validation(1))


def test_the_table_of_the_long_form_is_the_arrays_it_shows():
    names: dict = {}
    exec(EXAMPLES[1], names)
    part = TableFile(time="hour").of_frame(names["table"], "table").training
    assert part.ids == ["a", "b", "c", "d"]
    assert part.inputs[..., 0].tolist() == [[1, 2, 0], [0.5, 0, 0], [0.5, 1.5, 0], [1.5, 1, 0.5]]
    assert part.lengths.tolist() == [2, 2, 2, 3]
    assert part.targets.tolist() == ["rise", "fall", "rise", "fall"]


def test_every_data_set_and_file_is_named():
    assert len(EXAMPLES) == 2
    for name in DATA.names:
        assert f"`{name}" in PAGE, name
    assert all(len(line) <= 110 or line.startswith("|") for line in PAGE.splitlines())
