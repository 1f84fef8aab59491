"""What a manifest makes of records: its numbers, the paper's beside them, what stands behind."""

import dataclasses

import pytest

from alignrnn.reports import Cell, Document, Picture, Table, to_markdown
from alignrnn.studies.paper import BUDGETS, MANIFESTS, published

from ...thinned import thinned
from .records import made_up

BUDGET = dataclasses.replace(
    BUDGETS["standard"], learning_rates=(0.1, 0.01), target_steps=(10.0, 1.0), seeds=2
)


def tables(section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def cells(section) -> list[Cell]:
    return [cell for table in tables(section) for row in table.cells for cell in row]


@pytest.mark.parametrize(
    ("name", "budget"),
    [(name, BUDGETS["quick"]) for name in MANIFESTS]
    + [pytest.param(n, BUDGETS["full"], marks=pytest.mark.slow) for n in MANIFESTS],
)
def test_each_has_runs_and_each_run_is_complete(name, budget):
    manifest = MANIFESTS[name]
    runs = [run for cell in manifest.cells(budget) for run in cell]
    searches = manifest.searches(budget)
    assert runs or searches
    assert {run.protocol["max_iterations"] for run in runs} <= {
        budget.max_iterations,
        budget.flow_iterations,
    }
    for search in searches:
        assert search.settings
        search.settings[0].at(budget, search.task, search.lengths[0])


@pytest.mark.parametrize("name", MANIFESTS)
def test_without_records_nothing_is_claimed(name):
    text = to_markdown(document(MANIFESTS[name].section(BUDGET, lambda _: None)))
    assert "not run yet" in text.lower()
    for cell in cells(MANIFESTS[name].section(BUDGET, lambda _: None)):
        assert cell.mark != "good"


def document(section) -> Document:
    return Document(title="T", lead=(), sections=(section,))


@pytest.mark.parametrize("name", MANIFESTS)
def test_with_records_everything_is_shown(name):
    manifest = MANIFESTS[name]
    runs = [run for cell in manifest.cells(BUDGET) for run in cell]
    by_identity = {each.identity: made_up(each) for each in runs}
    section = manifest.section(BUDGET, lambda each: by_identity.get(each.identity))
    if name != "table5":
        assert "not run yet" not in to_markdown(document(section)).lower()
    pictures = [block for block in section.blocks if isinstance(block, Picture)]
    assert [picture.name for picture in pictures] == ([name] if "figure" in name else [])
    assert all(len(picture.alternative) > 50 for picture in pictures)


def test_the_best_of_the_grid_stands_beside_the_printed_number():
    manifest = MANIFESTS["table1"]
    runs = [run for cell in manifest.cells(BUDGET) for run in cell]
    errors = {run.identity: 0.3 for run in runs}

    def of(task, length):
        return [run for run in runs if (run.task["name"], run.task["length"]) == (task, length)]

    errors[of("temporal-order", 30)[2].identity] = 0.1  # the best of its cell
    errors[of("temporal-order", 10)[1].identity] = 0.0
    numbers, behind = tables(
        manifest.section(BUDGET, lambda run: made_up(run, errors[run.identity]))
    )
    assert numbers.header == ("Problem", "here", "paper", "difference")
    assert [[cell.text for cell in row] for row in numbers.cells[:3]] == [
        ["Temporal order, T = 10", "solved", "✓ solved", ""],
        ["Temporal order, T = 20", "70.00", "99.84", "-29.84"],
        ["Temporal order, T = 30", "90.00", "84.02", "+5.98"],
    ]
    assert numbers.cells[0][1].mark == "good"
    # At the same size: nothing of it is a small note.
    assert {cell.note for row in numbers.cells for cell in row} == {""}
    assert numbers.caption.endswith("K = 10")
    assert behind.header == ("Problem", "runs", "given up", "seeds", "iterations", "setting")
    of_third = ["Temporal order, T = 30", "4", "0", "1", "3,100", "lr 0.01, β 10"]
    assert [cell.text for cell in behind.cells[2]] == of_third


def test_rows_that_differ_in_k_say_so():
    budget = dataclasses.replace(BUDGET, inner_steps=(10, 20))
    numbers, _ = tables(MANIFESTS["table1"].section(budget, made_up))
    assert [row[0].text for row in numbers.cells[2:4]] == [
        "Temporal order, T = 30, K = 10",
        "Temporal order, T = 10, K = 20",
    ]


def test_runs_that_are_missing_and_those_given_up_are_told():
    manifest = MANIFESTS["table4"]
    first, second, *_ = [run for cell in manifest.cells(BUDGET) for run in cell]
    there = {
        first.identity: made_up(first, 0.3),
        second.identity: dataclasses.replace(made_up(second), status="outpaced"),
    }
    section = manifest.section(BUDGET, lambda run: there.get(run.identity))
    rows = [[cell.text for cell in row] for row in tables(section)[1].cells]
    assert rows[0][1:4] == ["2 of 4 so far", "1", "1"]
    assert rows[1][1:4] == ["0 of 4", "", "1"]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n == "table5" else ()) for n in MANIFESTS]
)
def test_columns_of_one_kind_are_aligned_alike(name):
    for made in (lambda run: made_up(run, 0.0), made_up, lambda _: None):
        for table in tables(MANIFESTS[name].section(BUDGET, made)):
            of_words = {"setting", "local loss", "normalisation", "grid"}
            of_words |= {"setting, or how far it came"}
            expected = [name not in of_words for name in table.header[1:]]
            assert list(table.numeric[1:]) == expected


def here(section) -> set[str]:
    """All that was measured."""
    numbers = tables(section)[0]
    columns = [index for index, name in enumerate(numbers.header) if name == "here"]
    return {row[index].text for row in numbers.cells for index in columns}


def test_an_accuracy_is_never_rounded_up_to_what_it_is_not():
    manifest = MANIFESTS["table1"]
    assert here(manifest.section(BUDGET, lambda run: made_up(run, 1e-4))) == {"99.99"}


def test_a_cell_whose_runs_all_diverged_before_a_check_says_so():
    section = MANIFESTS["table1"].section(BUDGET, lambda run: made_up(run, float("inf")))
    assert here(section) == {"diverged"}
    differences = {row[3].text for row in tables(section)[0].cells}
    assert differences == {""}


@pytest.mark.parametrize("name", thinned(["table1", "table2", "table3"], 3))
def test_every_printed_number_of_a_table_is_in_it(name):
    budget = dataclasses.replace(BUDGET, inner_steps=(10, 20, 30))
    section = MANIFESTS[name].section(budget, made_up)
    content = published._everything()
    key = next(key for key in content if key.startswith(name))
    parts = [
        part for part in content[key].values() if isinstance(part, dict) and "lengths" not in part
    ]
    if name == "table1":
        parts = [{task: content[key][task] for task in published.TASK_KEYS.values()}]
    numbers = tables(section)[0]
    columns = [index for index, name in enumerate(numbers.header) if name == "paper"]
    shown = [[row[index].text for index in columns] for row in numbers.cells]
    expected = [
        [part[task][k][at] for part in parts]
        for task in published.TASK_KEYS.values()
        for k in ("10", "20", "30")
        for at in range(3)
    ]
    assert shown == [
        ["✓ solved" if value == "solved" else f"{value:.2f}" for value in row] for row in expected
    ]


def test_the_printed_row_of_table_4_stands_at_its_constants():
    numbers, _ = tables(MANIFESTS["table4"].section(BUDGET, made_up))
    printed = [row[0].text for row in numbers.cells if row[2].text]
    assert printed == ["c₁ = 0, c₂ = 0.1"]
    assert len(numbers.cells) == 9


def test_figure_5_compares_each_setting_with_itself_unregularised():
    manifest = MANIFESTS["figure5"]

    def record(run):
        alpha, rate = run.rule["regularization"], run.optimizer["learning_rate"]
        accuracy = (0.5 if rate == 0.1 else 0.4) * (1.2 if alpha == 0.1 else 1)
        return made_up(run, 1 - accuracy)

    section = manifest.section(BUDGET, record)
    (picture,) = [block for block in section.blocks if isinstance(block, Picture)]
    for axis in picture.figure.axes:
        points = axis.lines[0].get_ydata()  # α = 0.1, the smallest
        assert points == pytest.approx([20.0] * 4)
        assert list(axis.lines[3].get_ydata()) == pytest.approx([20.0, 0.0, 0.0])


def test_figure_5_says_what_did_not_change_and_what_cannot_be_compared():
    def record(run):
        diverged = run.rule["regularization"] == 2.0
        return made_up(run, float("inf") if diverged else 0.0)

    section = MANIFESTS["figure5"].section(BUDGET, record)
    (picture,) = [block for block in section.blocks if isinstance(block, Picture)]
    assert picture.alternative.count("α = 0.1 no change, α = 1 no change") == 3
    assert picture.alternative.count("α = 2 not comparable") == 3


def flow(**columns):
    """Figure 3 of a record whose checks are at 100, 200, 300."""

    def record(run):
        made = made_up(run)
        local_loss = columns.get("local_loss", made.diagnostics["local_loss"])
        history = made.history | {"loss": columns["loss"]} if "loss" in columns else made.history
        if not local_loss:
            history = dict.fromkeys(history, ())
        return dataclasses.replace(
            made, history=history, diagnostics=made.diagnostics | {"local_loss": local_loss}
        )

    return MANIFESTS["figure3"].section(BUDGET, record)


LAYERS = [*[1e-9] * 4, *[0.1] * 5, 1.0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"local_loss": [LAYERS] * 3},
            "Measured at the end of training: 5 of the 9 layers have a local loss of more than a "
            "millionth of the largest.",
        ),
        (
            {"local_loss": [LAYERS, [0.0] * 10, [0.0] * 10], "loss": [0.0] * 3},
            "The global loss is exactly 0 in float32 from iteration 100 on, and every local loss "
            "from iteration 200 on: no error is left to send back. At iteration 100, the last "
            "check before, 5 of the 9 layers have",
        ),
        (
            {"local_loss": [LAYERS, LAYERS, [0.0] * 10]},
            "Every local loss is exactly 0 from iteration 300 on. At iteration 200,",
        ),
        (
            {"local_loss": [LAYERS, [float("inf")] * 10, [0.0] * 10]},
            "The local losses are not finite from iteration 200 on, or exactly 0. At",
        ),
        ({"local_loss": [[0.0] * 10] * 3}, "At no check was there a local loss to compare with"),
        ({"local_loss": []}, "It ended before its first check."),
    ],
)
def test_the_layers_are_compared_where_there_is_something_to_compare(columns, said):
    section = flow(**columns)
    *_, measured = section.blocks
    assert isinstance(measured, str)
    assert measured.startswith(said)
    for picture in (block for block in section.blocks if isinstance(block, Picture)):
        assert said in picture.alternative
